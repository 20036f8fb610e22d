import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { settledBy } from '../emulator/like.js';
import { connected } from '../support/connect.js';
import { Workplace } from '../support/workplace.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'conformance', 'recordings');

describe('sf jwt connect, in orgs like those that were recorded', () => {
  for (const name of readdirSync(FOLDER).filter((each) => each.startsWith('published-'))) {
    const settled = settledBy(join(FOLDER, name));
    if (Object.keys(settled.switches).length === 0) continue;

    it(`${name}: makes the app, finds it unchanged, and replaces its certificate`, async () => {
      const workplace = await Workplace.open(settled);
      try {
        const { status, users } = await connected(workplace);
        expect(status).to.equal('created');
        expect(users[0]?.verified).to.equal(true);
        expect(await connected(workplace)).to.deep.include({ status: 'unchanged', changes: [] });
        await workplace.savePair('renewed');
        const renewed = await connected(workplace);
        expect(renewed.status).to.equal('updated');
        expect(renewed.users[0]?.verified).to.equal(true);
      } finally {
        await workplace.close();
      }
    });
  }
});

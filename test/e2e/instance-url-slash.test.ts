import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Connection } from '@jsforce/jsforce-node';
import JwtRotate from '../../src/commands/jwt/rotate.js';
import { guardAnswers } from '../../src/salesforce/org/transport.js';
import { connected } from '../support/connect.js';
import { ADMIN, Workplace } from '../support/workplace.js';

describe('An admin whose stored instance URL ends with a slash', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  const oddRequests = (): string[] =>
    workplace.org.requests.map(({ path }) => path).filter((path) => path.includes('//'));

  for (const slashes of ['/', '//']) {
    it(`asks for the paths that an org has (${slashes})`, async () => {
      const { org, home } = workplace;
      const entry = join(home, '.sfdx', `${ADMIN}.json`);
      const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
      await writeFile(entry, JSON.stringify({ ...fields, instanceUrl: org.url + slashes }), { mode: 0o600 });
      const { instanceUrl, users } = await connected(workplace);
      expect(instanceUrl).to.equal(org.url);
      expect(users[0]).to.include({ verified: true });
      expect(oddRequests()).to.deep.equal([]);
    });

    it(`is asked no other path by the client library, over REST and SOAP (${slashes})`, async () => {
      const { org } = workplace;
      guardAnswers(fetch);
      const { accessToken } = org.admin;
      const connection = new Connection({ instanceUrl: org.url + slashes, accessToken, version: '67.0' });
      await connection.query('SELECT Id FROM User');
      await connection.tooling.query('SELECT Id FROM DeployRequest');
      await connection.metadata.list({ type: 'PermissionSet' });
      await connection.request('/services/data');
      expect(org.requests).to.have.length.above(3);
      expect(oddRequests()).to.deep.equal([]);
    });
  }
});

describe('sf jwt rotate', () => {
  it('has the short flags that the other commands have', () => {
    expect(JwtRotate.flags['target-org'].char).to.equal('o');
    expect(JwtRotate.flags.username.char).to.equal('u');
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../support/plugin.js';

describe('--wait', () => {
  const home = mkdtempSync(join(tmpdir(), 'wait-'));
  after(() => rmSync(home, { recursive: true }));

  for (const command of ['connect', 'fleet grant', 'grant', 'rotate', 'token']) {
    it(`of ${command} takes minutes, 0 or more, and nothing else`, async () => {
      for (const value of command === 'grant' ? ['-1', '5x', '1.5'] : ['-1']) {
        const { status, stdout, stderr } = await run(['jwt', ...command.split(' '), '--wait', value], { home });
        expect(status, value).to.equal(2);
        expect(stdout).to.equal('');
        expect(stderr).to.contain(`Give --wait as a number of minutes, 0 or more; this is none: ${value}`);
        expect(stderr).not.to.contain('    at ');
      }
    });
  }
});

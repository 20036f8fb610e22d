import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { findSfCli, makeSfHome, sf, type SfHome } from '../../support/sf-cli.js';
import { storeLogins } from '../../support/sf-doctor.js';
import { pairOf } from '../../support/workplace.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The doctor runs the hooks of one plugin or of all; one of these has none. */
const WAYS: Record<string, string[]> = {
  'of this plugin': ['--plugin', 'sf-plugin-jwt'],
  'of another plugin': ['--plugin', '@salesforce/plugin-auth'],
  'of a plugin without diagnostics': ['--plugin', '@salesforce/plugin-info'],
};

describe('sf doctor', () => {
  let sfHome: SfHome;
  let entry: string;
  before(async () => {
    entry = await findSfCli();
    sfHome = await makeSfHome();
    await storeLogins(sfHome.path);
    const linked = await sf(['plugins', 'link', ROOT, '--no-install'], { home: sfHome });
    expect(linked.status, linked.stderr).to.equal(0);
  });
  after(() => sfHome.remove());

  for (const [index, [way, args]] of Object.entries(WAYS).entries()) {
    it(`of the real CLI writes no secret of ours, with the diagnostics ${way}`, async () => {
      const out = join(sfHome.path, `diagnosis-${index}`);
      const { key } = await pairOf();
      const env = {
        SF_JWT_KEY: key,
        SF_JWT_FROM_PASSPHRASE: 'brief',
        // The doctor runs the command with the `sf` of the PATH.
        PATH: [join(entry, '..', '..', '..', '..', '.bin'), process.env['PATH']].join(delimiter),
      };
      const command = ['--command', 'jwt list', '--output-dir', out];
      const { json } = await sf(['doctor', ...args, '--json', ...command], { home: sfHome, env });
      if (index === 0) {
        const results = json.result['diagnosticResults'] as Array<{ testName: string; status: string }>;
        expect(results.map(({ testName }) => testName)).to.include(
          '[sf-plugin-jwt] the private key file of lost@acme.com exists',
        );
      }
      const files = await Promise.all((await readdir(out)).map((name) => readFile(join(out, name), 'utf8')));
      expect(files).to.have.lengthOf(3);
      const all = [JSON.stringify(json), ...files].join('\n');
      expect(all)
        .to.match(/SF_JWT_KEY\W+\[REDACTED\]/)
        .and.to.match(/SF_JWT_FROM_PASSPHRASE\W+\[REDACTED\]/);
      expect(all).not.to.contain('brief');
      for (const line of key.split('\n').filter((each) => each.length > 20 && !each.startsWith('-'))) {
        expect(all).not.to.contain(line);
      }
    });
  }
});

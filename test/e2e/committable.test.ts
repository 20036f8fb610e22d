import { spawnSync } from 'node:child_process';
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { expect } from 'chai';
import { writePkcs12 } from '../../src/keys/credential/pkcs12-write.js';
import { openInUse, ROTATE } from '../support/rotate.js';
import { needs } from '../support/tools.js';
import { pairOf, type Answer, type Workplace } from '../support/workplace.js';

const hasGit = spawnSync('git', ['--version']).status === 0;
const STORE = { env: { SF_JWT_STORE_PASSPHRASE: 'correct horse' } };

describe('a key that the next commit would take along', () => {
  let workplace: Workplace;

  before(async function () {
    needs(this, hasGit, 'git');
    ({ workplace } = await openInUse());
    const { key, certificate } = await pairOf();
    const content = { alias: 'own', key: createPrivateKey(key), chain: [new X509Certificate(certificate).raw] };
    const password = STORE.env.SF_JWT_STORE_PASSPHRASE;
    await workplace.save('org.p12', writePkcs12({ ...content, password }, 'modern', randomBytes));
    spawnSync('git', ['init', '-q', workplace.cwd]);
  });
  after(() => workplace.close());

  const warned = ({ warnings = [] }: Answer<unknown>): string[] =>
    warnings.filter((text) => typeof text === 'string' && text.includes('.gitignore'));

  const COMMANDS: Array<[name: string, file: RegExp, words: string[]]> = [
    ['keygen', /fresh\.key/, ['keygen', '--name', 'fresh', '--overwrite']],
    ['keygen --encrypt', /sealed\.key/, ['keygen', '--name', 'sealed', '--encrypt', '--overwrite']],
    ['convert to PEM', /org\.pem/, ['convert', '--from', 'org.p12', '--to', 'org.pem', '--overwrite']],
    ['convert to JKS', /org\.jks/, ['convert', '--from', 'org.p12', '--to', 'org.jks', '--overwrite']],
    ['rotate', /server-\d{8}(-\d+)?\.key/, ROTATE],
  ];
  for (const [name, file, words] of COMMANDS) {
    it(`is named by ${name} among the warnings, with the line that keeps it out`, async () => {
      const options = { env: { ...STORE.env, SF_JWT_KEY_PASSPHRASE: 'open sesame' } };
      const answer = await workplace.json(words, options);
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      const [warning = '', ...others] = warned(answer);
      expect(others).to.deep.equal([]);
      expect(warning).to.match(file);
      const [, line = ''] = /\.gitignore: (.*)$/.exec(warning) ?? [];
      appendFileSync(workplace.path('.gitignore'), `${line}\n`);
      if (words === ROTATE) return;
      const again = await workplace.json(words, options);
      expect(warned(again)).to.deep.equal([]);
    });
  }
});

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Failure } from '../../src/failure.js';
import { judgeStoredLogin, type StoredLoginFacts } from '../../src/diagnosis/stored-login.js';
import { environment } from '../support/plugin.js';
import { sf, makeSfHome, findSfCli } from '../support/sf-cli.js';
import { pairOf } from '../support/workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');

describe('judgeStoredLogin', () => {
  const healthy: StoredLoginFacts = {
    username: 'ci@acme.com',
    loginUrl: 'https://acme.my.salesforce.com',
    privateKeyFile: '/keys/server.key',
    keyFailure: undefined,
    readableByOthers: false,
    temporary: false,
  };
  const rows: Array<[name: string, changes: Partial<StoredLoginFacts>, expected: string[]]> = [
    ['in order', {}, []],
    ['gone', { keyFailure: new Failure('file_missing', { path: 'x' }), temporary: true }, ['keyMissing fail']],
    ['encrypted', { keyFailure: new Failure('key_passphrase_missing', { source: 'x' }) }, ['key fail']],
    ['open and temporary', { readableByOthers: true, temporary: true }, ['keyMode warn', 'keyPlace warn']],
    ['at a login host', { loginUrl: 'https://login.salesforce.com/' }, ['loginHost warn']],
    ['at a Lightning page', { loginUrl: 'https://acme.lightning.force.com' }, ['loginUrl fail']],
    ['nowhere', { loginUrl: '' }, ['loginUrl fail']],
  ];
  for (const [name, changes, expected] of rows) {
    it(`${name}: ${expected.join(', ') || 'all pass'}`, () => {
      const verdicts = judgeStoredLogin({ ...healthy, ...changes }).filter(({ status }) => status !== 'pass');
      expect(verdicts.map(({ code, status }) => `${code} ${status}`)).to.deep.equal(expected);
    });
  }
});

describe('sf doctor', () => {
  let home: string;

  /** Two JWT logins, one of which has lost its key, and one of another kind. */
  async function fill(folder: string): Promise<void> {
    const store = join(folder, '.sfdx');
    await mkdir(store, { recursive: true });
    const entry = (username: string, fields: object): Promise<void> =>
      writeFile(
        join(store, `${username}.json`),
        JSON.stringify({ username, loginUrl: 'https://acme.my.salesforce.com', ...fields }),
      );
    await writeFile(join(folder, 'server.key'), (await pairOf()).key, { mode: 0o600 });
    await entry('ci@acme.com', { privateKey: join(folder, 'server.key') });
    await entry('lost@acme.com', { privateKey: join(folder, 'lost.key') });
    await entry('web@acme.com', { refreshToken: 'x' });
  }

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sf-doctor-'));
    await fill(home);
  });

  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is told of every JWT login, and of no secret', async () => {
    const program = `
      import { Lifecycle } from '@salesforce/core';
      import hook from './lib/diagnosis/sf-doctor.js';
      const notes = { tests: [], suggestions: [], data: [] };
      const sfEnvVars = [['SF_JWT_KEY', 'the key'], ['SF_JWT_KEY_PASSPHRASE', 'the passphrase'], ['SF_ENV', 'x']];
      Lifecycle.getInstance().on('Doctor:diagnostic', async (test) => notes.tests.push(test));
      await hook({ doctor: {
        addSuggestion: (text) => notes.suggestions.push(text),
        addPluginData: (plugin, data) => notes.data.push([plugin, data]),
        getDiagnosis: () => ({ sfEnvVars }),
      } });
      console.log(JSON.stringify({ ...notes, sfEnvVars }));
    `;
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: environment({ home }) });
    const notes = JSON.parse(stdout) as {
      tests: Array<{ testName: string; status: string }>;
      suggestions: string[];
      data: Array<[string, { jwtLogins: object[] }]>;
      sfEnvVars: string[][];
    };
    expect(notes.tests.filter(({ status }) => status === 'fail')).to.deep.equal([
      { testName: '[sf-plugin-jwt] the private key file of lost@acme.com exists', status: 'fail' },
    ]);
    expect(notes.suggestions.join('\n')).to.contain(join(home, 'lost.key')).and.to.contain('--key-storage copy');
    expect(notes.data[0]?.[0]).to.equal('sf-plugin-jwt');
    expect(notes.data[0]?.[1].jwtLogins).to.have.length(2);
    expect(stdout).not.to.contain('PRIVATE KEY').and.not.to.contain('web@acme.com');
    expect(notes.sfEnvVars).to.deep.equal([
      ['SF_JWT_KEY', '[REDACTED]'],
      ['SF_JWT_KEY_PASSPHRASE', '[REDACTED]'],
      ['SF_ENV', 'x'],
    ]);
  });

  it('of the real CLI runs it', async function () {
    this.timeout(180_000);
    await findSfCli();
    const sfHome = await makeSfHome();
    try {
      await fill(sfHome.path);
      const linked = await sf(['plugins', 'link', ROOT, '--no-install'], { home: sfHome });
      expect(linked.status, linked.stderr).to.equal(0);
      const args = ['doctor', '--plugin', 'sf-plugin-jwt', '--json', '--output-dir', sfHome.path];
      const { json } = await sf(args, { home: sfHome, env: { SF_JWT_KEY: 'a secret key' } });
      const results = json.result['diagnosticResults'] as Array<{ testName: string; status: string }>;
      expect(results.map(({ testName }) => testName)).to.include(
        '[sf-plugin-jwt] the private key file of lost@acme.com exists',
      );
      expect(JSON.stringify(json)).not.to.contain('a secret key');
    } finally {
      await sfHome.remove();
    }
  });
});

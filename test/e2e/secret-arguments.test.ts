import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../support/plugin.js';
import { pairOf } from '../support/workplace.js';

const LOGIN = ['--client-id', '3MVG9', '--username', 'ci@acme.example.com'];
const PASSPHRASE = 'Tr0ub4dor&3/horse';

describe('a secret among the arguments', function () {
  this.timeout(120_000);

  let home: string;
  let key: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'arguments-'));
    ({ key } = await pairOf());
    await writeFile(join(home, 'server.key'), key);
  });
  after(() => rm(home, { recursive: true }));

  const cases: Array<[name: string, args: (key: string) => string[], status: number]> = [
    ['inspect, key', (text) => ['inspect', text], 2],
    ['inspect, words of a key', (text) => ['inspect', ...text.trim().split(/\s/)], 1],
    ['inspect, base64', (text) => ['inspect', Buffer.from(text).toString('base64')], 1],
    ['grant', (text) => ['grant', ...LOGIN, '-f', text], 1],
    ['token, literal line breaks', (text) => ['token', ...LOGIN, '-f', text.replaceAll('\n', '\\n')], 1],
    ['sign, certificate file', (text) => ['sign', ...LOGIN, '-f', 'server.key', '-c', text], 1],
    ['convert', (text) => ['convert', '--from', text, '--to', 'a.p12'], 1],
    ['keygen, folder', (text) => ['keygen', '--output-dir', text], 1],
    ['keygen, passphrase', () => ['keygen', '--encrypt', '--passphrase-file', PASSPHRASE], 1],
    ['fleet, orgs file', (text) => ['fleet', 'grant', '-x', text], 1],
    ['snippet, unknown flag', (text) => ['snippet', '--for', 'shell', '--key', text], 2],
  ];
  for (const [index, [name, args, status]] of cases.entries()) {
    const json = index % 2 === 0;
    it(`is not repeated${json ? ' with --json' : ''}: ${name}`, async () => {
      const before = await readdir(home);
      const result = await run(['jwt', ...args(key), ...(json ? ['--json'] : [])], { home });
      const said = result.stdout + result.stderr;
      expect(result.status, said).to.equal(status);
      const secrets = [...key.split('\n').filter((line) => /^[\w+/=]+$/.test(line)), PASSPHRASE, 'Tr0ub4dor'];
      for (const secret of [...secrets, Buffer.from(key).toString('base64').slice(60, 90)]) {
        expect(said).to.not.contain(secret);
      }
      expect(said).to.contain('epeated');
      expect((await readdir(home)).filter((file) => !file.startsWith('.'))).to.deep.equal(
        before.filter((file) => !file.startsWith('.')),
      );
    });
  }
});

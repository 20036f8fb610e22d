import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import nodeFs from 'node:fs';
import { expect } from 'chai';
import { guardFor, type Guard } from '../../../src/machine/files/access-list.js';
import { writeKeyFiles } from '../../../src/machine/files/key-files.js';
import { writeTogether, type FileSystem } from '../../../src/machine/files/replace-together.js';
import { keyCopy } from '../../../src/machine/store/key-copy.js';
import { readCertificate } from '../../../src/keys/credential/certificate.js';
import { failureOf } from '../../support/failures.js';
import { pairOf } from '../../support/workplace.js';

const USER = 'S-1-5-21-1004336348-1177238915-682003330-1001';

/** Windows as far as it goes here: the system's programs in their folder, which tell what they are given. */
describe('what keeps secret files from other users on Windows', function () {
  let root: string;
  let folder: string;

  before(async function () {
    if (process.platform === 'win32') this.skip();
    root = await mkdtemp(join(tmpdir(), 'windows-'));
    await mkdir(join(root, 'System32'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'keys-'));
    await program('whoami', `console.log('"acme\\\\me","${USER}"')`);
    await program('icacls', '');
  });

  /** Each call is a line: the words, and what the file holds at that moment. */
  async function program(name: string, body: string): Promise<void> {
    const path = join(root, 'System32', `${name}.exe`);
    const log = `
      const { appendFileSync, existsSync, readFileSync, statSync } = require('node:fs');
      const args = process.argv.slice(2);
      const content = existsSync(args[0]) && statSync(args[0]).isFile() ? readFileSync(args[0], 'utf8') : undefined;
      appendFileSync(${JSON.stringify(join(root, 'calls'))}, JSON.stringify({ name: ${JSON.stringify(name)}, args, content }) + '\\n');`;
    await writeFile(path, `#!${process.execPath}\n${log}\n${body}\n`);
    await chmod(path, 0o755);
    await rm(join(root, 'calls'), { force: true });
  }
  const guard = (): Guard => guardFor('win32', { SystemRoot: root })!;
  const calls = (): Array<{ name: string; args: string[]; content?: string }> =>
    existsSync(join(root, 'calls'))
      ? readFileSync(join(root, 'calls'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { name: string; args: string[] })
      : [];

  it('is the mode, and no program, on every other system', () => {
    for (const platform of ['linux', 'darwin', 'freebsd'] as const) expect(guardFor(platform)).to.equal(undefined);
    expect(guardFor('win32')).to.be.a('function');
  });

  it('leaves a key to the user alone before there is anything in its file', async () => {
    const { key, certificate } = await pairOf();
    const path = (name: string): string => join(folder, name);
    const paths = { privateKeyFile: path('server.key'), certificateFile: path('server.crt') };
    const credential = { privateKeyPem: key, certificate: readCertificate(certificate, 'server.crt') };
    writeKeyFiles({ paths, overwrite: false }, credential, guard());
    const [who, list, ...more] = calls();
    expect(more).to.deep.equal([]);
    expect(who).to.deep.include({ name: 'whoami', args: ['/user', '/fo', 'csv', '/nh'] });
    const [file, ...rights] = list!.args;
    expect(rights).to.deep.equal(['/inheritance:r', '/grant:r', `*${USER}:F`]);
    expect(file).to.match(/keys-\w+[/\\]\.server-[0-9a-f]{16}\.new\.key$/);
    expect(list!.content).to.equal('');
    expect(await readFile(path('server.key'), 'utf8')).to.equal(key);
  });

  it('asks who the user is once, and says nothing of files that anybody may read', () => {
    const files = ['a.key', 'b.key', 'c.crt'].map((name) => {
      const secret = name.endsWith('.key') ? ('file' as const) : undefined;
      return { path: join(folder, name), data: name, mode: secret ? (0o600 as const) : (0o644 as const), secret };
    });
    writeTogether(files, { overwrite: false, guard: guard() });
    expect(calls().map(({ name }) => name)).to.deep.equal(['whoami', 'icacls', 'icacls']);
  });

  it('leaves the folder of copies to the user when it is made, and not again', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const copies = join(folder, 'jwt-keys');
    for (const name of ['one.key', 'two.key'])
      writeTogether([keyCopy(privateKey, join(copies, name))], { overwrite: false, guard: guard() });
    const lists = calls().filter(({ name }) => name === 'icacls');
    expect(lists.map(({ args }) => args)).to.deep.equal([[copies, '/inheritance:r', '/grant:r', `*${USER}:(OI)(CI)F`]]);
    expect(readdirSync(copies)).to.deep.equal(['one.key', 'two.key']);
  });

  it('writes nothing where Windows refuses, or does not know the user, and says why', async () => {
    for (const [name, body, reason] of [
      ['icacls', `console.error('server.key: Access is denied.'); process.exit(5)`, 'server.key: Access is denied.'],
      ['whoami', `console.log('ERROR')`, 'whoami'],
    ] as const) {
      await program(name, body);
      const path = join(folder, 'server.key');
      const write = (overwrite: boolean) => () =>
        writeTogether([{ path, data: 'secret', mode: 0o600, secret: 'file' }], { overwrite, guard: guard() });
      const failure = failureOf('access_not_restricted', write(false));
      expect(failure.data).to.deep.equal({ path, reason });
      expect(readdirSync(folder)).to.deep.equal([]);
      await writeFile(path, 'old');
      failureOf('access_not_restricted', write(true));
      expect(readdirSync(folder)).to.deep.equal(['server.key']);
      expect(await readFile(path, 'utf8')).to.equal('old');
      await rm(path);
      await program('icacls', '');
    }
    const nowhere = guardFor('win32', { SystemRoot: join(root, 'none') })!;
    const failure = failureOf('access_not_restricted', () => nowhere(folder, 'file'));
    expect(failure.data).to.deep.equal({ path: folder, reason: 'no whoami' });
  });

  it('guards a copy where the drive has no links, which would have the access of its folder', () => {
    const fs: FileSystem = {
      ...nodeFs,
      linkSync: () => {
        throw Object.assign(new Error('EPERM'), { code: 'EPERM', errno: -1 });
      },
    };
    const path = join(folder, 'server.key');
    writeTogether([{ path, data: 'secret', mode: 0o600, secret: 'file' }], { overwrite: false, guard: guard() }, fs);
    const lists = calls().filter(({ name }) => name === 'icacls');
    expect(lists.map(({ args, content }) => [args[0] === path, content])).to.deep.equal([
      [false, ''],
      [true, ''],
    ]);
    expect(readdirSync(folder)).to.deep.equal(['server.key']);
  });
});

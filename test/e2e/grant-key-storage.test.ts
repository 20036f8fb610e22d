import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { entryOf, granted, loginFlags, openWithApp, refusedGrant, stateFile } from '../support/grant.js';
import { start } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

const isRoot = process.getuid?.() === 0;

describe('sf jwt grant and the private key', function () {
  this.timeout(120_000);

  let workplace: Workplace;
  let clientId: string;
  let key: string;
  let copyPath: string;

  before(async () => {
    ({ workplace, clientId } = await openWithApp({ devHub: true }));
    ({ key } = await pairOf());
    copyPath = join(workplace.home, '.sf', 'jwt-keys', `${workplace.org.orgId}.${CI_USER}.key`);
  });
  after(() => workplace.close());

  /** The flags of a login whose key is in this file; without one it's in the environment. */
  const flags = (file?: string, ...more: string[]): string[] => {
    const all = loginFlags(workplace, clientId);
    const at = all.indexOf('--jwt-key-file');
    return [
      ...all.slice(0, at),
      ...(file === undefined ? [] : ['--jwt-key-file', file]),
      ...all.slice(at + 2),
      ...more,
    ];
  };

  describe('reads it from', () => {
    const lines = (): string[] => key.trim().split('\n');
    const states: Array<[what: string, text: () => string | Buffer, storage: 'path' | 'copy']> = [
      ['a file with Windows line ends and a BOM', () => `\uFEFF${lines().join('\r\n')}\r\n`, 'path'],
      ['a file that has lost its line breaks', () => lines().join(' '), 'copy'],
      ['a file with literal \\n', () => lines().join('\\n'), 'copy'],
      ['a file in base64', () => Buffer.from(key).toString('base64'), 'copy'],
    ];
    for (const [what, text, storage] of states) {
      it(`${what}, and stores it as ${storage}, so that sf can refresh with it`, async () => {
        const file = await workplace.save('state.key', text());
        const { keyStorage, privateKey } = await granted(workplace, flags('state.key'));
        expect(keyStorage).to.equal(storage);
        expect(privateKey).to.equal(storage === 'path' ? file : copyPath);
        if (storage === 'copy') expect(readFileSync(copyPath, 'utf8')).to.equal(key);
        else expect(existsSync(copyPath), 'a copy of an earlier login').to.equal(false);
      });
    }

    it('standard input', async () => {
      expect((await granted(workplace, flags('-'), { input: key })).keyStorage).to.equal('copy');
      expect(statSync(copyPath).mode & 0o777).to.equal(0o600);
    });

    it('a pipe, as a shell makes for <(command)', async function () {
      needs(this, process.platform !== 'win32', 'a named pipe');
      const pipe = workplace.path('key.pipe');
      execFileSync('mkfifo', [pipe]);
      const writer = spawn('sh', ['-c', `sleep 1; cat server.key > ${pipe}`], { cwd: workplace.cwd });
      expect((await granted(workplace, flags('key.pipe'))).keyStorage).to.equal('copy');
      writer.kill();
    });
  });

  describe('refuses, before anything is sent,', () => {
    const ec = (): string =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const short = (): string =>
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString();
    const cases: Array<[what: string, code: string, content: () => string | Buffer | Promise<string>]> = [
      ['a certificate', 'key_is_certificate', async () => (await pairOf()).certificate],
      ['an elliptic curve key', 'key_not_rsa', ec],
      ['a short key', 'key_too_small', short],
      [
        'an SSH key',
        'key_is_openssh',
        () => '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
      ],
      ['text in UTF-16', 'key_is_utf16', () => Buffer.from(`\uFEFF${key}`, 'utf16le')],
      ['an empty file', 'key_empty', () => ''],
      ['half a key', 'key_damaged', () => key.slice(0, 900)],
      ['a file that is no key at all', 'key_unrecognized', () => 'hello'],
    ];
    for (const [what, code, content] of cases) {
      it(what, async () => {
        await workplace.save('bad.key', await content());
        await refused(code, flags('bad.key'));
      });
    }

    it('a directory, no file, a file that may not be read, an endless device', async function () {
      mkdirSync(workplace.path('folder'), { recursive: true });
      await refused('file_is_directory', flags('folder'));
      await refused('file_missing', flags('nothing.key'));
      await refused('key_missing', flags(''));
      if (process.platform !== 'win32') await refused('input_too_large', flags('/dev/zero'));
      needs(this, !isRoot, 'a user who may not read everything');
      chmodSync(await workplace.save('locked.key', key), 0);
      await refused('file_unreadable', flags('locked.key'));
    });

    it('to store a path that sf could not refresh with', async () => {
      await workplace.save('flat.key', key.split('\n').join('\\n'));
      await refused('key_storage_unreadable', flags('flat.key', '--key-storage', 'path'));
      await refused('key_storage_without_file', flags('-', '--key-storage', 'path'), { input: key });
    });

    async function refused(code: string, args: string[], options = {}): Promise<Answer<never>> {
      const before = workplace.org.requests.length;
      const answer = await refusedGrant(workplace, code, args, options);
      expect(workplace.org.requests.length, 'requests').to.equal(before);
      return answer;
    }
  });

  describe('keeps it', () => {
    it('nowhere when it is encrypted, and says what that means', async () => {
      const encrypted = generateEncrypted(key);
      await workplace.save('locked.key', encrypted);
      await granted(workplace, flags('-'), { input: key });
      const { stdout } = await workplace.jwt(['grant', ...flags('locked.key')], {
        env: { SF_JWT_KEY_PASSPHRASE: 'correct horse' },
      });
      expect(stdout).to.contain("isn't stored");
      expect(await entryOf(workplace.home)).not.to.have.property('privateKey');
      expect(existsSync(copyPath), 'the copy of an earlier login').to.equal(false);
      const texts = Object.entries(await workplace.files()).filter(([name]) => !name.startsWith(workplace.cwd));
      expect(texts.map(([, text]) => text).join(''), 'files of sf').not.to.contain('PRIVATE KEY');
    });

    it('as a plain copy of an encrypted one, if it is told so', async () => {
      await workplace.save('locked.key', generateEncrypted(key));
      const env = { SF_JWT_KEY_PASSPHRASE: 'correct horse' };
      await granted(workplace, flags('locked.key', '--key-storage', 'copy'), { env });
      expect(readFileSync(copyPath, 'utf8')).to.equal(key);
      await refusedGrant(workplace, 'key_storage_encrypted', flags('locked.key', '--key-storage', 'path'), { env });
    });

    it('with a warning where it will be deleted, or others can read it', async function () {
      needs(this, process.platform !== 'win32', 'file modes');
      chmodSync(await workplace.save('open.key', key), 0o644);
      const { warnings = [] } = await workplace.json(['grant', ...flags('open.key')]);
      expect(warnings.join('\n'))
        .to.contain('temporary folder')
        .and.to.contain(`chmod 600 ${workplace.path('open.key')}`);
    });
  });

  it('tells the owner of a Dev Hub what scratch orgs need', async () => {
    const { warnings = [] } = await workplace.json(['grant', ...flags('server.key', '--set-default-dev-hub')]);
    expect(warnings.join('\n'))
      .to.contain('SF_SCRATCH_SIGNUP_CONNECTED_APP=PlatformCLI')
      .and.to.contain('SF_SCRATCH_SIGNUP_CALLBACK_URL=http://localhost:1717/OauthRedirect');
  });

  describe('in a store that it cannot change', () => {
    it('changes nothing of it', async function () {
      needs(this, !isRoot, 'a user who may not write everywhere');
      const folder = join(workplace.home, '.sfdx');
      chmodSync(folder, 0o500);
      try {
        await refusedGrant(workplace, 'store_unwritable', flags('server.key'));
      } finally {
        chmodSync(folder, 0o700);
      }
    });

    it('keeps the entry and the copy when the alias cannot be set', async () => {
      const folder = join(workplace.home, '.sf', 'config.json');
      const configured = existsSync(folder) ? readFileSync(folder, 'utf8') : '{}';
      writeFileSync(folder, '[]');
      await refusedGrant(workplace, 'store_damaged', flags('-', '--alias', 'ci', '--set-default'), { input: key });
      writeFileSync(folder, configured);
    });
  });
});

describe('sf jwt grant at the same time, and killed', function () {
  this.timeout(240_000);

  const USERS = Array.from({ length: 10 }, (_, number) => `ci${number}@acme.example.com`);
  let workplace: Workplace;
  let clientId: string;
  let key: string;

  before(async () => {
    ({ workplace, clientId } = await openWithApp({
      users: [{ username: CI_USER }, ...USERS.map((username) => ({ username }))],
    }));
    for (const username of USERS) workplace.org.setup.assignPermissionSet(username, 'Ci');
    ({ key } = await pairOf());
  });
  after(() => workplace.close());

  const args = (username: string, ...more: string[]): string[] => {
    const login = ['--username', username, '--client-id', clientId, '--instance-url', workplace.org.url];
    return ['grant', ...login, '--jwt-key-file', '-', ...more];
  };

  /** What sf would trip over: every state file is whole, and what leads somewhere leads to something. */
  async function expectWhole(home: string): Promise<void> {
    const names = readdirSync(join(home, '.sfdx')).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    for (const name of names)
      expect(JSON.parse(readFileSync(join(home, '.sfdx', name), 'utf8')), name).to.be.an('object');
    const { orgs = {} } = (await stateFile(home, '.sfdx/alias.json')) as { orgs?: Record<string, string> };
    for (const username of Object.values(orgs))
      expect(existsSync(join(home, '.sfdx', `${username}.json`))).to.equal(true);
    for (const username of [CI_USER, ...USERS]) {
      if (!existsSync(join(home, '.sfdx', `${username}.json`))) continue;
      const { privateKey } = await entryOf(home, username);
      expect(readFileSync(privateKey as string, 'utf8')).to.equal(key);
    }
  }

  it('twenty at once in a HOME that knew no login: ten users, and ten times the same one', async () => {
    const home = workplace.path('fresh-home');
    mkdirSync(home);
    const users = [...USERS, ...USERS.map(() => CI_USER)];
    const results = await Promise.all(
      users.map((username, number) =>
        workplace.jwt([...args(username, '--alias', `alias${number}`), '--json'], { home, input: key }),
      ),
    );
    for (const { status, stdout, stderr } of results) expect(status, stdout + stderr).to.equal(0);
    await expectWhole(home);
    const { orgs } = (await stateFile(home, '.sfdx/alias.json')) as { orgs: Record<string, string> };
    expect(Object.keys(orgs)).to.have.length(20);
    const locks = readdirSync(join(home, '.sfdx')).filter((name) => name.endsWith('.lock') || name.startsWith('.'));
    expect(locks, 'left behind').to.deep.equal([]);
    const tokens = USERS.concat(CI_USER).map((username) => accessTokenOf(home, username));
    for (const token of tokens) expect(token).to.match(/^00D\w{15}!/);
  });

  it('kill -9 at any moment leaves each file whole, and the next login repairs nothing because nothing is broken', async () => {
    await workplace.jwt(args(CI_USER, '--alias', 'ci', '--set-default', '--json'), { input: key });
    const requests = /composite\/batch$/;
    for (const delay of [0, 2, 4, 6, 8, 10, 12, 15, 20, 30]) {
      const before = workplace.org.requestsTo(requests).length;
      const child = start(['jwt', ...args(CI_USER, '--alias', `ci${delay}`, '--set-default')], {
        home: workplace.home,
        cwd: workplace.cwd,
      });
      child.stdin?.end(key);
      const ended = new Promise((resolve) => child.on('close', resolve));
      // The store is changed right after the org has told what it is.
      while (workplace.org.requestsTo(requests).length === before && child.exitCode === null) await sleep(1);
      await sleep(delay);
      child.kill('SIGKILL');
      await ended;
      await expectWhole(workplace.home);
    }
    const { status, stdout, stderr } = await workplace.jwt([...args(CI_USER, '--alias', 'last', '--set-default')], {
      input: key,
    });
    expect(status, stdout + stderr).to.equal(0);
    const left = [
      ...readdirSync(join(workplace.home, '.sfdx')),
      ...readdirSync(join(workplace.home, '.sf', 'jwt-keys')),
    ];
    expect(
      left.filter((name) => /\.(new|old)\./.test(name) && name.includes(CI_USER)),
      'left behind',
    ).to.deep.equal([]);
  });

  /** The token as sf reads it, which takes the key that it was encrypted with. */
  function accessTokenOf(home: string, username: string): string {
    const program = `
      import { AuthInfo } from '@salesforce/core';
      const info = await AuthInfo.create({ username: process.argv[1] });
      process.stdout.write(info.getFields(true).accessToken);`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', program, username], {
      cwd: join(import.meta.dirname, '..', '..'),
      env: { ...process.env, HOME: home, SF_USE_GENERIC_UNIX_KEYCHAIN: 'true', SF_DISABLE_LOG_FILE: 'true' },
      encoding: 'utf8',
    });
  }
});

function generateEncrypted(pem: string): string {
  const passphrase = 'correct horse';
  return createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
}

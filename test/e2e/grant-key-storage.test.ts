import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { entryOf, granted, loginFlags, openWithApp, refusedGrant } from '../support/grant.js';
import { copyEntry, entryPath } from '../support/stored.js';
import { needs } from '../support/tools.js';
import { CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

const isRoot = process.getuid?.() === 0;

describe('sf jwt grant and the private key', () => {
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

  describe('keeps a copy of ours', () => {
    const withCopy = (): Promise<unknown> => granted(workplace, flags('-'), { input: key });

    it('that it is told to read itself, by whatever path', async () => {
      await withCopy();
      symlinkSync(workplace.home, workplace.path('link'));
      const { orgId } = workplace.org;
      for (const path of [copyPath, workplace.path(join('link', '.sf', 'jwt-keys', `${orgId}.${CI_USER}.key`))]) {
        for (const more of [[], ['--key-storage', 'path']]) {
          const { keyStorage, privateKey } = await granted(workplace, flags(path, ...more));
          expect([keyStorage, privateKey]).to.deep.equal(['copy', copyPath]);
          expect(readFileSync(copyPath, 'utf8')).to.equal(key);
        }
      }
    });

    it('that another login refreshes with, such as a scratch org’s', async () => {
      await withCopy();
      await copyEntry(workplace.home, 'test-abc@example.com');
      await granted(workplace, flags('server.key'));
      expect(readFileSync(copyPath, 'utf8')).to.equal(key);
      rmSync(entryPath(workplace.home, 'test-abc@example.com'));
      await granted(workplace, flags('server.key'));
      expect(existsSync(copyPath)).to.equal(false);
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

    it('a directory, no file, an endless device', async () => {
      mkdirSync(workplace.path('folder'), { recursive: true });
      await refused('file_is_directory', flags('folder'));
      await refused('file_missing', flags('nothing.key'));
      await refused('key_missing', flags(''));
      if (process.platform !== 'win32') await refused('input_too_large', flags('/dev/zero'));
    });

    it('a file that may not be read', async function () {
      needs(this, !isRoot, 'a user who may not read everything');
      chmodSync(await workplace.save('secret.key', key), 0);
      const { data, status } = await workplace.json(['grant', ...flags('secret.key')]);
      chmodSync(workplace.path('secret.key'), 0o600);
      expect([status, data?.code]).to.deep.equal([1, 'file_unreadable']);
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
      .and.to.contain('SF_SCRATCH_SIGNUP_CALLBACK_URL=http://localhost:1717/OauthRedirect')
      .and.to.contain('preview release');
  });

  it('says nothing of scratch orgs to whom it is no news: one variable is not enough, both are', async () => {
    const SF_SCRATCH_SIGNUP_CONNECTED_APP = 'PlatformCLI';
    const SF_SCRATCH_SIGNUP_CALLBACK_URL = 'http://localhost:1717/OauthRedirect';
    const warnings = async (env: Record<string, string>): Promise<string> =>
      (
        (await workplace.json(['grant', ...flags('server.key', '--set-default-dev-hub')], { env })).warnings ?? []
      ).join();
    expect(await warnings({ SF_SCRATCH_SIGNUP_CONNECTED_APP })).to.contain('C-1016');
    expect(await warnings({ SF_SCRATCH_SIGNUP_CONNECTED_APP, SF_SCRATCH_SIGNUP_CALLBACK_URL })).not.to.contain(
      'C-1016',
    );
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
  });
});

function generateEncrypted(pem: string): string {
  const passphrase = 'correct horse';
  return createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
}

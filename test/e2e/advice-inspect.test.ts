import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createHash, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import type { JwtInspectResult } from '../../src/commands/jwt/inspect.js';
import { writeJks } from '../../src/keys/credential/jks.js';
import { nameAdmin } from '../support/advice/errors.js';
import { Pasting } from '../support/advice/paste.js';
import { commandsIn } from '../support/advice/templates.js';
import { AGE, certificateOf, rsaKey } from '../support/certificates.js';
import { connected } from '../support/connect.js';
import { granted } from '../support/grant.js';
import { Folder, makePair, pair } from '../support/keystores.js';
import { hasBash } from '../support/plugin.js';
import { hasKeytool, hasOpenssl, needs, tool } from '../support/tools.js';
import { CI_USER, pairOf, Workplace } from '../support/workplace.js';

const PASSPHRASE = 'correct horse';
const STORE = { SF_JWT_STORE_PASSPHRASE: PASSPHRASE };

type Case = {
  /** Makes the file, and returns its content, or nothing where it's there as `given`. */
  file: (workplace: Workplace) => Promise<Buffer | string> | Buffer | string;
  /** The message's key is `finding.CODE.fix.several`. */
  several?: true;
  env?: Record<string, string>;
  advisedEnv?: Record<string, string>;
  /** Nothing on this machine says which app it is. */
  example?: true;
  tool?: [has: boolean, name: string];
};

const keyOfServer = async (): Promise<KeyObject> => createPrivateKey((await pairOf()).key);
const LEGACY = ['-provider', 'legacy', '-provider', 'default'];
const hasLegacy = spawnSync('openssl', ['list', '-providers', ...LEGACY]).status === 0;
const KEYTOOL: Case['tool'] = [hasKeytool && hasOpenssl, 'keytool or openssl'];

describe('advice of inspect', () => {
  const folder = new Folder();
  const pasting = new Pasting(['jwt.inspect']);
  let skipped = false;
  before(function () {
    needs(this, hasBash, 'bash');
  });

  async function jksWith(alias: string, key?: KeyObject): Promise<Buffer> {
    const { key: own, der } = key === undefined ? await pair() : await makePair('odd', key);
    return writeJks({ alias, key: own, chain: [der], password: PASSPHRASE }, new Date(), randomBytes);
  }

  async function twoKeys(one: string, two: string): Promise<Buffer> {
    const [first, second] = (await Promise.all([pair(), pair('other')])).map((each) =>
      folder.opensslPkcs12(each, PASSPHRASE),
    );
    return folder.keytoolStore('JKS', { [one]: first!, [two]: second! }, PASSPHRASE);
  }

  const CASES: Record<string, Case> = {
    'alias_not_importable': { file: () => jksWith('not-importable'), env: STORE },
    'alias_not_importable, of several': { file: () => twoKeys('a-b', 'c-d'), env: STORE, several: true, tool: KEYTOOL },
    'alias_upper_case': { file: async () => upperCase(await jksWith('upper'), 'upper'), env: STORE },
    'alias_upper_case, of several': {
      file: async () => {
        return upperCase(await twoKeys('aaaaa', 'bbbbb'), 'aaaaa');
      },
      env: STORE,
      several: true,
      tool: KEYTOOL,
    },
    'certificate_ended': { file: async () => certificateOf(await keyOfServer(), 'server', 30), example: true },
    'certificate_ends_soon': {
      file: async (workplace) => {
        const pem = await certificateOf(await keyOfServer(), 'server', AGE + 10);
        await workplace.save('server.crt', pem);
        const { clientId } = await connected(workplace, ['--username', CI_USER]);
        const place = ['--jwt-key-file', 'server.key', '--instance-url', workplace.org.url];
        await granted(workplace, ['--username', CI_USER, '--client-id', clientId!, ...place]);
        await nameAdmin(workplace);
        return pem;
      },
    },
    'key_too_small': {
      file: () => rsaKey(1024).export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
    'key_size_not_importable': { file: () => jksWith('odd', rsaKey(2560)), env: STORE },
    'key_passphrase_differs': {
      file: async () => {
        const [one] = await Promise.all([pair()]);
        const path = folder.save(
          folder.keytoolStore('JKS', { own: folder.opensslPkcs12(one, PASSPHRASE) }, PASSPHRASE),
          'jks',
        );
        const words = ['-keystore', path, '-storepass', PASSPHRASE, '-alias', 'own', '-keypass', PASSPHRASE];
        tool('keytool', ['-keypasswd', ...words, '-new', 'another-one']);
        return readFileSync(path);
      },
      env: STORE,
      advisedEnv: { SF_JWT_KEY_PASSPHRASE: 'another-one' },
      tool: KEYTOOL,
    },
    'key_passphrase_differs, of several': {
      file: async () => folder.twoPassphrases(...(await Promise.all([pair(), pair('other')])), PASSPHRASE),
      env: STORE,
      advisedEnv: { SF_JWT_KEY_PASSPHRASE: 'another-one' },
      several: true,
      tool: KEYTOOL,
    },
    'pkcs12_not_importable': {
      file: async () => folder.opensslPkcs12(await pair(), PASSPHRASE),
      env: STORE,
      tool: KEYTOOL,
    },
    'keystore_unsupported': {
      file: async () => {
        const rc4 = ['-keypbe', 'PBE-SHA1-RC4-128', '-legacy', ...LEGACY];
        return folder.opensslPkcs12(await pair(), PASSPHRASE, ...rc4);
      },
      env: STORE,
      tool: [hasLegacy && hasKeytool, 'keytool or the legacy provider of openssl'],
    },
    'request_unverified': {
      file: async () => {
        const [key, out] = [folder.save((await pair()).keyPem, 'key'), folder.at('csr')];
        tool('openssl', ['req', '-new', '-key', key, '-subj', '/CN=server', '-outform', 'DER', '-out', out]);
        const der = readFileSync(out);
        der[der.length - 1] = der.at(-1)! ^ 1;
        return der;
      },
      tool: [hasOpenssl, 'openssl'],
    },
    'entries_unreadable': {
      file: () => {
        const path = folder.at('jceks');
        const words = ['-storetype', 'JCEKS', '-keystore', path, '-storepass', PASSPHRASE, '-keypass', PASSPHRASE];
        tool('keytool', ['-genseckey', '-alias', 'secret', '-keyalg', 'AES', '-keysize', '128', ...words]);
        return readFileSync(path);
      },
      env: STORE,
      tool: KEYTOOL,
    },
  };

  for (const [name, { file, env = {}, advisedEnv = {}, example = false, tool: needed }] of Object.entries(CASES)) {
    it(`for ${name} works as it stands`, async function () {
      if (needed?.[0] === false) skipped = true;
      if (needed !== undefined) needs(this, ...needed);
      const workplace = await Workplace.open();
      try {
        await workplace.save('given', await file(workplace));
        const { result } = await workplace.json<JwtInspectResult>(['inspect', 'given'], { env });
        const code = name.split(',')[0];
        const finding = result.findings.find((each) => each.code === code);
        expect(finding, JSON.stringify(result.findings)).not.to.equal(undefined);
        const commands = commandsIn((finding?.fix ?? '').split('\n'));
        expect(commands).not.to.deep.equal([]);
        for (const command of commands) {
          const status = await pasting.paste(workplace, command, { env: { ...env, ...advisedEnv }, example });
          if (!example && !command.startsWith('sf jwt keygen')) expect(status, command).to.equal(0);
        }
      } finally {
        await workplace.close();
      }
    });
  }

  /** Lines that no case comes to, and why. */
  const UNRUN: Record<string, string> = {};

  it('has been run, line by line', function () {
    if (skipped) this.skip();
    expect(pasting.left().filter((line) => !(line in UNRUN))).to.deep.equal([]);
    expect(Object.keys(UNRUN).filter((line) => !pasting.left().includes(line))).to.deep.equal([]);
  });
});

/** Java writes no alias in upper case, though it reads one; the digest at the end is that of the content again. */
function upperCase(store: Buffer, alias: string): Buffer {
  const content = Buffer.from(store.subarray(0, -20));
  content.write(alias.toUpperCase(), content.indexOf(alias));
  const password = Buffer.from(PASSPHRASE, 'utf16le').swap16();
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(content).digest();
  return Buffer.concat([content, digest]);
}

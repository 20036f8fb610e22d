import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/failure.js';
import { keyChainFault, makeKeyChain } from '../../../src/machine/store/key-chain.js';
import { storeFaultOf } from '../../../src/machine/store/store-fault.js';
import { failureOf } from '../../support/failures.js';

const KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const FILE = { platform: 'linux' as const, environment: { SF_USE_GENERIC_UNIX_KEYCHAIN: 'true' } };
const SYSTEM = { platform: 'darwin' as const, environment: {} };

describe('The key chain file', () => {
  const { HOME, USERPROFILE } = process.env;
  let home: string;
  let path: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'key-chain-'));
    process.env['HOME'] = process.env['USERPROFILE'] = home;
    mkdirSync(join(home, '.sfdx'));
    path = join(home, '.sfdx', 'key.json');
  });
  afterEach(() => {
    process.env['HOME'] = HOME;
    if (USERPROFILE === undefined) delete process.env['USERPROFILE'];
    else process.env['USERPROFILE'] = USERPROFILE;
    rmSync(home, { recursive: true });
  });

  const write = (text: string | Buffer): void => {
    writeFileSync(path, text, { mode: 0o600 });
  };
  const entry = (fields: object): string => JSON.stringify({ account: 'local', key: KEY, service: 'sfdx', ...fields });

  it('is right as core makes it, in both of its versions, and where there is none', () => {
    expect(keyChainFault(FILE)).to.equal(undefined);
    write(JSON.stringify(JSON.parse(entry({})), null, 4));
    expect(keyChainFault(FILE)).to.equal(undefined);
    write(entry({ key: KEY + KEY }));
    expect(keyChainFault(FILE)).to.equal(undefined);
  });

  const damages: Array<[name: string, content: () => string | Buffer]> = [
    ['empty', () => ''],
    ['white space', () => '\n \n'],
    ['cut off within the key', () => entry({}).slice(0, 45)],
    ['with text behind its end', () => `${entry({})}${KEY}`],
    ['twice', () => entry({}) + entry({})],
    ['a list', () => JSON.stringify([KEY])],
    ['a text', () => JSON.stringify(KEY)],
    ['null', () => 'null'],
    ['an empty object', () => '{}'],
    ['of another service', () => entry({ service: 'other' })],
    ['of another account', () => entry({ account: 'me' })],
    ['without its key', () => entry({ key: undefined })],
    ['with a key that is a number', () => entry({ key: 4711 })],
    ['with an empty key', () => entry({ key: '' })],
    ['with a key that is too short', () => entry({ key: KEY.slice(1) })],
    ['with a key of 64 characters that are none of hexadecimal', () => entry({ key: 'xyz!'.repeat(16) })],
    ['of zeros', () => Buffer.alloc(100)],
    ['in UTF-16', () => Buffer.from(`\uFEFF${entry({})}`, 'utf16le')],
  ];
  for (const [name, content] of damages) {
    it(`that is ${name} is damaged, and nothing of it is said`, () => {
      write(content());
      const fault = keyChainFault(FILE);
      expect(fault?.code).to.equal('store_damaged');
      expect(fault?.data).to.include({ path });
      for (const text of [JSON.stringify(fault?.data), String(fault?.stack)]) {
        expect(text).not.to.match(/c0ffee|4711|xyz!/);
      }
      expect(failureOf('store_damaged', () => makeKeyChain(FILE)).data).to.deep.equal(fault?.data);
      expect(readFileSync(path)).to.deep.equal(Buffer.from(content()));
    });
  }

  it('that is a folder is damaged', () => {
    mkdirSync(path);
    expect(keyChainFault(FILE)?.code).to.equal('store_damaged');
  });

  it('is refused by its mode where core refuses it', function () {
    if (process.platform === 'win32') this.skip();
    for (const mode of [0o644, 0o640, 0o660, 0o400]) {
      write(entry({}));
      chmodSync(path, mode);
      expect(keyChainFault(FILE)).to.deep.include({ code: 'store_mode_refused' });
      expect(keyChainFault({ ...FILE, platform: 'win32' })).to.equal(undefined);
      chmodSync(path, 0o600);
    }
  });

  it('plays no part where the operating system keeps the key', () => {
    write('damaged');
    expect(keyChainFault(SYSTEM)).to.equal(undefined);
    expect(keyChainFault({ platform: 'linux', environment: { SFDX_SECRET_TOOL_PATH: process.execPath } })).to.equal(
      undefined,
    );
    rmSync(path);
    makeKeyChain(SYSTEM);
    expect(existsSync(path)).to.equal(false);
  });

  it('is made whole where there is none, readable by its owner alone, and kept where there is one', () => {
    makeKeyChain(FILE);
    const made = readFileSync(path, 'utf8');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(keyChainFault(FILE)).to.equal(undefined);
    expect((JSON.parse(made) as { key: string }).key).to.match(/^[0-9a-f]{32}$/);
    makeKeyChain(FILE);
    expect(readFileSync(path, 'utf8')).to.equal(made);
    rmSync(path);
    makeKeyChain({ ...FILE, environment: { ...FILE.environment, SF_CRYPTO_V2: 'true' } });
    expect((JSON.parse(readFileSync(path, 'utf8')) as { key: string }).key).to.match(/^[0-9a-f]{64}$/);
  });

  describe('Errors of core', () => {
    const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

    it('about a damaged file are told as that, without a word of the file', () => {
      const { SF_USE_GENERIC_UNIX_KEYCHAIN } = process.env;
      process.env['SF_USE_GENERIC_UNIX_KEYCHAIN'] = 'true';
      try {
        write(`${entry({})}${KEY}`);
        for (const name of ['JsonParseError', 'SyntaxError', 'GenericKeychainServiceError', 'RangeError']) {
          const failure = storeFaultOf(named(name, `Parse error in file unknown on line 1\n"key": "${KEY}"`));
          expect(failure?.code, name).to.equal('store_damaged');
          expect(JSON.stringify(failure?.data), name).not.to.include('c0ffee');
        }
        rmSync(path);
        expect(storeFaultOf(named('RangeError', 'Invalid array length'))).to.equal(undefined);
      } finally {
        if (SF_USE_GENERIC_UNIX_KEYCHAIN === undefined) delete process.env['SF_USE_GENERIC_UNIX_KEYCHAIN'];
        else process.env['SF_USE_GENERIC_UNIX_KEYCHAIN'] = SF_USE_GENERIC_UNIX_KEYCHAIN;
      }
    });

    it('about a key chain that gives nothing out keep the words of the system, on one line', () => {
      const words = 'Command failed with response:\n - secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY';
      const failure = storeFaultOf(named('SetCredentialError', words));
      expect(failure).to.be.instanceOf(Failure);
      expect(failure).to.deep.include({
        code: 'key_chain_refused',
        data: { reason: 'Command failed with response: - secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY' },
      });
    });

    it('about what another key encrypted say so', () => {
      expect(storeFaultOf(named('AuthDecryptError', 'Failed to decipher auth data.'))?.code).to.equal(
        'store_undecryptable',
      );
    });

    it('of the system about the state folders name file and reason', () => {
      const error = Object.assign(new Error('x'), { code: 'EACCES', errno: -13, syscall: 'mkdir' });
      expect(storeFaultOf(Object.assign(error, { path: join(home, '.sfdx') }))?.code).to.equal('store_unwritable');
      expect(storeFaultOf(Object.assign(error, { path: join(home, 'other') }))).to.equal(undefined);
    });

    it('about anything else stay what they are', () => {
      for (const error of [new TypeError('x'), named('JwtAuthError', 'x'), 'text', undefined]) {
        expect(storeFaultOf(error)).to.equal(undefined);
      }
    });
  });
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import jksJs from 'jks-js';
import { isPasswordOf, openJks, readJks, writeJks } from '../../../src/keys/credential/jks.js';
import type { StoreContent } from '../../../src/keys/credential/keystore.js';
import { Failure } from '../../../src/failure.js';
import { patched } from '../../support/encodings.js';
import { failureOf } from '../../support/failures.js';
import { allOpen, Folder, pair, pkcs8, type Pair } from '../../support/keystores.js';
import { hasKeytool, hasOpenssl, needs, tool } from '../../support/tools.js';

const PASSWORD = 'c0rrect-horse';
const NOW = new Date('2026-06-01T12:34:56.789Z');
const source = 'server.jks';

const passwords = fc.string({ minLength: 0, maxLength: 130, unit: 'grapheme' });
const aliases = fc.stringMatching(/^[A-Za-z](_?[A-Za-z0-9]){0,30}$/);

describe('JKS', () => {
  const folder = new Folder();
  let pairs: Pair[];

  before(async () => {
    pairs = [await pair('server'), await pair('other'), await pair('large', 3072), await pair('largest', 4096)];
  });

  const open = (bytes: Buffer, password = PASSWORD): StoreContent => allOpen(openJks(readJks(bytes, source), password));
  const write = ({ key, der }: Pair, password = PASSWORD, alias = 'server'): Buffer =>
    writeJks({ alias, key, chain: [der], password }, NOW, randomBytes);

  function expectPair(content: StoreContent, { key, der }: Pair, alias: string): void {
    expect(content.keys).to.have.lengthOf(1);
    const [entry] = content.keys;
    expect(entry!.alias).to.equal(alias);
    expect(pkcs8(entry!.key)).to.equal(pkcs8(key));
    expect(entry!.chain).to.deep.equal([der]);
    expect(content.certificates).to.deep.equal([]);
  }

  it('is read again: any key, alias and password, the alias in lower case', () => {
    fc.assert(
      fc.property(fc.nat(3), aliases, passwords, (index, alias, password) => {
        const bytes = write(pairs[index]!, password, alias);
        expectPair(open(bytes, password), pairs[index]!, alias.toLowerCase());
        failureOf('keystore_passphrase_wrong', () => open(bytes, `${password}?`));
      }),
      { numRuns: 60 },
    );
  });

  it('is imported by keytool, and the key is the same byte for byte', function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    for (const [index, alias, password] of [
      [0, 'JWT_Signing', 'abcdef'],
      [2, 'a', 'with spaces and $igns "'],
      [3, 'b2', 'x'.repeat(64)],
    ] as const) {
      const bytes = write(pairs[index]!, password, alias);
      expect(folder.keyOf(bytes, 'JKS', password, alias.toLowerCase())).to.equal(pkcs8(pairs[index]!.key));
    }
  });

  it('is what keytool says it is: a JKS with one private key, made now', function test() {
    needs(this, hasKeytool, 'keytool');
    const path = folder.save(write(pairs[0]!), 'jks');
    const said = tool('keytool', ['-list', '-v', '-keystore', path, '-storepass', PASSWORD]);
    expect(said)
      .to.contain('Keystore type: JKS')
      .and.to.contain('Alias name: server')
      .and.to.contain('PrivateKeyEntry');
    expect(said).to.contain('Your keystore contains 1 entry').and.to.contain('Jun 1, 2026');
  });

  it('is read by jks-js', () => {
    const [entry] = Object.entries(jksJs.toPem(write(pairs[0]!), PASSWORD));
    const [alias, { cert, key }] = entry as [string, { cert: string; key: string }];
    expect(alias).to.equal('server');
    expect(pkcs8(key)).to.equal(pkcs8(pairs[0]!.key));
    expect(cert.replace(/\s/g, '')).to.equal(pairs[0]!.certificatePem.replace(/\s/g, ''));
  });

  describe('as keytool makes it', () => {
    const several = (type: 'JKS' | 'JCEKS'): Buffer => {
      const [server, other] = pairs as [Pair, Pair];
      const sources = {
        first: folder.opensslPkcs12(server, PASSWORD),
        second: folder.opensslPkcs12(other, PASSWORD),
      };
      const path = folder.save(folder.keytoolStore(type, sources, PASSWORD), 'jks');
      const certificate = folder.save(pairs[2]!.certificatePem, 'crt');
      const into = ['-keystore', path, '-storetype', type, '-storepass', PASSWORD];
      tool('keytool', ['-importcert', '-noprompt', '-alias', 'trusted', '-file', certificate, ...into]);
      return readFileSync(path);
    };

    it('is read: several keys, and a trusted certificate', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      const { keys, certificates } = open(several('JKS'));
      expect(Object.fromEntries(keys.map(({ alias, key }) => [alias, pkcs8(key)]))).to.deep.equal({
        first: pkcs8(pairs[0]!.key),
        second: pkcs8(pairs[1]!.key),
      });
      expect(certificates).to.deep.equal([{ alias: 'trusted', der: pairs[2]!.der }]);
    });

    it('shows its entries without the password, JCEKS too', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      for (const type of ['JKS', 'JCEKS'] as const) {
        const store = readJks(several(type), source);
        expect(store.format).to.equal(type.toLowerCase());
        expect(store.truncated).to.equal(false);
        expect(store.entries.map(({ alias }) => alias).sort()).to.deep.equal(['first', 'second', 'trusted']);
        expect(Math.abs(store.entries[0]!.created.getTime() - Date.now())).to.be.below(60_000);
        expect(isPasswordOf(store, PASSWORD)).to.equal(true);
        expect(isPasswordOf(store, 'another')).to.equal(false);
      }
    });

    it('says that a key has another password than the store', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      const path = folder.save(write(pairs[0]!), 'jks');
      const change = ['-keystore', path, '-storepass', PASSWORD, '-alias', 'server', '-keypass', PASSWORD];
      tool('keytool', ['-keypasswd', ...change, '-new', 'another-one']);
      const { data } = failureOf('keystore_key_passphrase_differs', () => open(readFileSync(path)));
      expect(data).to.deep.equal({ source, alias: 'server' });
    });

    it('opens the other keys where one has another password', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      const [one, two] = pairs as [Pair, Pair];
      const { keys } = openJks(readJks(folder.twoPassphrases(one, two, PASSWORD), source), PASSWORD);
      const opened = keys.map((entry) => [entry.alias, 'failure' in entry ? entry.failure.code : pkcs8(entry.key)]);
      expect(Object.fromEntries(opened)).to.deep.equal({
        one: pkcs8(one.key),
        two: 'keystore_key_passphrase_differs',
      });
    });

    it('of JCEKS opens no keys here, and says so', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      failureOf('keystore_encryption_unsupported', () => open(several('JCEKS')));
    });

    it('of JCEKS with a secret key is read as far as it can be', function test() {
      needs(this, hasKeytool, 'keytool');
      const path = folder.at('jceks');
      const into = ['-keystore', path, '-storetype', 'JCEKS', '-storepass', PASSWORD];
      tool('keytool', ['-genseckey', '-alias', 'secret', '-keyalg', 'AES', '-keysize', '128', ...into]);
      const store = readJks(readFileSync(path), source);
      expect(store).to.include({ truncated: true, format: 'jceks' });
      expect(store.entries).to.deep.equal([]);
    });
  });

  describe('damaged or hostile', () => {
    it('is refused wherever a byte is changed or the rest is missing', () => {
      const whole = write(pairs[0]!);
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
          try {
            open(cut ? whole.subarray(0, at) : patched(whole, at, change));
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            expect(error.code).to.match(/^keystore_(damaged|passphrase_wrong|encryption_unsupported)$/);
            return;
          }
          throw new Error(`Read with a change at ${at}`);
        }),
        { numRuns: 500 },
      );
    });

    it('is refused at once for lengths and counts of 4 GB', () => {
      const head = 'feedfeed00000002';
      for (const rest of [
        'ffffffff',
        '0000000100000001ffff',
        '00000001000000010001610000000000000000ffffffff',
        '0000000100000001000161000000000000000000000000ffffffff',
        '00000001000000020001610000000000000000ffff',
      ]) {
        failureOf('keystore_damaged', () => readJks(Buffer.from(`${head}${rest}${'00'.repeat(40)}`, 'hex'), source));
      }
    });
  });
});

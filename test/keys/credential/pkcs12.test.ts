import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { expect } from 'chai';
import fc from 'fast-check';
import forge from 'node-forge';
import {
  childrenOf,
  derOf,
  explicit,
  implicitOctets,
  integer,
  octets,
  oid,
  parseBer,
  sequence,
  type Element,
} from '../../../src/keys/credential/ber.js';
import type { StoreContent } from '../../../src/keys/credential/keystore.js';
import { openPkcs12, readPkcs12 } from '../../../src/keys/credential/pkcs12.js';
import { pbes2 } from '../../../src/keys/credential/password-encryption.js';
import { writePkcs12, type Pkcs12Profile } from '../../../src/keys/credential/pkcs12-write.js';
import { Failure } from '../../../src/failure.js';
import { asBer, patched } from '../../support/encodings.js';
import { failureOf } from '../../support/failures.js';
import { Folder, pair, pkcs8, type Pair } from '../../support/keystores.js';
import { hasKeytool, hasOpenssl, needs, processorTime, tool } from '../../support/tools.js';

const PASSWORD = 'c0rrect-horse';
const source = 'server.p12';
const DATA = '1.2.840.113549.1.7.1';

/** At the edges of the blocks that a password fills in the key derivation, and at those of what people type. */
const PASSWORD_LENGTHS = [6, 15, 16, 30, 31, 32, 33, 62, 63, 64, 130];

const passwords = fc
  .constantFrom(...PASSWORD_LENGTHS)
  .chain((length) => fc.array(fc.integer({ min: 0x20, max: 0x7e }), { minLength: length, maxLength: length }))
  .map((codes) => String.fromCharCode(...codes));
const profiles = fc.constantFrom<Pkcs12Profile>('modern', 'compatible');

describe('PKCS#12', () => {
  const folder = new Folder();
  let pairs: Pair[];

  before(async () => {
    pairs = [await pair('server'), await pair('other'), await pair('large', 3072), await pair('largest', 4096)];
  });

  const open = (bytes: Buffer, password = PASSWORD): StoreContent => openPkcs12(readPkcs12(bytes, source), password);
  const write = ({ key, der }: Pair, profile: Pkcs12Profile, password = PASSWORD, alias = 'server'): Buffer =>
    writePkcs12({ alias, key, chain: [der], password }, profile, randomBytes);

  /** The one key of the store is this pair's, and has its certificate. */
  function expectPair(content: StoreContent, { key, der }: Pair, alias?: string): void {
    expect(content.keys).to.have.lengthOf(1);
    const [entry] = content.keys;
    expect(pkcs8(entry!.key)).to.equal(pkcs8(key));
    expect(entry!.chain.map((each) => each.toString('hex'))).to.deep.equal([der.toString('hex')]);
    expect(content.certificates).to.deep.equal([]);
    if (alias !== undefined) expect(entry!.alias).to.equal(alias);
  }

  describe('written', () => {
    it('is read again: any key, alias and password, in both profiles', () => {
      const aliases = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
      fc.assert(
        fc.property(fc.nat(3), aliases, passwords, profiles, (index, alias, password, profile) => {
          const chosen = pairs[index]!;
          const isBmp = Array.from(alias).every((character) => character.length === 1);
          expectPair(open(write(chosen, profile, password, alias), password), chosen, isBmp ? alias : undefined);
        }),
        { numRuns: 60 },
      );
    });

    it('is opened by OpenSSL without its legacy provider, and by Node.js', function test() {
      needs(this, hasOpenssl, 'openssl');
      fc.assert(
        fc.property(fc.nat(3), passwords, profiles, (index, password, profile) => {
          const chosen = pairs[index]!;
          const bytes = write(chosen, profile, password, 'My alias');
          expect(folder.keyOf(bytes, 'PKCS12', password)).to.equal(pkcs8(chosen.key));
          createSecureContext({ pfx: bytes, passphrase: password });
        }),
        { numRuns: 25 },
      );
    });

    it('says what it is made with, and carries name and key id on both, for OpenSSL', function test() {
      needs(this, hasOpenssl, 'openssl');
      const info = (profile: Pkcs12Profile): string => {
        const path = folder.save(write(pairs[0]!, profile), 'p12');
        return tool('openssl', ['pkcs12', '-in', path, '-passin', `pass:${PASSWORD}`, '-info', '-nodes']);
      };
      const [modern, compatible] = [info('modern'), info('compatible')];
      expect(modern.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/g)).to.have.lengthOf(2);
      expect(modern).to.match(/MAC: sha256, Iteration 10000/i);
      expect(compatible.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/g)).to.have.lengthOf(2);
      expect(compatible).to.match(/MAC: sha1, Iteration 2048/i);
      for (const text of [modern, compatible]) {
        expect(text.match(/friendlyName: server/g)).to.have.lengthOf(2);
        expect(new Set(text.match(/localKeyID: .+/g)).size).to.equal(1);
      }
    });

    it('is opened by Java, and its key is the same byte for byte', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      for (const profile of ['modern', 'compatible'] as const) {
        const path = folder.save(write(pairs[0]!, profile, PASSWORD, 'jwt_signing'), 'p12');
        const target = folder.at('jks');
        const to = ['-destkeystore', target, '-deststoretype', 'JKS', '-deststorepass', PASSWORD];
        tool('keytool', ['-importkeystore', '-noprompt', '-srckeystore', path, '-srcstorepass', PASSWORD, ...to]);
        expect(folder.keyOf(readFileSync(target), 'JKS', PASSWORD, 'jwt_signing')).to.equal(pkcs8(pairs[0]!.key));
      }
    });

    it('is opened by node-forge, in both profiles', () => {
      for (const profile of ['modern', 'compatible'] as const) {
        const bytes = write(pairs[1]!, profile).toString('binary');
        const pfx = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes), PASSWORD);
        const oid = forge.pki.oids['pkcs8ShroudedKeyBag']!;
        const { key, attributes } = pfx.getBags({ bagType: oid })[oid]![0]!;
        expect(pkcs8(forge.pki.privateKeyToPem(key!))).to.equal(pkcs8(pairs[1]!.key));
        expect((attributes as { friendlyName: string[] }).friendlyName).to.deep.equal(['server']);
      }
    });

    it('keeps the issuers of the certificate, in their order', function test() {
      needs(this, hasOpenssl, 'openssl');
      const [{ key }, { der: unrelated }] = pairs as [Pair, Pair];
      const [leaf, issuer] = folder.chainOf(pairs[0]!);
      const written = { alias: 'a', key, chain: [leaf, issuer, unrelated], password: PASSWORD };
      const { keys, certificates } = open(writePkcs12(written, 'modern', randomBytes));
      expect(keys[0]!.chain).to.deep.equal([leaf, issuer]);
      expect(certificates.map(({ der }) => der)).to.deep.equal([unrelated]);
    });
  });

  describe('read', () => {
    for (const [name, options] of Object.entries<string[]>({
      'as OpenSSL 3 makes it': [],
      'with -legacy, its certificates under RC2-40': ['-legacy', '-provider', 'legacy', '-provider', 'default'],
      'without a MAC': ['-nomac'],
      'without encryption': ['-keypbe', 'NONE', '-certpbe', 'NONE'],
      'with AES-128 and a SHA-1 MAC': ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha1'],
      'with a SHA-512 MAC': ['-macalg', 'sha512'],
      'with 3DES': ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'],
      'with two-key 3DES and RC2-128': ['-legacy', '-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-RC2-128'],
    })) {
      it(`${name}: with its password, and with an empty one`, function test() {
        needs(this, hasOpenssl, 'openssl');
        for (const password of [PASSWORD, '']) {
          const bytes = folder.opensslPkcs12(pairs[0]!, password, '-name', 'My Name', ...options);
          expectPair(open(bytes, password), pairs[0]!, 'My Name');
          if (name !== 'without encryption') failureOf('keystore_passphrase_wrong', () => open(bytes, 'wrong one'));
        }
      });
    }

    it('with a password that is not ASCII', function test() {
      needs(this, hasOpenssl, 'openssl');
      expectPair(open(folder.opensslPkcs12(pairs[0]!, 'pässwörd €'), 'pässwörd €'), pairs[0]!);
    });

    it('as Java makes it, with several keys', function test() {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      const [server, other] = pairs as [Pair, Pair];
      const sources = {
        first: folder.opensslPkcs12(server, PASSWORD),
        second: folder.opensslPkcs12(other, PASSWORD),
      };
      const { keys } = open(folder.keytoolStore('PKCS12', sources, PASSWORD));
      expect(keys.map(({ alias }) => alias).sort()).to.deep.equal(['first', 'second']);
      for (const [alias, { key, der }] of Object.entries({ first: server, second: other })) {
        const entry = keys.find((each) => each.alias === alias);
        expect(pkcs8(entry!.key)).to.equal(pkcs8(key));
        expect(entry!.chain).to.deep.equal([der]);
      }
    });

    it('as node-forge makes it, certificates unencrypted', () => {
      const [{ keyPem, certificatePem }] = pairs as [Pair];
      const asn1 = forge.pkcs12.toPkcs12Asn1(
        forge.pki.privateKeyFromPem(keyPem),
        [forge.pki.certificateFromPem(certificatePem)],
        PASSWORD,
        { algorithm: '3des', friendlyName: 'forged' },
      );
      expectPair(open(Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary')), pairs[0]!, 'forged');
    });

    it('in BER: indefinite lengths, and octet strings in pieces', () => {
      for (const profile of ['modern', 'compatible'] as const) {
        expectPair(open(asBer(write(pairs[0]!, profile))), pairs[0]!, 'server');
      }
    });
  });

  describe('damaged or hostile', () => {
    const data = (content: Element): Element => sequence(oid(DATA), explicit(0, octets(derOf(content))));

    it('is refused, or read as it was, wherever a byte is changed or the rest is missing', () => {
      const whole = write(pairs[0]!, 'compatible');
      let slowest = 0;
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
          const bytes = cut ? whole.subarray(0, at) : patched(whole, at, change);
          const start = processorTime();
          try {
            expectPair(open(bytes), pairs[0]!);
            expect(cut).to.equal(false);
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            expect(error.code).to.match(/^keystore_/);
          }
          slowest = Math.max(slowest, processorTime() - start);
        }),
        { numRuns: 400 },
      );
      expect(slowest).to.be.below(3000);
    });

    it('is refused at once for a length of 4 GB', () => {
      for (const length of ['84ffffffff', '8400ffffff', '88ffffffffffffffff', '80']) {
        failureOf('keystore_damaged', () => open(Buffer.from(`30${length}02010330`, 'hex')));
      }
    });

    it('is refused at once for eight million iterations, wherever they are', function test() {
      needs(this, hasOpenssl, 'openssl');
      const seventyThousand = Buffer.from('0203011170', 'hex');
      const eightMillion = Buffer.from('02037fffff', 'hex');
      const bytes = folder.opensslPkcs12(pairs[0]!, PASSWORD, '-iter', '70000');
      const places = Array.from({ length: bytes.length }, (_, at) => at).filter((at) =>
        bytes.subarray(at, at + 5).equals(seventyThousand),
      );
      expect(places, 'of the certificates, of the key, of the MAC').to.have.lengthOf(3);
      for (const at of places) {
        const hostile = Buffer.concat([bytes.subarray(0, at), eightMillion, bytes.subarray(at + 5)]);
        const start = processorTime();
        failureOf('keystore_too_costly', () => readPkcs12(hostile, source));
        expect(processorTime() - start).to.be.below(500);
      }
      expectPair(open(bytes), pairs[0]!);
    });

    it('is refused at once for a MAC that is longer or shorter than its hash', () => {
      const [version, content, mac] = childrenOf(parseBer(write(pairs[0]!, 'compatible')));
      const [digestInfo, salt] = childrenOf(mac);
      const [identifier] = childrenOf(digestInfo);
      for (const length of [0, 19, 21, 2000]) {
        const hostile = sequence(sequence(identifier!, octets(Buffer.alloc(length))), salt!, integer(100_000));
        const start = processorTime();
        failureOf('keystore_damaged', () => open(derOf(sequence(version!, content!, hostile))));
        expect(processorTime() - start).to.be.below(500);
      }
    });

    /** A file without a MAC: one encrypted part, and in it a key that is encrypted in the same way. */
    const encryptedStore = (iterations: number): Buffer => {
      const encrypt = pbes2(iterations, randomBytes);
      const key = encrypt(PASSWORD, Buffer.alloc(100));
      const shroud = sequence(key.identifier, octets(key.data));
      const bags = derOf(sequence(sequence(oid('1.2.840.113549.1.12.10.1.2'), explicit(0, shroud))));
      const safe = encrypt(PASSWORD, bags);
      const encrypted = sequence(oid(DATA), safe.identifier, implicitOctets(0, safe.data));
      const info = sequence(oid('1.2.840.113549.1.7.6'), explicit(0, sequence(integer(0), encrypted)));
      return derOf(sequence(integer(3), data(sequence(info))));
    };

    it('is refused where its parts cost too much together, those under encryption too', () => {
      const hostile = encryptedStore(2_100_000);
      failureOf('keystore_too_costly', () => open(hostile));
    });

    it('tries the empty password in both of its forms, but only once where that would cost too much', () => {
      for (const [iterations, tries] of [
        [1000, 2],
        [2_100_000, 1],
      ] as const) {
        let count = 0;
        const decrypt = (): Buffer => {
          count++;
          throw new Error('Wrong password');
        };
        const file = readPkcs12(encryptedStore(iterations), source);
        const safes = file.safes.map((safe) =>
          safe.encryption === undefined ? safe : { ...safe, encryption: { ...safe.encryption, decrypt } },
        );
        failureOf('keystore_passphrase_wrong', () => openPkcs12({ ...file, safes }, ''));
        expect(count, String(iterations)).to.equal(tries);
      }
    });

    it('is refused at once for more certificates than anybody has, in however many parts', function test() {
      needs(this, hasOpenssl, 'openssl');
      const [leaf] = folder.chainOf(pairs[0]!);
      const type = oid('1.2.840.113549.1.9.22.1');
      const bag = sequence(oid('1.2.840.113549.1.12.10.1.3'), explicit(0, sequence(type, explicit(0, octets(leaf)))));
      const safe = data(sequence(...Array.from({ length: 100 }, () => bag)));
      const store = (count: number): Buffer =>
        derOf(sequence(integer(3), data(sequence(...Array.from({ length: count }, () => safe)))));
      expect(open(store(1)).certificates).to.have.lengthOf(100);
      const hostile = store(12);
      const start = processorTime();
      failureOf('keystore_damaged', () => open(hostile));
      expect(processorTime() - start).to.be.below(1000);
    });

    it('is refused where its protection is none that Node.js can read, with its name', function test() {
      needs(this, hasOpenssl, 'openssl');
      const legacy = ['-legacy', '-provider', 'legacy', '-provider', 'default'];
      const rc4 = folder.opensslPkcs12(pairs[0]!, PASSWORD, '-keypbe', 'PBE-SHA1-RC4-128', ...legacy);
      const { data } = failureOf('keystore_encryption_unsupported', () => open(rc4));
      expect(data).to.deep.equal({ source, scheme: 'RC4-128' });
    });
  });
});

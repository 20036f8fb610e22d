import { createHash, createHmac, type BinaryLike } from 'node:crypto';
import { BmpString, Null, Set as Asn1Set } from 'asn1js';
import { algorithm, derOf, explicit, implicitOctets, integer, octets, oid, sequence, type Element } from './ber.js';
import type { NewStore } from './keystore.js';
import { pbes2, sha1And3Des, type Encrypt } from './password-encryption.js';
import { bmpPassword, deriveBytes, PURPOSE } from './pkcs12-kdf.js';

/**
 * `modern` is what OpenSSL 3 and Java 17 write themselves, and Windows opens since Server 2019. `compatible` is for older
 * Windows and the keychain of macOS: they refuse a MAC with SHA-256, and know 3DES.
 */
export type Pkcs12Profile = 'modern' | 'compatible';

/** Java's own count, and OpenSSL's. Windows refuses counts that are uncommonly high. */
const ITERATIONS = { modern: 10_000, compatible: 2048 } as const;

const SHA1 = '1.3.14.3.2.26';
const SHA256 = '2.16.840.1.101.3.4.2.1';

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';

/**
 * A PKCS#12 file (RFC 7292) with one key and its certificates, all of it encrypted, and a MAC over it. Key and
 * certificate carry the alias and the same `localKeyId`, by which readers put them together.
 *
 * @param store.password as `checkStorePassword` wants it
 * @param random random bytes for salts and initialization vectors
 * @returns DER
 */
export function writePkcs12(store: NewStore, profile: Pkcs12Profile, random: (size: number) => Buffer): Buffer {
  const { alias, key, chain, password } = store;
  const iterations = ITERATIONS[profile];
  const encrypt = profile === 'modern' ? pbes2(iterations, random) : sha1And3Des(iterations, random);
  const [leaf = Buffer.alloc(0)] = chain;
  const attributes = new Asn1Set({
    value: [
      attribute(FRIENDLY_NAME, new BmpString({ value: alias })),
      attribute(LOCAL_KEY_ID, octets(createHash('sha1').update(leaf).digest())),
    ],
  });
  const certificateBags = chain.map((der, index) =>
    bag(
      CERTIFICATE_BAG,
      sequence(oid(X509_CERTIFICATE), explicit(0, octets(der))),
      ...(index === 0 ? [attributes] : []),
    ),
  );
  const keyBag = bag(
    SHROUDED_KEY_BAG,
    shroud(key.export({ type: 'pkcs8', format: 'der' }), password, encrypt),
    attributes,
  );
  const authenticated = derOf(
    sequence(encryptedSafe(sequence(...certificateBags), password, encrypt), plainSafe(sequence(keyBag))),
  );
  return derOf(
    sequence(
      integer(3),
      sequence(oid(DATA), explicit(0, octets(authenticated))),
      macOver(authenticated, password, { sha: profile === 'modern' ? 256 : 1, iterations, salt: random(16) }),
    ),
  );
}

function attribute(id: string, value: Element): Element {
  return sequence(oid(id), new Asn1Set({ value: [value] }));
}

function bag(id: string, content: Element, ...attributes: Element[]): Element {
  return sequence(oid(id), explicit(0, content), ...attributes);
}

/** EncryptedPrivateKeyInfo (RFC 5958 section 3). */
function shroud(pkcs8: Buffer, password: string, encrypt: Encrypt): Element {
  const { identifier, data } = encrypt(password, pkcs8);
  return sequence(identifier, octets(data));
}

function plainSafe(content: Element): Element {
  return sequence(oid(DATA), explicit(0, octets(derOf(content))));
}

/** EncryptedData (RFC 5652 section 8). */
function encryptedSafe(content: Element, password: string, encrypt: Encrypt): Element {
  const { identifier, data } = encrypt(password, derOf(content));
  const encrypted = sequence(oid(DATA), identifier, implicitOctets(0, data));
  return sequence(oid(ENCRYPTED_DATA), explicit(0, sequence(integer(0), encrypted)));
}

function macOver(
  authenticated: BinaryLike,
  password: string,
  { sha, iterations, salt }: { sha: 1 | 256; iterations: number; salt: Buffer },
): Element {
  const digest = sha === 1 ? 'sha1' : 'sha256';
  const from = { password: bmpPassword(password), salt, iterations };
  const key = deriveBytes(digest, PURPOSE.mac, from, sha === 1 ? 20 : 32);
  const mac = createHmac(digest, key).update(authenticated).digest();
  const digestInfo = sequence(algorithm(sha === 1 ? SHA1 : SHA256, new Null()), octets(mac));
  return sequence(digestInfo, octets(salt), integer(iterations));
}

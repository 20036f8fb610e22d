import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto';
import {
  algorithm,
  childrenOf,
  countOf,
  integer,
  octets,
  octetsOf,
  oid,
  oidOf,
  sequence,
  type Element,
} from './ber.js';
import { Null } from 'asn1js';
import { bmpPassword, deriveBytes, HASH_SIZE, PURPOSE } from './pkcs12-kdf.js';
import { decryptRc2 } from './rc2.js';

/**
 * Encryption under a password, as an AlgorithmIdentifier describes it: PBES2 (RFC 8018 section 6.2) and the schemes of
 * PKCS#12 (RFC 7292 appendix C).
 */
export type Encryption = {
  /** `AES-256-CBC`, `3DES`, `RC2-40` …; an object identifier where it's none that we know. */
  cipher: string;
  /** `PBKDF2-HMAC-SHA256`, `PKCS#12-SHA1`, `scrypt`; undefined where it's none that we know. */
  derivation?: string;
  iterations?: number;
  /** What deriving costs, in rounds of PBKDF2; undefined where it can't be said. */
  work: number | undefined;
  /** Undefined where the scheme can be named but not read. Throws what it likes for a wrong password. */
  decrypt: ((password: Buffer | string, data: Buffer) => Buffer) | undefined;
};

/** A round of the derivation of PKCS#12, which runs here and not in OpenSSL, takes as long as some of PBKDF2. */
export const ROUND_OF_PKCS12 = 4;

const PBES2 = '1.2.840.113549.1.5.13';
export const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const SHA_3DES = '1.2.840.113549.1.12.1.3';

/** HMAC with each hash, by its object identifier. */
export const PRF: Partial<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  [HMAC_SHA256]: 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

type Cipher = { name: string; algorithm: string; keySize: number };
const CIPHER: Partial<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'AES-128-CBC', algorithm: 'aes-128-cbc', keySize: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'AES-192-CBC', algorithm: 'aes-192-cbc', keySize: 24 },
  [AES_256_CBC]: { name: 'AES-256-CBC', algorithm: 'aes-256-cbc', keySize: 32 },
  '1.2.840.113549.3.7': { name: '3DES', algorithm: 'des-ede3-cbc', keySize: 24 },
};

const PKCS12_CIPHER: Partial<Record<string, Cipher & { effectiveBits?: number }>> = {
  [SHA_3DES]: { name: '3DES', algorithm: 'des-ede3-cbc', keySize: 24 },
  '1.2.840.113549.1.12.1.4': { name: '3DES with two keys', algorithm: 'des-ede-cbc', keySize: 16 },
  '1.2.840.113549.1.12.1.5': { name: 'RC2-128', algorithm: '', keySize: 16, effectiveBits: 128 },
  '1.2.840.113549.1.12.1.6': { name: 'RC2-40', algorithm: '', keySize: 5, effectiveBits: 40 },
};

/** What OpenSSL 3 has in its legacy provider only, which Node.js doesn't load, and what is Java's own. */
const RETIRED: Partial<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': 'RC4-128',
  '1.2.840.113549.1.12.1.2': 'RC4-40',
  '1.2.840.113549.1.5.1': 'DES',
  '1.2.840.113549.1.5.3': 'DES',
  '1.2.840.113549.1.5.4': 'RC2',
  '1.2.840.113549.1.5.6': 'RC2',
  '1.2.840.113549.1.5.10': 'DES',
  '1.2.840.113549.1.5.11': 'RC2',
  '1.3.14.3.2.7': 'DES-CBC',
  '1.2.840.113549.3.2': 'RC2-CBC',
  '1.2.840.113549.3.4': 'RC4',
  '1.2.840.113549.3.9': 'RC5-CBC',
  '1.2.840.113533.7.66.10': 'CAST5-CBC',
  '1.2.410.200004.1.4': 'SEED-CBC',
  '1.3.6.1.4.1.3029.1.2': 'BF-CBC',
  '1.3.6.1.4.1.188.7.1.1.2': 'IDEA-CBC',
  '1.3.6.1.4.1.42.2.17.1.1': 'JKS',
  '1.3.6.1.4.1.42.2.19.1': 'JCEKS',
};

/** Reads an AlgorithmIdentifier. @throws MalformedError for parameters that aren't those of the scheme. */
export function readEncryption(identifier: Element | undefined): Encryption {
  const [id, parameters] = childrenOf(identifier);
  const scheme = oidOf(id);
  if (scheme === PBES2) return readPbes2(parameters);
  const cipher = PKCS12_CIPHER[scheme];
  if (cipher === undefined) return { cipher: RETIRED[scheme] ?? scheme, work: undefined, decrypt: undefined };
  const [saltElement, count] = childrenOf(parameters);
  const [salt, iterations] = [octetsOf(saltElement), countOf(count)];
  const derive = (password: Buffer | string): { key: Buffer; iv: Buffer } => {
    const from = { password: typeof password === 'string' ? bmpPassword(password) : password, salt, iterations };
    const key = deriveBytes('sha1', PURPOSE.key, from, cipher.keySize);
    return { key, iv: deriveBytes('sha1', PURPOSE.iv, from, 8) };
  };
  return {
    cipher: cipher.name,
    derivation: 'PKCS#12-SHA1',
    iterations,
    // The key takes one or two runs, by its size, and the initialization vector one more.
    work: iterations * ROUND_OF_PKCS12 * (cipher.keySize > 20 ? 3 : 2),
    decrypt: (password, data) => {
      const { key, iv } = derive(password);
      if (cipher.effectiveBits !== undefined) return unpadded(decryptRc2(key, cipher.effectiveBits, iv, data));
      const decipher = createDecipheriv(cipher.algorithm, key, iv);
      return Buffer.concat([decipher.update(data), decipher.final()]);
    },
  };
}

/** RFC 8018 appendix A.4, with PBKDF2 (A.2) or scrypt (RFC 7914 section 7), which is only named. */
function readPbes2(parameters: Element | undefined): Encryption {
  const [kdf, scheme] = childrenOf(parameters);
  const [kdfId, kdfParameters] = childrenOf(kdf);
  const [cipherId, vector] = childrenOf(scheme);
  const cipher = CIPHER[oidOf(cipherId)];
  const name = cipher?.name ?? RETIRED[oidOf(cipherId)] ?? oidOf(cipherId);
  if (oidOf(kdfId) === SCRYPT) {
    const [cost, blockSize, parallel] = childrenOf(kdfParameters).slice(1, 4).map(countOf);
    const work = (cost ?? 0) * (blockSize ?? 0) * (parallel ?? 0);
    return { cipher: name, derivation: 'scrypt', work: work * 8, decrypt: undefined };
  }
  if (oidOf(kdfId) !== PBKDF2) return { cipher: name, work: undefined, decrypt: undefined };
  const [saltElement, count, ...rest] = childrenOf(kdfParameters);
  const [salt, iterations] = [octetsOf(saltElement), countOf(count)];
  const prf = rest.find((element) => element.idBlock.tagNumber === 16);
  const prfId = prf === undefined ? '1.2.840.113549.2.7' : oidOf(childrenOf(prf)[0]);
  const digest = PRF[prfId];
  const derivation = `PBKDF2-HMAC-${digest?.toUpperCase() ?? prfId}`;
  if (cipher === undefined || digest === undefined) {
    return { cipher: name, derivation, iterations, work: iterations, decrypt: undefined };
  }
  const iv = octetsOf(vector);
  return {
    cipher: name,
    derivation,
    iterations,
    work: iterations * Math.ceil(cipher.keySize / HASH_SIZE[digest]!),
    decrypt: (password, data) => {
      const secret = typeof password === 'string' ? Buffer.from(password, 'utf8') : Buffer.alloc(0);
      const decipher = createDecipheriv(
        cipher.algorithm,
        pbkdf2Sync(secret, salt, iterations, cipher.keySize, digest),
        iv,
      );
      return Buffer.concat([decipher.update(data), decipher.final()]);
    },
  };
}

/** A way to encrypt: the AlgorithmIdentifier and the ciphertext that belongs to it. */
export type Encrypt = (password: string, data: Buffer) => { identifier: Element; data: Buffer };

/** PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC. @param random bytes for salt and initialization vector */
export function pbes2(iterations: number, random: (size: number) => Buffer): Encrypt {
  return (password, data) => {
    const [salt, iv] = [random(16), random(16)];
    const key = pbkdf2Sync(Buffer.from(password, 'utf8'), salt, iterations, 32, 'sha256');
    const kdf = sequence(
      oid(PBKDF2),
      sequence(octets(salt), integer(iterations), sequence(oid(HMAC_SHA256), new Null())),
    );
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    return {
      identifier: algorithm(PBES2, sequence(kdf, algorithm(AES_256_CBC, octets(iv)))),
      data: Buffer.concat([cipher.update(data), cipher.final()]),
    };
  };
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C): what every program reads. @param random bytes for the salt */
export function sha1And3Des(iterations: number, random: (size: number) => Buffer): Encrypt {
  return (password, data) => {
    const from = { password: bmpPassword(password), salt: random(8), iterations };
    const cipher = createCipheriv(
      'des-ede3-cbc',
      deriveBytes('sha1', PURPOSE.key, from, 24),
      deriveBytes('sha1', PURPOSE.iv, from, 8),
    );
    return {
      identifier: algorithm(SHA_3DES, sequence(octets(from.salt), integer(iterations))),
      data: Buffer.concat([cipher.update(data), cipher.final()]),
    };
  };
}

/** Takes the padding of PKCS#7 off. @throws RangeError where there is none */
function unpadded(plain: Buffer): Buffer {
  const count = plain.at(-1) ?? 0;
  const padding = plain.subarray(-count);
  if (count < 1 || count > 8 || padding.some((byte) => byte !== count)) throw new RangeError('No padding');
  return plain.subarray(0, -count);
}

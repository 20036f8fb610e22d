/** RSA keys as a key management service holds them, and how one can be wrong. */
import { constants, createHash, generateKeyPairSync, privateEncrypt, sign, type KeyObject } from 'node:crypto';

/** What is wrong with the answers of a keeper of keys. */
export type Fault =
  'dies' | 'garbage' | 'hangs' | 'hashes twice' | 'other key' | 'other version' | 'pss' | 'truncated' | 'wrong bytes';

export type Pair = { publicKey: KeyObject; privateKey: KeyObject };

const pairs = new Map<string, Pair>();

/** A pair that is the same whenever it is asked for by that name: making one takes a while. There is one of each larger size. */
export function pairNamed(name: string, bits = 2048): Pair {
  const key = bits > 2048 ? `${bits}` : `${name} ${bits}`;
  const pair = pairs.get(key) ?? generateKeyPairSync('rsa', { modulusLength: bits });
  pairs.set(key, pair);
  return pair;
}

/** How RFC 8017 section 9.2 begins the DigestInfo of SHA-256. */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

export const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** RSASSA-PKCS1-v1_5 of a digest by SHA-256. */
export function signDigest({ privateKey }: Pair, digest: Buffer, fault?: Fault): Buffer {
  const signed =
    fault === 'hashes twice' ? sha256(digest) : fault === 'wrong bytes' ? sha256(Buffer.from('x')) : digest;
  const pair = fault === 'other key' ? pairNamed('of another').privateKey : privateKey;
  const block = Buffer.concat([SHA256_INFO, signed]);
  const signature = privateEncrypt({ key: pair, padding: constants.RSA_PKCS1_PADDING }, block);
  return fault === 'truncated' ? signature.subarray(0, -3) : signature;
}

/** The same of a message, or RSASSA-PSS. */
export function signMessage(pair: Pair, message: Buffer, fault?: Fault): Buffer {
  if (fault !== 'pss') return signDigest(pair, sha256(message), fault);
  return sign('sha256', message, { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
}

export const derOf = ({ publicKey }: Pair): Buffer => publicKey.export({ format: 'der', type: 'spki' });
export const pemOf = ({ publicKey }: Pair): string => publicKey.export({ format: 'pem', type: 'spki' }) as string;

import { Failure } from '../../failure.js';
import { childrenOf, parseBer } from './ber.js';
import { readEncryption } from './password-encryption.js';
import { damageOf } from './damage.js';
import type { PemBlock } from './pem.js';

/** How a private key is encrypted; `iterations` and `derivation` where the scheme has them. */
export type KeyEncryption = { cipher: string; derivation?: string; iterations?: number };

/** What opening a key may cost, in rounds of PBKDF2: about a second, all of it in OpenSSL. */
const MOST_WORK = 4_000_000;

/**
 * How a private key in PEM is encrypted; undefined where it isn't. Opening one that asks for too much work would hold up
 * everything, so ask here first.
 *
 * @throws Failure `content_damaged`, `keystore_too_costly`
 */
export function keyEncryption(block: PemBlock, source: string): KeyEncryption | undefined {
  // The legacy encryption of OpenSSL names its cipher in a header, and derives with a single round.
  const [, info] = block.headers;
  if (info !== undefined) return { cipher: /DEK-Info: ([^,]+)/.exec(info)?.[1] ?? '' };
  if (block.label !== 'ENCRYPTED PRIVATE KEY') return undefined;
  let read: ReturnType<typeof readEncryption>;
  try {
    read = readEncryption(childrenOf(parseBer(Buffer.from(block.base64, 'base64')))[0]);
  } catch {
    throw new Failure('content_damaged', { source, what: block.label, ...damageOf(block) });
  }
  const { cipher, derivation, iterations, work = 0 } = read;
  if (work > MOST_WORK) throw new Failure('keystore_too_costly', { source });
  return {
    cipher,
    ...(derivation === undefined ? {} : { derivation }),
    ...(iterations === undefined ? {} : { iterations }),
  };
}

/**
 * Whether Node.js can't read this encryption, whatever the passphrase: OpenSSL 3 moved the schemes of PKCS#5 v1.5, RC2 and
 * RC4 of PKCS#12 (RFC 8018 section 6.1, RFC 7292 appendix C), single DES and their like to its legacy provider. What the
 * opening answers doesn't tell: one time in 256 a wrong passphrase leaves padding that looks right, and nonsense.
 */
export function isRetired({ cipher }: KeyEncryption): boolean {
  return /^(DES(?!-EDE)|RC[245]|BF|CAST|IDEA|SEED|JKS|JCEKS)/i.test(cipher);
}

import { Failure } from '../failure.js';
import { childrenOf, parseBer } from './ber.js';
import { readEncryption } from './password-encryption.js';
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
    throw new Failure('content_damaged', { source, what: block.label });
  }
  const { cipher, derivation, iterations, work = 0 } = read;
  if (work > MOST_WORK) throw new Failure('keystore_too_costly', { source });
  return {
    cipher,
    ...(derivation === undefined ? {} : { derivation }),
    ...(iterations === undefined ? {} : { iterations }),
  };
}

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../../failure.js';
import { isRetired, keyEncryption, type KeyEncryption } from './key-encryption.js';
import { damageOf, lengthOf } from './damage.js';
import { formatPem, type PemBlock } from './pem.js';
import { identify, type Identified } from './recognize.js';

/** RS256 needs 2048 bits or more (RFC 7518 section 3.3). */
export const SMALLEST_KEY_SIZE = 2048;

/** Node writes a key under a longer passphrase, and then can't read it back. */
export const LONGEST_PASSPHRASE = 1024;

/** Text is taken as UTF-8; bytes are taken as they are. */
export type Passphrase = string | Buffer;

/**
 * Reads an RSA private key for RS256.
 *
 * @param input PKCS#8 of RFC 5958 or PKCS#1 of RFC 8017, plain or encrypted, in PEM or DER, or whatever `identify` unwraps.
 *   Give the bytes of a file, not a decoded string, so that binary files are recognised.
 * @param options.source what the messages call the input: a path, `stdin` or the name of a variable.
 * @param options.passphrase for an encrypted key; ignored for a plain one.
 * @returns a `KeyObject` of type `private` and key type `rsa`, 2048 bits or more.
 * @throws Failure `key_…`, which says what was found instead; `keystore_too_costly`. It never holds the input's text, not
 *   even as a cause.
 */
export function readPrivateKey(
  input: string | Uint8Array,
  options: { source: string; passphrase?: Passphrase | undefined },
): KeyObject {
  return privateKeyIn(identify(input), options);
}

/** As {@link readPrivateKey}, of what was identified before. */
export function privateKeyIn(
  found: Identified,
  { source, passphrase }: { source: string; passphrase?: Passphrase | undefined },
): KeyObject {
  const key = openPrivateKey(findPrivateKey(found, source), source, passphrase);
  checkPrivateKey(key, source);
  return key;
}

/** @throws Failure `key_not_rsa`, `key_too_small` for a key that can't sign with RS256. */
export function checkPrivateKey(key: KeyObject, source: string): void {
  if (key.asymmetricKeyType !== 'rsa') {
    throw new Failure('key_not_rsa', { source, type: (key.asymmetricKeyType ?? 'unknown').toUpperCase() });
  }
  if (keySize(key) < SMALLEST_KEY_SIZE) throw new Failure('key_too_small', { source, size: keySize(key) });
}

/** Whether reading this input takes a passphrase. False for everything that isn't a private key. */
export function isEncryptedPrivateKey(input: string | Uint8Array | Identified): boolean {
  const found = typeof input === 'string' || input instanceof Uint8Array ? identify(input) : input;
  const block = found.kind === 'blocks' ? found.blocks.find(isUsable) : undefined;
  return block !== undefined && isEncrypted(block);
}

/** The bits of an RSA key's modulus; 0 for a key of another type. */
export function keySize(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}

/**
 * The key as PKCS#8 PEM; with a passphrase as EncryptedPrivateKeyInfo (RFC 5958 section 3) under PBES2 and AES-256-CBC.
 *
 * @throws Failure `passphrase_empty`, `passphrase_too_long`.
 */
export function formatPrivateKey(key: KeyObject, passphrase?: Passphrase): string {
  if (passphrase === undefined) return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  checkPassphrase(passphrase);
  return key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
}

/** @throws Failure `passphrase_empty`, `passphrase_too_long` (1 to 1024 bytes). */
export function checkPassphrase(passphrase: Passphrase): void {
  const bytes = Buffer.byteLength(passphrase);
  if (bytes === 0) throw new Failure('passphrase_empty', {});
  if (bytes > LONGEST_PASSPHRASE) throw new Failure('passphrase_too_long', { bytes, limit: LONGEST_PASSPHRASE });
}

function findPrivateKey(found: Identified, source: string): PemBlock {
  if (found.kind !== 'blocks') throw notBlocks(found, source);
  const labels = found.blocks.map(({ label }) => label);
  const usable = found.blocks.find(isUsable);
  if (usable !== undefined) return usable;
  if (labels.includes('OPENSSH PRIVATE KEY')) throw new Failure('key_is_openssh', { source });
  const other = labels.find((label) => label.endsWith(' PRIVATE KEY'));
  if (other !== undefined) throw new Failure('key_not_rsa', { source, type: other.replace(' PRIVATE KEY', '') });
  if (labels.some((label) => label.endsWith('CERTIFICATE'))) throw new Failure('key_is_certificate', { source });
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST'))) throw new Failure('key_is_request', { source });
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) throw new Failure('key_is_public_key', { source });
  throw new Failure('key_unrecognized', { source });
}

function notBlocks(found: Exclude<Identified, { kind: 'blocks' }>, source: string): Failure {
  switch (found.kind) {
    case 'foreign':
      return new Failure(found.code, { source });
    case 'empty':
      return new Failure('key_empty', { source });
    case 'utf16':
      return new Failure('key_is_utf16', { source });
    case 'binary':
      return new Failure('key_is_der', { source });
    case 'damaged':
      return new Failure('key_damaged', { source, variant: 'length', bytes: found.bytes, expected: found.expected });
    case 'jwt':
      return new Failure('key_is_jwt', { source });
    case 'putty':
      return new Failure('key_is_putty', { source });
    case 'ssh_public_key':
      return new Failure('key_is_public_key', { source });
    // Whoever may have a keystore opens it first.
    case 'jks':
    case 'jceks':
    case 'pkcs12':
    case 'unknown':
      return new Failure('key_unrecognized', { source });
  }
}

function openPrivateKey(block: PemBlock, source: string, passphrase: Passphrase | undefined): KeyObject {
  if (!isComplete(block)) throw new Failure('key_damaged', { source, ...damageOf(block) });
  const encryption = encryptionOf(block, source);
  const encrypted = encryption !== undefined;
  if (encrypted && isRetired(encryption)) throw new Failure('key_encryption_unsupported', { source });
  if (encrypted && passphrase === undefined) throw new Failure('key_passphrase_missing', { source });
  try {
    return createPrivateKey({ key: formatPem(block), ...(encrypted && { passphrase }) });
  } catch {
    // Node's error is no cause to keep: it adds nothing to the code and might hold a part of the input one day. A wrong
    // passphrase has several errors, since one time in 256 the padding looks right and only the content is nonsense.
    throw encrypted ? new Failure('key_passphrase_wrong', { source }) : new Failure('key_damaged', { source });
  }
}

/** OpenSSL derives as many rounds as the file asks for, so that a small file could take minutes: those are refused. */
function encryptionOf(block: PemBlock, source: string): KeyEncryption | undefined {
  try {
    return keyEncryption(block, source);
  } catch (error) {
    throw isFailure(error, 'keystore_too_costly') ? error : new Failure('key_damaged', { source });
  }
}

function isUsable({ label }: PemBlock): boolean {
  return /^(RSA |ENCRYPTED )?PRIVATE KEY$/.test(label);
}

function isEncrypted(block: PemBlock): boolean {
  return block.label === 'ENCRYPTED PRIVATE KEY' || block.headers.length > 0;
}

/** Whether the DER's own length is what is there; ciphertext of RFC 1421 has no length to check. */
function isComplete({ headers, base64 }: PemBlock): boolean {
  const der = Buffer.from(base64, 'base64');
  return headers.length > 0 ? der.length > 0 && der.length % 8 === 0 : der.length > 0 && der.length === lengthOf(der);
}

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../failure.js';
import { keyEncryption } from './key-encryption.js';
import { formatPem, parsePem, type PemBlock, type PemInput } from './pem.js';

/** RS256 needs 2048 bits or more (RFC 7518 section 3.3). */
export const SMALLEST_KEY_SIZE = 2048;

/** Node writes a key under a longer passphrase, and then can't read it back. */
export const LONGEST_PASSPHRASE = 1024;

/** Text is taken as UTF-8; bytes are taken as they are. */
export type Passphrase = string | Buffer;

/**
 * Reads an RSA private key for RS256.
 *
 * @param input PEM (PKCS#8 of RFC 5958 or PKCS#1 of RFC 8017, plain or encrypted), in any state that `parsePem` mends.
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
  const { source, passphrase } = options;
  const key = openPrivateKey(findPrivateKey(parsePem(input), source), source, passphrase);
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
export function isEncryptedPrivateKey(input: string | Uint8Array): boolean {
  const pem = parsePem(input);
  if (pem.kind !== 'pem') return false;
  const block = pem.blocks.find(isUsable);
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

function findPrivateKey(pem: PemInput, source: string): PemBlock {
  if (pem.kind !== 'pem') throw notPem(pem.kind, source);
  const labels = pem.blocks.map(({ label }) => label);
  const usable = pem.blocks.find(isUsable);
  if (usable !== undefined) return usable;
  if (labels.includes('OPENSSH PRIVATE KEY')) throw new Failure('key_is_openssh', { source });
  const other = labels.find((label) => label.endsWith(' PRIVATE KEY'));
  if (other !== undefined) throw new Failure('key_not_rsa', { source, type: other.replace(' PRIVATE KEY', '') });
  if (labels.some((label) => label.endsWith('CERTIFICATE'))) throw new Failure('key_is_certificate', { source });
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST'))) throw new Failure('key_is_request', { source });
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) throw new Failure('key_is_public_key', { source });
  throw new Failure('key_unrecognized', { source });
}

function notPem(kind: Exclude<PemInput['kind'], 'pem'>, source: string): Failure {
  switch (kind) {
    case 'empty':
      return new Failure('key_empty', { source });
    case 'utf16':
      return new Failure('key_is_utf16', { source });
    case 'jks':
      return new Failure('key_is_keystore', { source, format: 'Java (JKS)' });
    case 'pkcs12':
      return new Failure('key_is_keystore', { source, format: 'PKCS#12' });
    case 'der':
      return new Failure('key_is_der', { source });
    case 'der_base64':
      return new Failure('key_without_pem_lines', { source });
    case 'putty':
      return new Failure('key_is_putty', { source });
    case 'ssh_public_key':
      return new Failure('key_is_public_key', { source });
    case 'unknown':
      return new Failure('key_unrecognized', { source });
  }
}

function openPrivateKey(block: PemBlock, source: string, passphrase: Passphrase | undefined): KeyObject {
  const encrypted = isEncrypted(block);
  if (!isComplete(block)) throw new Failure('key_damaged', { source });
  if (encrypted && isRetiredScheme(block)) throw new Failure('key_encryption_unsupported', { source });
  if (encrypted) checkCost(block, source);
  if (encrypted && passphrase === undefined) throw new Failure('key_passphrase_missing', { source });
  try {
    return createPrivateKey({ key: formatPem(block), ...(encrypted && { passphrase }) });
  } catch {
    // Node's error is no cause to keep: it adds nothing to the code and might hold a part of the input one day. A wrong
    // passphrase has several errors, since one time in 256 the padding looks right and only the content is nonsense.
    throw encrypted ? new Failure('key_passphrase_wrong', { source }) : new Failure('key_damaged', { source });
  }
}

/** OpenSSL derives as many rounds as the file asks for, so that a small file could take minutes. */
function checkCost(block: PemBlock, source: string): void {
  try {
    keyEncryption(block, source);
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

/** Whether the DER's own length (X.690 section 8.1.3) is what is there; ciphertext of RFC 1421 has no length to check. */
function isComplete(block: PemBlock): boolean {
  const der = Buffer.from(block.base64, 'base64');
  if (block.headers.length > 0) return der.length > 0 && der.length % 8 === 0;
  const sizeOfLength = (der[1] ?? 0) - 0x80;
  if (der[0] !== 0x30 || sizeOfLength < 1 || sizeOfLength > 3) {
    return der[0] === 0x30 && der.length === (der[1] ?? 0) + 2;
  }
  return der.length === 2 + sizeOfLength + der.subarray(2, 2 + sizeOfLength).reduce((sum, byte) => sum * 256 + byte, 0);
}

/**
 * PKCS#5 v1.5 and the RC2 and RC4 schemes of PKCS#12 (RFC 8018 section 6.1, RFC 7292 appendix C), which OpenSSL 3 moved
 * to its legacy provider; and single DES in the legacy PEM encryption.
 */
function isRetiredScheme(block: PemBlock): boolean {
  if (block.headers.length > 0) return /DEK-Info: (DES-CBC|DES-CFB|RC2|IDEA|BF)/i.test(block.headers[1] ?? '');
  const start = Buffer.from(block.base64, 'base64').subarray(0, 24).toString('hex');
  return /06092a864886f70d01050[1346ab]|060a2a864886f70d010c010[1256]/.test(start);
}

import { X509Certificate, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { Signer } from '../signer/signer.js';
import { damageOf } from './damage.js';
import { formatPem, type PemBlock } from './pem.js';
import { keySize, SMALLEST_KEY_SIZE } from './private-key.js';
import { identify, type Identified } from './recognize.js';

/** Salesforce takes no larger certificate for an app. Bytes of PEM. */
export const LARGEST_CERTIFICATE = 4096;

const DAY = 86_400_000;

/** The facts of an X.509 certificate (RFC 5280 section 4.1). */
export type Certificate = {
  der: Buffer;
  /** One block, LF line ends, nothing around it. */
  pem: string;
  /** One line, in the order of the encoding, values escaped as in RFC 4514: `C=DE, O=Acme\, Inc., CN=server`. */
  subject: string;
  issuer: string;
  /** Upper-case hexadecimal digits. */
  serialNumber: string;
  notBefore: Date;
  notAfter: Date;
  /** SHA-256 of the DER as OpenSSL prints it: upper-case pairs with colons. */
  fingerprint256: string;
  publicKey: KeyObject;
  keyType: 'rsa';
  /** Bits. */
  keySize: number;
};

/**
 * Reads the one certificate of a file. A private key beside it is ignored, and is not in the result's `pem`.
 *
 * @param input as for `readPrivateKey`.
 * @param source what the messages call the input: a path or the name of a variable.
 * @throws Failure `certificate_…`, which says what was found instead.
 */
export function readCertificate(input: string | Uint8Array, source: string): Certificate {
  const [certificate, ...others] = certificateBlocks(identify(input), source);
  if (others.length > 0) throw new Failure('certificate_is_bundle', { source, count: others.length + 1 });
  return certificateIn(certificate!, source);
}

/** The facts of one block. @throws Failure as `readCertificate` */
export function certificateIn(block: PemBlock, source: string): Certificate {
  const x509 = openCertificate(block, source);
  const publicKey = rsaPublicKey(x509, source);
  const pem = certificatePem(x509.raw);
  if (pem.length > LARGEST_CERTIFICATE) {
    throw new Failure('certificate_too_large', { source, bytes: pem.length, limit: LARGEST_CERTIFICATE });
  }
  return {
    der: x509.raw,
    pem,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serialNumber: x509.serialNumber,
    notBefore: new Date(x509.validFrom),
    notAfter: new Date(x509.validTo),
    fingerprint256: x509.fingerprint256,
    publicKey,
    keyType: 'rsa',
    keySize: keySize(publicKey),
  };
}

/** Where `now` lies in the certificate's validity, both ends included (RFC 5280 section 4.1.2.5). */
export type Validity = {
  state: 'not_yet_valid' | 'valid' | 'expired';
  /** Whole days until `notAfter`; negative after it. */
  daysLeft: number;
};

/** Judges a certificate's validity at `now`. */
export function validityAt(certificate: Pick<Certificate, 'notBefore' | 'notAfter'>, now: Date): Validity {
  const left = certificate.notAfter.getTime() - now.getTime();
  const daysLeft = Math.floor(left / DAY);
  if (now < certificate.notBefore) return { state: 'not_yet_valid', daysLeft };
  return { state: left < 0 ? 'expired' : 'valid', daysLeft };
}

/** Whether no more than that many days are left; the very last moment of them counts as within. */
export function endsWithin(notAfter: Date, days: number | undefined, now: Date): boolean {
  return days !== undefined && notAfter.getTime() - now.getTime() <= days * DAY;
}

/** One block of PEM, LF line ends. */
export function certificatePem(der: Buffer): string {
  return formatPem({ label: 'CERTIFICATE', headers: [], base64: der.toString('base64') });
}

/** Whether the certificate is that of the key. */
export function matches(certificate: Pick<Certificate, 'publicKey'>, key: Pick<Signer, 'publicKey'>): boolean {
  return key.publicKey.equals(certificate.publicKey);
}

/**
 * @param files what the messages call the two
 * @throws Failure `key_certificate_mismatch`
 */
export function requireMatch(
  certificate: Pick<Certificate, 'publicKey'>,
  key: Pick<Signer, 'publicKey'>,
  files: { keyPath: string; certificatePath: string },
): void {
  if (!matches(certificate, key)) throw new Failure('key_certificate_mismatch', files);
}

/**
 * The certificates of a file in PEM, DER or PKCS#7, in its order.
 *
 * @throws Failure `certificate_…`, which says what was found instead
 */
export function certificateBlocks(found: Identified, source: string): PemBlock[] {
  if (found.kind !== 'blocks') throw notBlocks(found, source);
  const certificates = found.blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
  if (certificates.length > 0) return certificates;
  const labels = found.blocks.map(({ label }) => label);
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) {
    throw new Failure('certificate_is_private_key', { source });
  }
  if (labels.some((label) => label.endsWith('REQUEST'))) throw new Failure('certificate_is_request', { source });
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) throw new Failure('certificate_is_public_key', { source });
  throw new Failure('certificate_not_pem', { source });
}

function notBlocks(found: Exclude<Identified, { kind: 'blocks' }>, source: string): Failure {
  switch (found.kind) {
    case 'foreign':
      return new Failure(found.code, { source });
    case 'empty':
      return new Failure('certificate_empty', { source });
    case 'utf16':
      return new Failure('certificate_is_utf16', { source });
    case 'putty':
      return new Failure('certificate_is_private_key', { source });
    case 'ssh_public_key':
      return new Failure('certificate_is_public_key', { source });
    case 'damaged':
      return new Failure('certificate_damaged', {
        source,
        variant: 'length',
        bytes: found.bytes,
        expected: found.expected,
      });
    default:
      return new Failure('certificate_not_pem', { source });
  }
}

function openCertificate(block: PemBlock, source: string): X509Certificate {
  try {
    return new X509Certificate(formatPem(block));
  } catch {
    throw new Failure('certificate_damaged', { source, ...damageOf(block) });
  }
}

function rsaPublicKey(x509: X509Certificate, source: string): KeyObject {
  let key: KeyObject;
  try {
    key = x509.publicKey;
  } catch (error) {
    throw new Failure('certificate_damaged', { source }, { cause: error });
  }
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type !== 'rsa') throw new Failure('certificate_not_rsa', { source, type: type.toUpperCase() });
  if (keySize(key) < SMALLEST_KEY_SIZE) throw new Failure('certificate_too_small', { source, size: keySize(key) });
  return key;
}

/** Node puts each RDN on a line of its own and escapes line breaks in values. */
export function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

import { X509Certificate, type KeyObject } from 'node:crypto';
import { oneLine, validityAt } from './certificate.js';
import { keySize } from './private-key.js';

/** What kind of key it is, private or public. */
export type KeyFacts = {
  /** `RSA`, `EC`, `ED25519` …, in upper case. */
  type: string;
  /** Bits of an RSA or DSA key. */
  size?: number;
  /** Name of an EC key's curve. */
  curve?: string;
};

/** What any X.509 certificate says, whether a JWT login could use it or not. Dates are ISO 8601 in UTC. */
export type CertificateFacts = {
  /** On one line, with values escaped as in RFC 4514. */
  'subject': string;
  /** As the subject. */
  'issuer': string;
  'selfSigned': boolean;
  /** Upper-case hexadecimal digits. */
  'serialNumber': string;
  'notBefore': string;
  'notAfter': string;
  /** Whole days until notAfter; negative after it. */
  'daysLeft': number;
  /** SHA-1 of the DER: upper-case pairs of hexadecimal digits with colons. */
  'fingerprint': string;
  /** SHA-256 of the DER, written likewise. */
  'fingerprint256': string;
  /** SHA-1 of the DER in base64url, as a JWS header holds it (RFC 7515 section 4.1.7). */
  'x5t': string;
  /** SHA-256 of the DER in base64url (RFC 7515 section 4.1.8). */
  'x5t#S256': string;
  /** Bytes of its PEM. */
  'pemSize': number;
  'key': KeyFacts;
};

export function keyFacts(key: KeyObject): KeyFacts {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const [size, curve] = [keySize(key), asymmetricKeyDetails?.namedCurve];
  return {
    type: (asymmetricKeyType ?? 'unknown').toUpperCase(),
    ...(size === 0 ? {} : { size }),
    ...(curve === undefined ? {} : { curve }),
  };
}

/** @returns undefined for what is no certificate */
export function certificateFacts(derOrPem: Buffer | string, now: Date): CertificateFacts | undefined {
  try {
    const x509 = new X509Certificate(derOrPem);
    const [notBefore, notAfter] = [new Date(x509.validFrom), new Date(x509.validTo)];
    const { daysLeft } = validityAt({ notBefore, notAfter }, now);
    const publicKey = publicKeyOf(x509);
    const base64url = (fingerprint: string): string =>
      Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url');
    return {
      'subject': oneLine(x509.subject),
      'issuer': oneLine(x509.issuer),
      'selfSigned': x509.issuer === x509.subject && publicKey !== undefined && x509.verify(publicKey),
      'serialNumber': x509.serialNumber,
      'notBefore': notBefore.toISOString(),
      'notAfter': notAfter.toISOString(),
      daysLeft,
      'fingerprint': x509.fingerprint,
      'fingerprint256': x509.fingerprint256,
      'x5t': base64url(x509.fingerprint),
      'x5t#S256': base64url(x509.fingerprint256),
      'pemSize': x509.toString().length,
      'key': publicKey === undefined ? { type: 'UNKNOWN' } : keyFacts(publicKey),
    };
  } catch {
    return undefined;
  }
}

function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

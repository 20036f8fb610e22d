import { generateKeyPair as generateKeyPairWithCallback, webcrypto, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../../failure.js';
import { LARGEST_CERTIFICATE, readCertificate, type Certificate } from './certificate.js';
import { signerOf, type Signer } from '../signer/signer.js';
import { checkPassphrase, formatPrivateKey, type Passphrase } from './private-key.js';
import { distinguishedName, type Subject } from './subject.js';

const generateRsaKeyPair = promisify(generateKeyPairWithCallback);

/** The sizes of an RSA key, in bits, that every part of Salesforce takes. */
export const KEY_SIZES = [2048, 3072, 4096] as const;
export type KeySize = (typeof KEY_SIZES)[number];

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

/** RFC 5280 section 4.1.2.5: the last moment that a certificate can name. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59);

/** A private key with its certificate, and a signing request for the same subject when asked for. All PEM, LF. */
export type Credential = {
  privateKeyPem: string;
  certificate: Certificate;
  requestPem?: string;
};

/** What is to be issued. */
export type CredentialRequest = {
  subject: Subject;
  keySize: KeySize;
  /** Validity from `now` on; 1 or more. */
  days: number;
  now: Date;
  /** 20 random bytes; see {@link positiveSerialNumber}. */
  serialNumber: Uint8Array;
  /** Encrypts the private key. */
  passphrase?: Passphrase | undefined;
  /** Adds a PKCS#10 request (RFC 2986). */
  withRequest?: boolean | undefined;
};

/**
 * Generates a key pair and issues its self-signed certificate. Everything that can be refused is refused before the
 * key is generated, but for a subject that makes the certificate too large.
 *
 * @throws Failure `subject_…`, `days_out_of_range`, `passphrase_…`.
 */
export async function issueCredential(request: CredentialRequest): Promise<Credential> {
  checkCredentialRequest(request);
  const privateKey = await generatePrivateKey(request.keySize);
  const issued = await issueCertificate(request, signerOf(privateKey));
  return { privateKeyPem: formatPrivateKey(privateKey, request.passphrase), ...issued };
}

/**
 * Issues the self-signed certificate of a key, wherever that is.
 *
 * @param request its `keySize` and `passphrase` count for nothing
 * @throws Failure `subject_…`, `days_out_of_range`, what `signer.sign` throws
 */
export async function issueCertificate(
  { subject, now, days, serialNumber, withRequest }: CredentialRequest,
  signer: Signer,
): Promise<Omit<Credential, 'privateKeyPem'>> {
  const certificatePem = await selfSignedCertificate({ subject, signer, serialNumber, notBefore: now, days });
  if (certificatePem.length > LARGEST_CERTIFICATE) {
    throw new Failure('subject_too_large', { bytes: certificatePem.length, limit: LARGEST_CERTIFICATE });
  }
  return {
    certificate: readCertificate(certificatePem, 'certificate'),
    ...(withRequest && { requestPem: await certificateRequest(subject, signer) }),
  };
}

/** Refuses what {@link issueCredential} would refuse before it generates a key, at no cost. */
export function checkCredentialRequest({ subject, now, days, passphrase }: CredentialRequest): void {
  distinguishedName(subject);
  notAfter(now, days);
  if (passphrase !== undefined) checkPassphrase(passphrase);
}

/** A new RSA private key, exponent 65537. Generated off the event loop; takes seconds for 4096 bits. */
export async function generatePrivateKey(size: KeySize): Promise<KeyObject> {
  const { privateKey } = await generateRsaKeyPair('rsa', { modulusLength: size });
  return privateKey;
}

/**
 * A self-signed X.509 v3 certificate (RFC 5280 section 4) as PEM: SHA-256 with RSA, for signatures alone, no CA.
 *
 * @param options.serialNumber 1 to 20 bytes, positive and not zero.
 * @param options.notBefore the fraction of its second is dropped.
 * @param options.days 1 or more; `notAfter` is that many times 24 hours after `notBefore`.
 * @throws Failure `subject_…`, `days_out_of_range`, what `signer.sign` throws; RangeError for a serial number that RFC 5280 forbids.
 */
export async function selfSignedCertificate(options: {
  subject: Subject;
  signer: Signer;
  serialNumber: Uint8Array;
  notBefore: Date;
  days: number;
}): Promise<string> {
  const { subject, serialNumber, notBefore, days } = options;
  checkSerialNumber(serialNumber);
  const name = distinguishedName(subject);
  const ends = notAfter(notBefore, days);
  const x509 = await loadX509();
  const { keys, crypto } = signingBy(options.signer);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: new x509.Name(name),
      keys,
      signingAlgorithm: ALGORITHM,
      serialNumber: Buffer.from(serialNumber).toString('hex'),
      notBefore: wholeSecond(notBefore),
      notAfter: ends,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    crypto,
  );
  return `${certificate.toString('pem')}\n`;
}

/** A PKCS#10 signing request (RFC 2986) as PEM, signed with SHA-256 with RSA. */
export async function certificateRequest(subject: Subject, signer: Signer): Promise<string> {
  const name = distinguishedName(subject);
  const x509 = await loadX509();
  const { keys, crypto } = signingBy(signer);
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      name: new x509.Name(name),
      keys,
      signingAlgorithm: ALGORITHM,
    },
    crypto,
  );
  return `${request.toString('pem')}\n`;
}

/** Makes random bytes a serial number (RFC 5280 section 4.1.2.2): positive, never zero, always of the same length. */
export function positiveSerialNumber(random: Uint8Array): Uint8Array {
  const serialNumber = Uint8Array.from(random);
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
  return serialNumber;
}

function checkSerialNumber(serialNumber: Uint8Array): void {
  const [first = 0x80] = serialNumber;
  if (serialNumber.length > 20 || first > 0x7f || serialNumber.every((byte) => byte === 0)) {
    throw new RangeError('A serial number is positive and has 1 to 20 bytes');
  }
}

function notAfter(notBefore: Date, days: number): Date {
  const begins = wholeSecond(notBefore).getTime();
  const limit = Math.floor((LAST_MOMENT - begins) / 86_400_000);
  if (!Number.isSafeInteger(days) || days < 1 || days > limit) throw new Failure('days_out_of_range', { days, limit });
  return new Date(begins + days * 86_400_000);
}

function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

/** For the generators: Web Crypto whose one private key is the signer's, and signs where that lies. */
function signingBy(signer: Signer): { keys: webcrypto.CryptoKeyPair; crypto: webcrypto.Crypto } {
  const publicKey = signer.publicKey.toCryptoKey(ALGORITHM, true, ['verify']);
  const { algorithm } = publicKey;
  const privateKey: webcrypto.CryptoKey = { type: 'private', algorithm, extractable: false, usages: ['sign'] };
  const sign = (_algorithm: unknown, _key: unknown, data: ArrayBuffer | Uint8Array): Promise<Buffer> =>
    signer.sign(new Uint8Array(data));
  const subtle = withOwn(webcrypto.subtle, { sign });
  return { keys: { privateKey, publicKey }, crypto: withOwn(webcrypto, { subtle }) };
}

/** An object of the platform, whose methods work on itself alone, with other members in their place. */
function withOwn<Target extends object>(platform: Target, own: Partial<Record<keyof Target, unknown>>): Target {
  return new Proxy(platform, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Loaded on demand: it costs more to import than everything else in this folder, and only issuing needs it. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

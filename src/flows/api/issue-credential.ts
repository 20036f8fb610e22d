import { randomBytes } from 'node:crypto';
import { SYSTEM_CLOCK } from '../../clock.js';
import { Failure } from '../../failure.js';
import type { Certificate } from '../../keys/credential/certificate.js';
import {
  issueCertificate,
  issueCredential as issue,
  KEY_SIZES,
  positiveSerialNumber,
  type CredentialRequest,
} from '../../keys/credential/issue.js';
import { keepSecret } from '../../keys/secrets.js';
import { findKeyInput } from './key.js';
import type { CertificateOptions, CredentialOptions, IssuedCertificate, IssuedCredential } from './types.js';

/** What `keygen` calls a pair by itself. */
const COMMON_NAME = 'server';

export async function issueCredential(
  options: CredentialOptions | CertificateOptions,
): Promise<IssuedCredential | IssuedCertificate> {
  const request = requestOf(options);
  const given =
    'key' in options || 'keyFile' in options || 'signer' in options ? await findKeyInput(options) : undefined;
  if (given !== undefined) {
    const { certificate, requestPem } = await issueCertificate(request, given.signer);
    return plain(certificate, requestPem);
  }
  const { privateKeyPem, certificate, requestPem } = await issue(request);
  const encrypted = request.passphrase !== undefined;
  return { privateKey: privateKeyPem, encrypted, ...plain(certificate, requestPem) };
}

function requestOf(options: CredentialOptions): CredentialRequest {
  const { subject = {}, keySize = 2048, days = 365, passphrase, withRequest, clock = SYSTEM_CLOCK } = options;
  if (!KEY_SIZES.includes(keySize))
    throw new Failure('option_malformed', { option: 'keySize', wanted: KEY_SIZES.join(', ') });
  if (passphrase !== undefined) keepSecret(passphrase);
  return {
    subject: { ...subject, commonName: subject.commonName ?? COMMON_NAME },
    keySize,
    days,
    passphrase,
    withRequest,
    now: new Date(clock.now()),
    serialNumber: positiveSerialNumber(randomBytes(20)),
  };
}

function plain(certificate: Certificate, requestPem: string | undefined): IssuedCertificate {
  const { pem, keySize, subject, serialNumber, notBefore, notAfter, fingerprint256 } = certificate;
  return {
    certificate: pem,
    ...(requestPem === undefined ? {} : { request: requestPem }),
    ...{ keySize, subject, serialNumber, notBefore, notAfter, fingerprint256 },
  };
}

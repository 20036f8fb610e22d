import { X509Certificate } from 'node:crypto';

import type { Switches } from '../switches.js';
import { ComponentProblem } from './validate.js';

/** Assumption: no recording shows the words for a certificate that cannot be used. */
const REFUSED = 'The certificate is invalid. Enter a valid PEM-encoded X.509 certificate.';

const LABEL = /-----(BEGIN|END) CERTIFICATE-----/g;

/** Accepts a whole PEM document, its bare base64 body, and base64 of the whole document; all are known to deploy. */
export function parseCertificate(text: string): X509Certificate {
  const [first = ''] = text.split(/(?<=-----END CERTIFICATE-----)/);
  const body = first.replaceAll(LABEL, '').replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) throw refused();
  const wrapped = wrappedPem(body);
  if (wrapped !== undefined && !first.includes('-----BEGIN')) return parseCertificate(wrapped);
  try {
    return new X509Certificate(Buffer.from(body, 'base64'));
  } catch {
    throw refused();
  }
}

export function checkCertificate(text: string, switches: Switches, now: number): void {
  if (Buffer.byteLength(text) > switches.certificateMaxBytes) throw refused(' The certificate is limited to 4 KB.');
  if (switches.certificateChain === 'refused' && (text.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length > 1) {
    throw refused();
  }
  const certificate = parseCertificate(text);
  if (switches.ecCertificate === 'refused' && certificate.publicKey.asymmetricKeyType !== 'rsa') {
    throw refused(' The key is not an RSA key.');
  }
  if (switches.expiredCertificate === 'refused' && isExpired(certificate, now)) throw refused(' It has expired.');
}

export function isExpired(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validTo) < now;
}

/** The certificate as retrieve and read return it. */
export function certificateReadback(text: string, style: Switches['certificateReadback']): string | undefined {
  if (style === 'omitted') return undefined;
  if (style === 'as-sent') return text;
  const lines =
    parseCertificate(text)
      .raw.toString('base64')
      .match(/.{1,64}/g) ?? [];
  if (style === 'base64') return lines.join('\n');
  const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n');
  return style === 'pem' ? pem : Buffer.from(`${pem}\n`).toString('base64');
}

function wrappedPem(body: string): string | undefined {
  const text = Buffer.from(body, 'base64').toString('latin1');
  return text.startsWith('-----BEGIN') ? text : undefined;
}

function refused(reason = ''): ComponentProblem {
  return new ComponentProblem(REFUSED + reason, { statusCode: 'FIELD_INTEGRITY_EXCEPTION' });
}

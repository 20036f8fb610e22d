import { createHash } from 'node:crypto';
import type { WantedApp } from './app.js';
import type { ComponentType, FieldValue } from './component.js';
import { plainField, type DesiredField } from './plan.js';
import { certificateDer } from './read.js';

/**
 * The certificate, compared byte for byte as DER: an org gives the PEM back in several forms. Where it gives none back, the
 * certificate goes along with whatever else is sent, since leaving it out may remove it.
 */
export function certificateField(
  type: ComponentType,
  path: string[],
  certificate: WantedApp['certificate'],
): DesiredField {
  return {
    ...plainField('certificate', type, path, certificate.pem),
    same: (current) =>
      typeof current === 'string' ? certificateDer(current).equals(certificate.der) : certificate.proven === true,
    sentAlways: true,
    text: fingerprintOf,
  };
}

/** SHA-256 as OpenSSL prints it. */
function fingerprintOf(pem: FieldValue | undefined): string {
  if (typeof pem !== 'string') return '';
  const digits = createHash('sha256').update(certificateDer(pem)).digest('hex').toUpperCase();
  return digits.match(/../g)!.join(':');
}

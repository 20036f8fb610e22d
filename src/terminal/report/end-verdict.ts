import { DAY, type CertificateLife } from './certificate-life.js';
import type { ReportState } from './report.js';
import { dayOf, messages } from './words.js';

/** Days from which on an end is near, where nobody asked for another number. */
const SOON = 30;

/** What the end of a certificate makes of a login that works; undefined where it's far away, or not known. */
export function endVerdict(
  certificate: CertificateLife | undefined,
  now: Date,
): { state: ReportState; message: string } | undefined {
  if (certificate === undefined) return undefined;
  const left = certificate.notAfter.getTime() - now.getTime();
  const day = dayOf(certificate.notAfter);
  if (left <= 0) return { state: 'error', message: messages.getMessage('end.past', [day]) };
  return left > SOON * DAY ? undefined : { state: 'warning', message: messages.getMessage('end.near', [day]) };
}

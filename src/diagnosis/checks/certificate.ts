import type { Facts } from '../facts.js';
import { failureFinding, finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

const DAY = 86_400_000;

/** Days before its end from which on a certificate wants to be replaced. */
const RENEWAL = 30;

/** The certificate file: readable, and its dates. Salesforce has let ended certificates pass so far: a warning. */
export function checkCertificate(facts: Facts): Finding[] {
  const { certificate, now } = facts;
  if (certificate === undefined) return [];
  if (certificate.state === 'unusable') return [failureFinding(blocking(facts), certificate.failure)];
  const { path, notBefore, notAfter } = certificate;
  const end = notAfter.toISOString();
  const days = Math.floor((notAfter.getTime() - now) / DAY);
  if (notBefore.getTime() > now)
    return [finding('warning', 'certificate_starts_later', { path, notBefore: notBefore.toISOString() })];
  if (notAfter.getTime() < now) return [finding('warning', 'certificate_ended', { path, notAfter: end })];
  if (days < RENEWAL) return [finding('warning', 'certificate_ends_soon', { path, notAfter: end, days })];
  return [finding('ok', 'certificate_usable', { path, notAfter: end, days })];
}

import { validityAt } from '../../../keys/credential/certificate.js';
import { EXAMPLE_ADMIN_ORG } from '../../../failure-data.js';
import type { Facts } from '../facts.js';
import { failureFinding, finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

/** Days before its end from which on a certificate wants to be replaced. */
const RENEWAL = 30;

/** The certificate file: readable, and its dates. Salesforce has let ended certificates pass so far: a warning. */
export function checkCertificate(facts: Facts): Finding[] {
  const { certificate, now, target, knownAdmin: admin = EXAMPLE_ADMIN_ORG } = facts;
  const { clientId, username } = target;
  const app = { admin, clientId, username, keyFile: facts.keyFile ?? '' };
  if (certificate === undefined) return [];
  if (certificate.state === 'unusable') return [failureFinding(blocking(facts), certificate.failure)];
  const { path, notBefore, notAfter } = certificate;
  const end = notAfter.toISOString();
  const { state, daysLeft: days } = validityAt(certificate, new Date(now));
  if (state === 'not_yet_valid')
    return [finding('warning', 'certificate_starts_later', { path, notBefore: notBefore.toISOString() })];
  if (state === 'expired') return [finding('warning', 'certificate_ended', { path, notAfter: end, ...app })];
  if (days < RENEWAL) return [finding('warning', 'certificate_ends_soon', { path, notAfter: end, days, ...app })];
  return [finding('ok', 'certificate_usable', { path, notAfter: end, days })];
}

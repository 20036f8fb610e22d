import { checkAccess } from './checks/access.js';
import * as app from './checks/app.js';
import { checkCertificate } from './checks/certificate.js';
import { checkAudience, checkClientId, checkSandboxUsername, checkUsername } from './checks/claims.js';
import { checkClock } from './checks/clock.js';
import { checkDevHub } from './checks/dev-hub.js';
import { checkKey, checkKeyEncryption, checkKeyFile, checkPair, checkStoredKey } from './checks/key.js';
import { checkLogin, checkLoginHistory, checkToken } from './checks/login.js';
import { checkTargetOrg, checkView, isOtherOrg } from './checks/target-org.js';
import * as url from './checks/url.js';
import { checkUser } from './checks/user.js';
import type { Facts } from './facts.js';
import { explains, type Finding } from './finding.js';

/** In the order in which the things they judge come into play in a login, so that the first error is the first cause. */
const CHECKS: ReadonlyArray<(facts: Facts) => Finding[]> = [
  checkStoredKey,
  checkKey,
  checkCertificate,
  checkPair,
  url.checkUrl,
  url.checkUrlIsNotSetup,
  url.checkUrlPath,
  url.checkUrlIsSecure,
  checkAudience,
  url.checkLoginHost,
  url.checkLoginUrlIsOfOrg,
  checkClientId,
  app.checkAppExists,
  app.checkAppIsEnabled,
  app.checkAppCertificate,
  checkClock,
  checkUsername,
  checkSandboxUsername,
  checkUser,
  app.checkAppScopes,
  app.checkAppApproval,
  checkAccess,
  app.checkAppSessionPolicy,
  app.checkAppIpPolicy,
  checkToken,
  checkKeyEncryption,
  checkKeyFile,
  app.checkAppTokenFormat,
  checkDevHub,
];

export type Diagnosis = { ok: boolean; findings: Finding[] };

/**
 * Judges the facts. The findings come worst first: the causes of the refusal, the refusal itself, what would stop the
 * login next, then warnings, then what is in order. Pure.
 */
export function diagnose(gathered: Facts): Diagnosis {
  const ok = gathered.login.state === 'granted';
  const facts = isOtherOrg(gathered) ? { ...gathered, org: undefined } : gathered;
  const findings = CHECKS.flatMap((check) => check(facts));
  const answer = checkLogin(facts);
  const view = [...checkTargetOrg(gathered), ...checkView(gathered)];
  const of = (severity: Finding['severity']): Finding[] => findings.filter((one) => one.severity === severity);
  const refusal = facts.login.state === 'refused' ? facts.login.failure : undefined;
  const causes = of('error').filter((one) => refusal !== undefined && explains(one, refusal));
  const others = of('error').filter((one) => !causes.includes(one));
  // With its cause above, the refusal's own list of likely causes would only mislead.
  const answered = answer.map((one) => (causes.length > 0 && one.failure ? { ...one, explained: true } : one));
  const errors = refusal === undefined ? others : [...causes, ...answered, ...checkLoginHistory(facts), ...others];
  return { ok, findings: [...errors, ...of('warning'), ...view, ...(ok ? answer : []), ...of('ok')] };
}

import { checkAccess } from './checks/access.js';
import * as app from './checks/app.js';
import { checkCertificate } from './checks/certificate.js';
import { checkAudience, checkClientId, checkSandboxUsername, checkUsername } from './checks/claims.js';
import { checkClock } from './checks/clock.js';
import { checkDevHub } from './checks/dev-hub.js';
import { checkKey, checkKeyEncryption, checkKeyFile, checkPair, checkStoredKey } from './checks/key.js';
import { checkLogin, checkLoginHistory, checkRestrictedDomain, checkToken, checkWebLogin } from './checks/login.js';
import { checkStore } from './checks/store.js';
import { checkTargetOrg, checkView, isOtherOrg } from './checks/target-org.js';
import * as url from './checks/url.js';
import { checkUser } from './checks/user.js';
import type { Failure } from '../../failure.js';
import type { Facts } from './facts.js';
import { explains, type Finding } from './finding.js';

/** In the order in which the things they judge come into play in a login, so that the first error is the first cause. */
const CHECKS: ReadonlyArray<(facts: Facts) => Finding[]> = [
  checkStore,
  checkStoredKey,
  checkKey,
  checkCertificate,
  checkPair,
  url.checkUrl,
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
  checkRestrictedDomain,
  checkToken,
  checkWebLogin,
  checkKeyEncryption,
  checkKeyFile,
  app.checkAppTokenFormat,
  checkDevHub,
];

/** What the checks found; `ok`: the login works, and sf can store it. */
export type Diagnosis = { ok: boolean; findings: Finding[] };

/**
 * Judges the facts. The findings come worst first: the causes of the refusal, the refusal itself, what would stop the
 * login next, then warnings, then what is in order. Pure.
 */
export function check(gathered: Facts): Diagnosis {
  const ok = gathered.login.state === 'granted' && gathered.storeFailure === undefined;
  const facts = isOtherOrg(gathered) ? { ...gathered, org: undefined } : gathered;
  const findings = CHECKS.flatMap((judge) => judge(facts));
  const answer = checkLogin(facts);
  const view = [...checkTargetOrg(gathered), ...checkView(gathered)];
  const of = (severity: Finding['severity']): Finding[] => findings.filter((one) => one.severity === severity);
  const refusal = facts.login.state === 'refused' ? facts.login.failure : undefined;
  const [cause, ...more] = causesOf(of('error'), refusal);
  const causes = cause === undefined ? [] : [cause, ...more];
  const others = of('error').filter(({ code }) => !causes.some((one) => one.code === code));
  const followsFrom = (code: string | undefined) => (one: Finding) =>
    code === undefined ? one : { ...one, causedBy: code };
  const answered = answer.map(followsFrom(cause?.code));
  const history = checkLoginHistory(facts).map(followsFrom(cause?.code ?? answer[0]?.code));
  const errors = refusal === undefined ? others : [...causes, ...answered, ...history, ...others];
  return {
    ok,
    findings: [...errors, ...of('warning'), ...view, ...(refusal === undefined ? answer : []), ...of('ok')],
  };
}

/** What brought the refusal about. What only follows from another cause says so. */
function causesOf(errors: Finding[], refusal: Failure | undefined): Finding[] {
  if (refusal === undefined) return [];
  const causes = errors.filter((one) => explains(one, refusal));
  // The app has the certificate that was named, so that the key at hand isn't its one is the same thing once more.
  const isOtherKey = causes.some(({ code }) => code === 'key_not_of_certificate');
  return causes.map((one) =>
    isOtherKey && one.code === 'app_certificate_of_other_key' ? { ...one, causedBy: 'key_not_of_certificate' } : one,
  );
}

import type { LoginRecord } from '../../../salesforce/org/login-access.js';
import { grantCommand, queryCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { failureFinding, finding, type Finding } from '../finding.js';

/** How far the newest entry of the login history may lie from now to be that of this login, in milliseconds. */
const RECENT = 120_000;

/** The token endpoint's own answer. */
export function checkLogin({ login, target }: Facts): Finding[] {
  if (login.state === 'untried') return [];
  if (login.state === 'refused') return [failureFinding('error', login.failure)];
  const { username, loginUrl } = target;
  return [finding('ok', 'login_works', { username, loginUrl: loginUrl?.origin ?? '', orgId: login.orgId })];
}

/** A token with which nothing can be asked is of no use to sf. */
export function checkToken({ login }: Facts): Finding[] {
  if (login.state !== 'granted' || login.api.state === 'answers') return [];
  const { instanceUrl, api } = login;
  const values = { reason: api.reason, instanceUrl };
  if (api.state === 'refuses') return [finding('warning', 'api_refuses_token', values)];
  return [finding('warning', api.state === 'silent' ? 'api_silent' : 'api_answer_strange', values)];
}

/** The My Domain policy keeps logins away from the login hosts, which the token endpoint doesn't say. */
export function checkRestrictedDomain(facts: Facts): Finding[] {
  const last = lastRefusal(facts);
  if (last === undefined || facts.org?.read !== true || !/restricted domain/i.test(last.status)) return [];
  const host = facts.target.loginUrl?.host ?? '';
  return [
    finding('error', 'login_domain_restricted', { host, grant: grantCommand(facts, facts.org.value.instanceUrl) }),
  ];
}

/** A web login of the same user takes the place of the JWT login: sf has no key for it any more. */
export function checkWebLogin(facts: Facts): Finding[] {
  if (!facts.webLogin) return [];
  const { username, loginUrl } = facts.target;
  return [finding('warning', 'jwt_login_replaced', { username, grant: grantCommand(facts, loginUrl?.origin ?? '') })];
}

/** The reason that the login history has, and the token endpoint keeps to itself. */
export function checkLoginHistory(facts: Facts): Finding[] {
  const last = lastRefusal(facts);
  if (last === undefined || facts.org?.read !== true) return [];
  const { org } = facts;
  const { user } = org.value;
  const { status, sourceIp } = last;
  const id = user.read ? (user.value?.id ?? '') : '';
  const soql =
    `SELECT LoginTime, Status, Application, SourceIp FROM LoginHistory WHERE UserId = '${id}'` +
    ' ORDER BY LoginTime DESC LIMIT 10';
  const command = queryCommand(org.value, soql);
  return [finding('error', 'login_history', { status, time: new Date(last.time).toISOString(), sourceIp, command })];
}

/** The newest entry of the login history, where it is of this login and tells of a refusal. */
function lastRefusal({ login, org, now, clockDifference = 0 }: Facts): LoginRecord | undefined {
  if (login.state !== 'refused' || org?.read !== true || org.value.lastLogin?.read !== true) return undefined;
  const last = org.value.lastLogin.value;
  if (last === undefined || last.status === 'Success') return undefined;
  return Math.abs(now + clockDifference - last.time) > RECENT ? undefined : last;
}

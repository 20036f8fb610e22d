import { queryCommand } from '../commands.js';
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

/** A token that the REST API refuses is of no use to sf. */
export function checkToken({ login }: Facts): Finding[] {
  if (login.state !== 'granted' || login.apiRefusal === undefined) return [];
  return [finding('warning', 'api_refuses_token', { reason: login.apiRefusal, instanceUrl: login.instanceUrl })];
}

/** The reason that the login history has, and the token endpoint keeps to itself. */
export function checkLoginHistory({ login, org, now, clockDifference = 0 }: Facts): Finding[] {
  if (login.state !== 'refused' || org?.read !== true || org.value.lastLogin?.read !== true) return [];
  const { lastLogin, user } = org.value;
  const last = lastLogin.value;
  if (last === undefined || last.status === 'Success' || Math.abs(now + clockDifference - last.time) > RECENT)
    return [];
  const { status, sourceIp } = last;
  const id = user.read ? (user.value?.id ?? '') : '';
  const soql =
    `SELECT LoginTime, Status, Application, SourceIp FROM LoginHistory WHERE UserId = '${id}'` +
    ' ORDER BY LoginTime DESC LIMIT 10';
  const command = queryCommand(org.value, soql);
  return [finding('error', 'login_history', { status, time: new Date(last.time).toISOString(), sourceIp, command })];
}

import { grantCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { failureFinding, finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

const MY_DOMAIN_EXAMPLE = 'https://MyDomainName.my.salesforce.com';

/** A URL that is plainly no place to log in, such as that of a Lightning page or of Setup. */
export function checkUrl({ urlFailure }: Facts): Finding[] {
  return urlFailure === undefined ? [] : [failureFinding('error', urlFailure)];
}

/** Plain HTTP is for a local org only. */
export function checkUrlIsSecure(facts: Facts): Finding[] {
  const { loginUrl } = facts.target;
  if (loginUrl?.protocol !== 'http:' || isLocal(loginUrl.hostname)) return [];
  return [finding(blocking(facts), 'url_insecure', { url: loginUrl.href, secure: `https://${loginUrl.host}` })];
}

/**
 * The login hosts know no External Client App of a sandbox or scratch org, login.salesforce.com those of other orgs;
 * without an admin's view only the answer tells.
 */
export function checkLoginHost(facts: Facts): Finding[] {
  const { target, login, org } = facts;
  const host = target.loginUrl?.hostname ?? '';
  if (!/^(login|test)\.salesforce\.com$/.test(host) || login.state === 'granted') return [];
  const app = org?.read === true && org.value.search.read ? org.value.search.value.app : undefined;
  if (app?.type === 'connected-app') return [];
  const refused = login.state === 'refused' ? login.failure.code : undefined;
  const sandbox = org?.read === true && org.value.kind.read ? org.value.kind.value.sandbox : undefined;
  const unreachable = app !== undefined && (host === 'test.salesforce.com' || sandbox === true);
  if (!unreachable && refused !== 'app_not_in_org' && refused !== 'client_id_unknown') return [];
  const myDomain = org?.read === true ? org.value.instanceUrl : MY_DOMAIN_EXAMPLE;
  const sure = unreachable || refused === 'app_not_in_org';
  return [finding(sure ? 'error' : 'warning', 'generic_login_host', { host, grant: grantCommand(facts, myDomain) })];
}

/** The org at the URL doesn't know the app, and the admin's org, which does, has another URL. */
export function checkLoginUrlIsOfOrg(facts: Facts): Finding[] {
  const { target, login, org } = facts;
  if (login.state !== 'refused' || org?.read !== true || target.loginUrl === undefined) return [];
  const { instanceUrl, search, admin } = org.value;
  const unknown = ['app_not_in_org', 'client_id_unknown'].includes(login.failure.code);
  const app = search.read ? search.value.app : undefined;
  if (!unknown || app?.knownBy !== 'clientId' || new URL(instanceUrl).host === target.loginUrl.host) return [];
  if (/^(login|test)\.salesforce\.com$/.test(target.loginUrl.host)) return [];
  const values = { loginUrl: target.loginUrl.origin, app: app.name, admin, grant: grantCommand(facts, instanceUrl) };
  return [finding('error', 'login_url_of_other_org', values)];
}

function isLocal(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

import { grantCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { failureFinding, finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

const MY_DOMAIN_EXAMPLE = 'https://MyDomainName.my.salesforce.com';

/** A URL that is plainly no place to log in, such as a Lightning page's. */
export function checkUrl({ urlFailure }: Facts): Finding[] {
  return urlFailure === undefined ? [] : [failureFinding('error', urlFailure)];
}

/** Plain HTTP is for a local org only. */
export function checkUrlIsSecure(facts: Facts): Finding[] {
  const { loginUrl } = facts.target;
  if (loginUrl?.protocol !== 'http:' || isLocal(loginUrl.hostname)) return [];
  return [finding(blocking(facts), 'url_insecure', { url: loginUrl.href, secure: `https://${loginUrl.host}` })];
}

/** Setup has a domain of its own, which has no token endpoint. */
export function checkUrlIsNotSetup(facts: Facts): Finding[] {
  const { loginUrl } = facts.target;
  const name = /^(.+)\.my\.salesforce-setup\.com$/.exec(loginUrl?.hostname ?? '')?.[1];
  if (loginUrl === undefined || name === undefined) return [];
  const grant = grantCommand(facts, `https://${name}.my.salesforce.com`);
  return [finding(blocking(facts), 'url_of_setup', { url: loginUrl.origin, grant })];
}

/** A page's address instead of the org's: only an Experience Cloud site has a path. */
export function checkUrlPath(facts: Facts): Finding[] {
  const { loginUrl } = facts.target;
  if (loginUrl === undefined || loginUrl.pathname.replace(/\/+$/, '') === '') return [];
  const isPage =
    /\.salesforce\.(com|mil)$/.test(loginUrl.hostname) ||
    /^\/(services|lightning|secur|setup)\//.test(loginUrl.pathname);
  if (!isPage) return [];
  return [finding(blocking(facts), 'url_path', { url: loginUrl.href, grant: grantCommand(facts, loginUrl.origin) })];
}

/** The login hosts know no External Client App; without an admin's view only the answer tells which one it is. */
export function checkLoginHost(facts: Facts): Finding[] {
  const { target, login, org } = facts;
  const host = target.loginUrl?.hostname ?? '';
  if (!/^(login|test)\.salesforce\.com$/.test(host) || login.state === 'granted') return [];
  const app = org?.read === true && org.value.search.read ? org.value.search.value.app : undefined;
  if (app?.type === 'connected-app') return [];
  const refused = login.state === 'refused' ? login.failure.code : undefined;
  if (app === undefined && refused !== 'app_not_in_org' && refused !== 'client_id_unknown') return [];
  const myDomain = org?.read === true ? org.value.instanceUrl : MY_DOMAIN_EXAMPLE;
  const sure = app !== undefined || refused === 'app_not_in_org';
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

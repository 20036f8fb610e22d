import { baseUrl } from '../hosts.js';
import { EXAMPLE_ADMIN_ORG } from '../../failure-data.js';
import { Failure } from '../../failure.js';
import { excerptOf, httpUrl, jsonObject, type Token } from './answer.js';
import { reasonOf, startOf, type Fetch } from './endpoint.js';

/** A URL that opens a browser session. One that isn't single-use holds the access token and works as long as that. */
export type FrontDoor = { url: string; singleUse: boolean };

/** Scopes that may open a browser session; `full` holds `web`. */
const BROWSER_SCOPES = ['web', 'full'];

/** What an org answers that doesn't have the endpoint yet. */
const MISSING = [404, 405, 410];

/** Stands for the org while a path is looked at. */
const SOMEWHERE = 'https://org.invalid';

/**
 * Refuses what a browser, or a server that is careless, would take for a place outside the org: only a path with its query
 * is meant.
 *
 * @throws Failure `front_door_path_illegal`
 */
export function checkPath(path: string): void {
  const url = URL.parse(path, SOMEWHERE);
  // Browsers drop line breaks and tabs, and take `\` for `/`.
  const isPlain = path.startsWith('/') && !/[\0-\x20\\\x7f]/.test(path);
  if (isPlain && url?.origin === SOMEWHERE && !url.pathname.startsWith('//')) return;
  throw new Failure('front_door_path_illegal', { path });
}

/** `timeout`: milliseconds until the request is given up; `adminOrg`: a stored login of an admin of the org. */
type FrontDoorLogin = { username: string; clientId: string; timeout: number; adminOrg?: string | undefined };

/**
 * Swaps an access token for a URL that opens a browser session at `path`, once. An org that has no such URLs gets the
 * older one, which holds the token itself. The user of an Experience Cloud site is led through the site.
 *
 * @param path as `checkPath` takes it, from the root of the host
 * @throws Failure `front_door_scope_missing`, `front_door_failed`
 * @see https://help.salesforce.com/s/articleView?id=xcloud.frontdoor_singleaccess.htm
 */
export async function openFrontDoor(
  fetch: Fetch,
  token: Token,
  path: string,
  { username, clientId, timeout, adminOrg = EXAMPLE_ADMIN_ORG }: FrontDoorLogin,
): Promise<FrontDoor> {
  const { accessToken, scope } = token;
  if (!scope.split(/\s+/).some((name) => BROWSER_SCOPES.includes(name))) {
    throw new Failure('front_door_scope_missing', { username, clientId, scope, adminOrg });
  }
  const instanceUrl = baseUrl(token.communityUrl ?? token.instanceUrl);
  const { status, body } = await ask(fetch, instanceUrl, path, { accessToken, timeout });
  const url = httpUrl(textOf(body, 'frontdoor_uri'));
  if (status === 200 && url !== undefined) return { url, singleUse: true };
  if (!MISSING.includes(status)) {
    const reason = `HTTP ${status} ${excerptOf(body, accessToken)}`.trim();
    throw new Failure('front_door_failed', { instanceUrl, reason });
  }
  const query = new URLSearchParams({ sid: accessToken, retURL: path });
  return { url: `${instanceUrl}/secur/frontdoor.jsp?${query.toString()}`, singleUse: false };
}

async function ask(
  fetch: Fetch,
  instanceUrl: string,
  path: string,
  { accessToken, timeout }: { accessToken: string; timeout: number },
): Promise<{ status: number; body: string }> {
  const query = new URLSearchParams({ redirect_uri: path });
  try {
    const response = await fetch(`${instanceUrl}/services/oauth2/singleaccess?${query.toString()}`, {
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return { status: response.status, body: await startOf(response.body) };
  } catch (error) {
    // fetch's TypeError is no cause of it, since sf would take it for a programming error
    throw new Failure('front_door_failed', { instanceUrl, reason: reasonOf(error) });
  }
}

function textOf(body: string, field: string): string | undefined {
  const value = jsonObject(body)?.[field];
  return typeof value === 'string' ? value : undefined;
}

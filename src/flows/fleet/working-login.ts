import { keyStorageFor, storedKey, type GrantRequest } from '../grant.js';
import { readAccessToken } from '../../machine/store/access-token.js';
import { isRefreshedWith, readKnownLogin } from '../../machine/store/known-login.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { statusWithToken } from '../../salesforce/token/session.js';

/** The root of the REST API, of the oldest version that every org serves. */
const REST_ROOT = '/services/data/v51.0';

/**
 * Whether nothing is left to do for a login: the stored entry has its client id, URL, alias and key, and the org takes its
 * access token. One whose token has ended isn't working; a new login is what makes it work.
 *
 * @returns the id of the org, or undefined
 * @throws Failure `key_storage_without_file` … for a key that can't be stored as asked
 */
export async function orgOfWorkingLogin(request: GrantRequest, fetch: Fetch): Promise<string | undefined> {
  const { target, names, keyInput, timeout } = request;
  const known = readKnownLogin(target.username);
  if (known?.clientId !== target.clientId || hrefOf(known.loginUrl) !== target.loginUrl.href) return undefined;
  if (known.orgId === '' || !URL.canParse(known.instanceUrl)) return undefined;
  if (names.alias !== undefined && !known.aliases.includes(names.alias)) return undefined;
  if (!isRefreshedWith(known, storedKey(keyInput, keyStorageFor(request)))) return undefined;
  const token = await readAccessToken(known.username);
  if (!('accessToken' in token) || token.accessToken === undefined) return undefined;
  const session = { instanceUrl: known.instanceUrl, accessToken: token.accessToken };
  return (await statusWithToken(fetch, session, REST_ROOT, timeout)) === 200 ? known.orgId : undefined;
}

/** sf's own login keeps the URL as it was given, with or without the slash at the end. */
function hrefOf(url: string): string {
  return URL.parse(url)?.href ?? url;
}

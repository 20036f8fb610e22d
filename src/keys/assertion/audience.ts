/** The audience of production, developer and trial orgs. */
export const PRODUCTION_AUDIENCE = 'https://login.salesforce.com';

/** The audience of sandboxes and scratch orgs. */
export const SANDBOX_AUDIENCE = 'https://test.salesforce.com';

/**
 * The `aud` claim for an assertion that is posted to `loginUrl`: the site itself for an Experience Cloud site, else the
 * login host of the org's kind, told from the host name.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 */
export function audienceFor(loginUrl: URL): string {
  if (isSite(loginUrl)) return `${loginUrl.origin}${pathOf(loginUrl)}`;
  return isSandbox(loginUrl.hostname.toLowerCase()) ? SANDBOX_AUDIENCE : PRODUCTION_AUDIENCE;
}

/**
 * Whether the URL is that of an Experience Cloud site: at `DOMAIN.my.site.com`, at `DOMAIN.force.com` before enhanced
 * domains (Lightning is no site), or at a domain of the customer's own. Those are told by their path, which no other place
 * to log in has.
 */
export function isSite(loginUrl: URL): boolean {
  const host = loginUrl.hostname.toLowerCase();
  if (host.endsWith('.lightning.force.com')) return false;
  if (host.endsWith('.my.site.com') || host.endsWith('.force.com')) return true;
  const isPage =
    /\.salesforce\.(com|mil)$/.test(host) || /^\/(services|lightning|secur|setup)\b/.test(loginUrl.pathname);
  return pathOf(loginUrl) !== '' && !isPage;
}

function pathOf(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}

/** Enhanced domains name the kind of org; before them a sandbox's My Domain had `--` before the sandbox's name. */
function isSandbox(host: string): boolean {
  if (host === 'test.salesforce.com') return true;
  if (!host.endsWith('.salesforce.com')) return false;
  return /\.(sandbox|scratch)\.my\.salesforce\.com$/.test(host) || host.split('.')[0]!.includes('--');
}

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
  const host = loginUrl.hostname.toLowerCase();
  if (isSite(host)) return `${loginUrl.origin}${loginUrl.pathname}`.replace(/\/+$/, '');
  return isSandbox(host) ? SANDBOX_AUDIENCE : PRODUCTION_AUDIENCE;
}

/** Experience Cloud: `DOMAIN.my.site.com`, or `DOMAIN.force.com` before enhanced domains; Lightning is no site. */
function isSite(host: string): boolean {
  return host.endsWith('.my.site.com') || (host.endsWith('.force.com') && !host.endsWith('.lightning.force.com'));
}

/** Enhanced domains name the kind of org; before them a sandbox's My Domain had `--` before the sandbox's name. */
function isSandbox(host: string): boolean {
  if (host === 'test.salesforce.com') return true;
  if (!host.endsWith('.salesforce.com')) return false;
  return /\.(sandbox|scratch)\.my\.salesforce\.com$/.test(host) || host.split('.')[0]!.includes('--');
}

/** The domains on which Salesforce has orgs, login hosts and sites; what stands before them is a customer's name. */
const SALESFORCE_DOMAINS = [
  'cloudforce.com',
  'crmforce.mil',
  'database.com',
  'force.com',
  'salesforce.com',
  'salesforce.mil',
  'sfcrmapps.cn',
  'sfcrmproducts.cn',
  'site.com',
];

/**
 * The URL that paths are put behind. The CLI keeps instance URLs as they were typed, so one may end with a slash, and what
 * is behind two is another path.
 */
export function baseUrl(url: string): string {
  return url.replace(/\/+$/, '');
}

/** This machine itself: what is sent there crosses no network (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|(.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname);
}

/** Whether secrets may be sent to a URL: over TLS, or to this machine. */
export function isSafe(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** @see https://help.salesforce.com/s/articleView?id=000384016&type=1 */
export function isSalesforce({ hostname }: URL): boolean {
  const host = hostname.toLowerCase();
  return SALESFORCE_DOMAINS.some((domain) => host.endsWith(`.${domain}`));
}

/**
 * Whether a URL that a server names may be asked with its token: one of Salesforce's, or the very host that was asked.
 * A server on this machine may name another one on it.
 */
export function isTrustedFrom(asked: URL, named: string): boolean {
  const url = URL.parse(named);
  if (url === null || !isSafe(url)) return false;
  return isSalesforce(url) || url.host === asked.host || (isLoopback(url) && isLoopback(asked));
}

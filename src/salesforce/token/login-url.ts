/** What a person copies from a browser or a file as the place to log in, and what it stands for. Pure. */
import { Failure } from '../../failure.js';
import { isSafe } from '../hosts.js';

/** The hosts whose URL has no path: the login hosts and My Domain. */
const LOGIN_HOST = /^(login|test)\.salesforce\.com$|\.my\.(salesforce\.com|salesforce\.mil|sfcrmproducts\.cn)$/;

/** Pages of an org, at whatever host; an Experience Cloud site has a name of its own there. */
const PAGE = /^\/(lightning|setup|secur)(\/|$)/;

/**
 * A URL to log in at. A scheme that is missing is `https:` (on this machine `http:`, where nothing else is spoken);
 * the path of a page, the query and the fragment are dropped.
 *
 * @returns undefined for what is no URL of the web
 */
export function parseLoginUrl(text: string): URL | undefined {
  const trimmed = text.trim();
  // A scheme with a letter missing isn't the name of a host, which has its port behind the colon.
  if (/^(?!https?:)[a-z][a-z\d+-]*:(?!\d)/i.test(trimmed)) return undefined;
  const whole = /^(https?:|[a-z][a-z\d+.-]*:\/\/)/i.test(trimmed) ? trimmed : `${schemeFor(trimmed)}//${trimmed}`;
  const url = URL.parse(whole);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined;
  return withoutPage(url);
}

function schemeFor(host: string): string {
  return /^(localhost|[^/:]+\.localhost|127(\.\d+){3}|\[::1\])([:/?#]|$)/i.test(host) ? 'http:' : 'https:';
}

/** The token endpoint's own address is one that people copy, too: it stands below the place to log in. */
function withoutPage(url: URL): URL {
  const path = url.pathname.replace(/\/services\/oauth2\/(token|authorize)\/?$/, '/');
  const isPage = LOGIN_HOST.test(url.hostname) || PAGE.test(path);
  return new URL(url.origin + (isPage ? '/' : path));
}

/** A host of pages, where nobody can log in. `myDomain`: the URL to log in at, where it follows from the host. */
export type PageHost = { kind: PageKind; myDomain: string | undefined };
export type PageKind = 'lightning' | 'setup' | 'other';

/** `packaged`: a package's name stands behind that of the org, as in `acme--c` and `acme--uat--c`. */
type PageDomain = { domain: string; kind: PageKind; myDomain: string; packaged?: true };

const COMMERCIAL = 'my.salesforce.com';
const CLOUDS = [
  { pages: 'force.com', setup: 'salesforce-setup.com', myDomain: COMMERCIAL },
  { pages: 'crmforce.mil', setup: 'salesforce-setup.mil', myDomain: 'my.salesforce.mil' },
  { pages: 'sfcrmapps.cn', setup: 'sfcrmproducts-setup.cn', myDomain: 'my.sfcrmproducts.cn' },
];

const PAGE_DOMAINS: readonly PageDomain[] = [
  ...CLOUDS.flatMap(({ pages, setup, myDomain }): PageDomain[] => [
    { domain: `lightning.${pages}`, kind: 'lightning', myDomain },
    { domain: `my.${setup}`, kind: 'setup', myDomain },
    { domain: `file.${pages}`, kind: 'other', myDomain },
    { domain: `vf.${pages}`, kind: 'other', myDomain, packaged: true },
    { domain: `container.${pages}`, kind: 'other', myDomain, packaged: true },
  ]),
  ...['builder', 'preview', 'live-preview', 'live', 'cdn'].map((part): PageDomain => {
    return { domain: `${part}.salesforce-experience.com`, kind: 'other', myDomain: COMMERCIAL };
  }),
  { domain: 'my.salesforce-scrt.com', kind: 'other', myDomain: COMMERCIAL },
  // As they were before enhanced domains, with the instance between: acme--c.eu40.visual.force.com
  ...['visual.force.com', 'visualforce.com', 'content.force.com', 'documentforce.com'].map((domain): PageDomain => {
    return { domain, kind: 'other', myDomain: COMMERCIAL, packaged: true };
  }),
];

const INSTANCE = /^[a-z]{2,4}\d+s?$/;

/**
 * Tells a host of an org's pages (Lightning, Setup, Visualforce, files, previews of sites) from one to log in at.
 *
 * @returns undefined for any other host
 * @see https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
 */
export function pageHost({ hostname }: URL): PageHost | undefined {
  const host = hostname.toLowerCase();
  const found = PAGE_DOMAINS.find(({ domain }) => host === domain || host.endsWith(`.${domain}`));
  if (found === undefined) return undefined;
  const { domain, kind, myDomain, packaged = false } = found;
  const [name = '', ...between] = host.slice(0, -domain.length).split('.').filter(Boolean);
  const [partition, ...more] = between.filter((label) => !INSTANCE.test(label));
  // `c.eu40.visual.force.com` is of an org without a My Domain.
  if (name === '' || more.length > 0 || (packaged && name === 'c')) return { kind, myDomain: undefined };
  const org = packaged ? withoutPackage(name, partition === 'sandbox') : name;
  return { kind, myDomain: `https://${[org, partition, myDomain].filter(Boolean).join('.')}` };
}

/** A sandbox's name stands behind two dashes as well, and it's there in any case. */
function withoutPackage(name: string, isSandbox: boolean): string {
  const parts = name.split('--');
  return parts.length > (isSandbox ? 2 : 1) ? parts.slice(0, -1).join('--') : name;
}

const OF_PAGES = {
  lightning: 'lightning_url',
  setup: 'url_of_setup',
  other: 'url_of_page',
} as const satisfies Record<PageKind, string>;

/**
 * Refuses a URL where nobody can log in, or where what is sent could be read.
 *
 * @throws Failure `url_not_https`; `lightning_url`, `url_of_setup` and `url_of_page` with the org's My Domain instead,
 *   `url_of_unknown_page` where that can't be told
 */
export function requireLoginUrl(url: URL): void {
  const pages = pageHost(url);
  if (pages === undefined) {
    if (!isSafe(url)) throw new Failure('url_not_https', { url: url.origin });
    return;
  }
  const { kind, myDomain } = pages;
  if (myDomain === undefined) throw new Failure('url_of_unknown_page', { url: url.origin });
  throw new Failure(OF_PAGES[kind], { url: url.origin, myDomain });
}

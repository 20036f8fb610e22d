import { Failure } from '../../failure.js';
import { isSafe } from '../hosts.js';
import type { Fetch } from './endpoint.js';

/** In the order in which the first that is set counts. */
const PROXY_VARIABLES = {
  httpsProxy: ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
  httpProxy: ['http_proxy', 'HTTP_PROXY'],
} as const;

const PROXY_PROTOCOLS = ['http:', 'https:', 'socks5:', 'socks:'];

/**
 * `fetch` as the environment wants it: the platform's own, or through the proxy that the usual variables name. What is sent
 * is secret, so it refuses URLs that aren't https, those of this machine excepted.
 *
 * A failure of the proxy itself is an error whose code begins with `PROXY_`, as `PROXY_407 (proxy.acme.com:3128)`.
 *
 * @throws Failure `proxy_malformed`
 */
export async function systemFetch(environment: NodeJS.ProcessEnv): Promise<Fetch> {
  const httpsProxy = proxyOf(environment, PROXY_VARIABLES.httpsProxy);
  const httpProxy = proxyOf(environment, PROXY_VARIABLES.httpProxy);
  const proxies = [httpsProxy, httpProxy].filter((proxy) => proxy !== undefined);
  if (proxies.length === 0) return async (url, init) => fetch(safe(url), init);
  const { EnvHttpProxyAgent, fetch: proxiedFetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({
    httpsProxy: httpsProxy?.href ?? '',
    httpProxy: httpProxy?.href ?? '',
    noProxy: environment['no_proxy'] ?? environment['NO_PROXY'] ?? '',
  });
  return async (url, init) => {
    try {
      const response = (await proxiedFetch(safe(url), { ...init, dispatcher } as never)) as unknown as Response;
      if (response.status === 407) throw new Error('Proxy response (407)');
      return response;
    } catch (error) {
      throw proxyErrorOf(error, proxies) ?? error;
    }
  };
}

/**
 * The proxy that the first of these variables names which is set. `host:port` is one for HTTP, as other programs have it.
 *
 * @throws Failure `proxy_malformed`, which doesn't repeat the value: it may hold a password
 */
function proxyOf(environment: NodeJS.ProcessEnv, variables: readonly string[]): URL | undefined {
  const variable = variables.find((name) => (environment[name] ?? '').trim() !== '');
  if (variable === undefined) return undefined;
  const value = environment[variable]!.trim().replace(/^(["'])(.*)\1$/, '$2');
  const url = URL.parse(/^[a-z][\w+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url === null || url.hostname === '' || !PROXY_PROTOCOLS.includes(url.protocol)) {
    throw new Failure('proxy_malformed', { variable });
  }
  return url;
}

/** The proxy's own failure behind a failed request; undefined where the request got as far as the host that was asked. */
function proxyErrorOf(error: unknown, proxies: readonly URL[]): Error | undefined {
  for (const { code, message, hostname, port } of causesOf(error)) {
    const status = /^Proxy response \((\d+)\)|\((407)\)$/.exec(message)?.slice(1).find(Boolean);
    const proxy = proxies.find(
      (each) =>
        hostname === each.hostname || port === portOf(each) || message.includes(`${each.hostname}:${portOf(each)}`),
    );
    const tls = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO)/.test(code);
    const secure = tls ? proxies.find(({ protocol }) => protocol === 'https:') : undefined;
    const failing =
      proxy ?? secure ?? (status !== undefined || code.startsWith('UND_ERR_PRX') ? proxies[0] : undefined);
    if (failing === undefined) continue;
    return Object.assign(new Error(message), { code: `PROXY_${status ?? code} (${failing.host})` });
  }
  return undefined;
}

type SystemError = Error & { code?: unknown; hostname?: string; port?: number; errors?: unknown[] };

/** An error, what caused it, and the attempts at several addresses that it stands for. */
function causesOf(error: unknown): Array<{ code: string; message: string; hostname?: string; port?: number }> {
  if (!(error instanceof Error)) return [];
  const { code, message, hostname, port, cause, errors = [] } = error as SystemError;
  const own = {
    code: typeof code === 'string' ? code : '',
    message,
    ...(hostname === undefined ? {} : { hostname }),
    ...(port === undefined ? {} : { port }),
  };
  return [own, ...[cause, ...errors].flatMap(causesOf)];
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : protocol === 'http:' ? 80 : 1080);
}

/** @throws Error which says that it isn't asked */
function safe(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !isSafe(parsed)) throw new Error(`no https URL: ${parsed?.origin ?? url}`);
  return url;
}

import type { Fetch } from './endpoint.js';

const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];

/** `fetch` as the environment wants it: the platform's own, or through the proxy that the usual variables name. */
export async function systemFetch(environment: NodeJS.ProcessEnv): Promise<Fetch> {
  if (!PROXY_VARIABLES.some((name) => environment[name])) return fetch;
  const { EnvHttpProxyAgent, fetch: proxiedFetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  return (url, init) => proxiedFetch(url, { ...init, dispatcher } as never) as unknown as Promise<Response>;
}

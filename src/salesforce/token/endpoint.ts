import { keepSecret } from '../../keys/secrets.js';
import { readAnswer, type NoAnswer, type TokenAnswer } from './answer.js';

export type { NoAnswer, Token, TokenAnswer, TokenRefusal } from './answer.js';

/** The grant type of RFC 7523 section 2.1. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** How long the token endpoint may take, in milliseconds, unless the caller says otherwise. */
export const TOKEN_TIMEOUT = 30_000;

/** Bytes of an answer that are read. A token answer has about two thousand; the rest of a longer one says nothing more. */
const LONGEST_ANSWER = 64 * 1024;

/** The one way out to the network: `fetch` of the platform, or one that goes through the user's proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Swaps an assertion for an access token: one POST to `LOGIN_URL/services/oauth2/token`, never repeated, never
 * redirected. Every outcome is a value; nothing is thrown.
 *
 * @param loginUrl the org's My Domain, a login host, or an Experience Cloud site
 * @param timeout milliseconds until the request is given up
 * @see RFC 7523 section 2.1 and https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 */
export async function requestToken(
  fetch: Fetch,
  loginUrl: URL,
  assertion: string,
  timeout = TOKEN_TIMEOUT,
): Promise<TokenAnswer> {
  keepSecret(assertion);
  const url = `${loginUrl.origin}${loginUrl.pathname.replace(/\/+$/, '')}/services/oauth2/token`;
  const sent = await post(fetch, url, new URLSearchParams({ grant_type: JWT_BEARER, assertion }), timeout);
  if ('reason' in sent) return sent;
  const { response, body } = sent;
  const answer = readAnswer(response, body, assertion, loginUrl);
  if (answer.ok) keepSecret(answer.accessToken);
  const date = Date.parse(response.headers.get('date') ?? '');
  return { ...answer, ...(Number.isNaN(date) ? {} : { serverTime: date }) };
}

/** One POST of a form, never redirected, and the start of what came back. */
export async function post(
  fetch: Fetch,
  url: string,
  form: URLSearchParams,
  timeout: number,
): Promise<{ response: Response; body: string } | NoAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: form,
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return { response, body: await startOf(response.body) };
  } catch (error) {
    return { ok: false, kind: 'none', reason: reasonOf(error) };
  }
}

/**
 * Leaving the loop cancels the stream, so what a hostile server would send on is never received.
 *
 * @param limit bytes
 */
export async function startOf(body: ReadableStream<Uint8Array> | null, limit = LONGEST_ANSWER): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}

/** The reason of silence, in one word where the system has one. The innermost system code: `fetch` wraps it in `cause`. The codes of `fetch` itself need its words beside them. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'timeout';
  if (error.cause instanceof Error) return reasonOf(error.cause);
  if (!('code' in error) || typeof error.code !== 'string') return error.message;
  return error.code.startsWith('UND_ERR_') ? `${error.code} (${error.message})` : error.code;
}

import { PassThrough } from 'node:stream';
import { Transport } from '@jsforce/jsforce-node/lib/transport.js';
import type { HttpRequest, HttpResponse } from '@jsforce/jsforce-node/lib/types/index.js';
import { StreamPromise } from '@jsforce/jsforce-node/lib/util/promise.js';
import { Failure } from '../../failure.js';
import { keepSecret, MASK } from '../../keys/secrets.js';
import { isSafe } from '../hosts.js';
import { reasonOf, type Fetch } from '../token/endpoint.js';
import { checkedAnswer } from './answer.js';

/** How long an org may take for one whole answer, in milliseconds. */
const ANSWER_LIMIT = 30_000;
/** Bytes of an answer. The longest that an app's setup brings, a list of all components of a type, is far below. */
const LONGEST_ANSWER = 4 * 1024 * 1024;
/** Bytes of a refusal, which is read for its words. */
const LONGEST_REFUSAL = 64 * 1024;

/** What the client library repeats by itself, and how often: a request that changes nothing, if it may yet succeed. */
const REPEATED_STATUSES = [420, 429, 500, 502, 503, 504];
const REPETITIONS = 5;
const FIRST_PAUSE = 500;

/** Fields of forms that are secret; see RFC 6749, RFC 7009 and RFC 7523. */
const SECRET_FIELDS = ['assertion', 'client_secret', 'code', 'code_verifier', 'password', 'refresh_token', 'token'];

/**
 * Puts a guard before every answer that the client library gets in this process, whichever connection asks: core makes
 * some of its own, while flags are parsed and to renew a session. Each request has one limit of time for the whole
 * answer, repetitions and all, and one of size; none is redirected, since the admin's session would go along; none with a
 * secret leaves over plain HTTP; what was sent is masked in what comes back; and an answer that isn't the one that was
 * asked for is none.
 *
 * Requests then fail with a Failure `org_unreachable`, `org_redirects`, `org_answer_strange`, `org_answer_too_large` or
 * `url_not_https`, besides the client library's own errors for what an org refuses.
 *
 * @param limit milliseconds
 * @param transport that of one connection, where only this one is to be guarded
 */
export function guardAnswers(fetch: Fetch, limit = ANSWER_LIMIT, transport: Transport = Transport.prototype): void {
  transport.httpRequest = (request) =>
    StreamPromise.create(() => ({ stream: new PassThrough(), promise: answerTo(request, fetch, limit) }));
}

/** Milliseconds that an org gets for an answer: `HTTP_TIMEOUT`, the client library's own variable, or 30 seconds. */
export function answerLimit(environment: NodeJS.ProcessEnv): number {
  const given = Number(environment['HTTP_TIMEOUT']);
  return Number.isInteger(given) && given > 0 ? Math.min(given, 2 ** 31 - 1) : ANSWER_LIMIT;
}

async function answerTo(asked: HttpRequest, fetch: Fetch, limit: number): Promise<HttpResponse> {
  const url = URL.parse(asked.url);
  if (url === null || !isSafe(url)) throw new Failure('url_not_https', { url: url?.origin ?? asked.url });
  // The client library joins paths to an instance URL that may end with a slash.
  url.pathname = url.pathname.replace(/^\/{2,}/, '/');
  const request = { ...asked, url: url.href };
  const sent = secretsOf(request);
  for (const secret of sent) keepSecret(secret);
  const signal = AbortSignal.timeout(limit);
  for (let repetition = 0; ; repetition++) {
    const answer = await attempt(request, fetch, signal);
    const lost = answer instanceof Error;
    const pause = FIRST_PAUSE * 2 ** repetition;
    const repeats =
      request.method === 'GET' && (lost ? isPassing(answer) : REPEATED_STATUSES.includes(answer.statusCode));
    if (repeats && repetition < REPETITIONS && (await slept(pause, signal))) continue;
    if (lost && answer instanceof Failure) throw answer;
    if (lost) {
      const reason = reasonOf(answer);
      const code = reason.startsWith('PROXY_') ? 'org_behind_proxy' : 'org_unreachable';
      throw new Failure(code, { instanceUrl: url.origin, reason });
    }
    return checkedAnswer(request, { ...answer, body: masked(answer, sent) });
  }
}

/** One request and the whole answer to it, or why none came. */
async function attempt(request: HttpRequest, fetch: Fetch, signal: AbortSignal): Promise<HttpResponse | Error> {
  const { url, method, body, headers = {} } = request;
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  const init: RequestInit = { method, headers: others, redirect: 'manual', signal };
  try {
    if (method !== 'GET' && typeof body === 'string') init.body = body;
    if (method !== 'GET' && Buffer.isBuffer(body)) init.body = new Uint8Array(body);
    const response = await fetch(url, init);
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await wholeBody(response, url),
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * Leaving the loop cancels the stream, so what a hostile server would send on is never received.
 *
 * @throws Failure `org_answer_too_large`; a refusal is cut instead
 */
async function wholeBody(response: Response, url: string): Promise<string> {
  const limit = response.ok ? LONGEST_ANSWER : LONGEST_REFUSAL;
  const stream: ReadableStream<Uint8Array> | null = response.body;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limit) continue;
    if (!response.ok) break;
    throw new Failure('org_answer_too_large', { instanceUrl: new URL(url).origin, limit });
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}

/** The system's codes for what may pass. */
function isPassing(error: Error): boolean {
  return /^(ECONNRESET|ECONNREFUSED|ENOTFOUND|ENETDOWN|ENETUNREACH|EHOSTDOWN|UND_ERR_SOCKET|ETIMEDOUT|EPIPE)/.test(
    reasonOf(error),
  );
}

/** @returns whether the pause ended before the request was given up */
async function slept(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
  return !signal.aborted;
}

/** The session of a REST request, that of a SOAP envelope, and what a form holds for a token endpoint. */
function secretsOf({ headers = {}, body }: HttpRequest): string[] {
  const header = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const text = typeof body === 'string' ? body : '';
  const form = text.startsWith('<') ? undefined : new URLSearchParams(text);
  return [
    header?.replace(/^\w+ /, ''),
    /<sessionId>([^<]+)<\/sessionId>/.exec(text)?.[1],
    ...SECRET_FIELDS.map((field) => form?.get(field) ?? undefined),
  ].filter((secret) => secret !== undefined && secret !== '') as string[];
}

/** A careless server, or a gateway's error page, may echo what was sent. A token endpoint may give a token out again. */
function masked({ statusCode, body }: HttpResponse, sent: string[]): string {
  const token = statusCode < 300 ? /"access_token"\s*:\s*"([^"]+)"/.exec(body)?.[1] : undefined;
  if (token === undefined) return sent.reduce((text, secret) => text.replaceAll(secret, MASK), body);
  keepSecret(token);
  return body;
}

import type { KeyObject } from 'node:crypto';
import { claimsFor, signAssertion } from '../assertion/assertion.js';
import { isSite } from '../assertion/audience.js';
import { Failure, type FailureCode, type LoginData } from '../failure.js';
import type { TokenAnswer, TokenRefusal } from './answer.js';
import { requestToken, TOKEN_TIMEOUT, type Fetch } from './endpoint.js';
import { meaningOf } from './meaning.js';

/** One JWT login: who logs in with which app, and where. */
export type LoginTarget = { clientId: string; username: string; loginUrl: URL; audience: string };

/** What else is known about a login that failed, for the sake of the words that explain it. */
export type LoginCircumstances = {
  /** The key's file as the user named it; absent where it came from elsewhere. */
  keyFile?: string | undefined;
  /** The certificate of that key, where there is one at hand. */
  certificateFile?: string | undefined;
  /** This machine's clock when the answer came, in milliseconds since the epoch. */
  now?: number;
  /** Milliseconds that a request was given */
  timeout?: number;
  /** Milliseconds that were waited in vain */
  waited?: number;
};

/** Minutes by which a clock has to be off before it is named: a network is slow too, and the header has whole seconds. */
const NOTABLE_MINUTES = 2;

/**
 * Signs one assertion and sends it once.
 *
 * @param now milliseconds since the epoch
 * @param timeout milliseconds until the request is given up
 */
export async function logIn(
  { clientId, username, loginUrl, audience }: LoginTarget,
  privateKey: KeyObject,
  { fetch, now, timeout }: { fetch: Fetch; now: number; timeout: number },
): Promise<TokenAnswer> {
  const claims = claimsFor({ issuer: clientId, subject: username, audience }, now);
  return requestToken(fetch, loginUrl, signAssertion(claims, privateKey), timeout);
}

/** The failure that a refused login is for the user who asked for it. */
export function loginFailure(
  refusal: TokenRefusal & { serverTime?: number },
  target: LoginTarget,
  circumstances: LoginCircumstances = {},
): Failure {
  const { serverTime } = refusal;
  const { now, waited = 0, timeout = TOKEN_TIMEOUT, keyFile = '', certificateFile = 'server.crt' } = circumstances;
  const behind = serverTime === undefined || now === undefined ? 0 : Math.round((serverTime - now) / 60_000);
  const location = refusal.kind === 'strange' ? refusal.location : undefined;
  const data: LoginData = {
    error: refusal.kind === 'oauth' ? refusal.error : '',
    error_description: refusal.kind === 'oauth' ? refusal.errorDescription : '',
    username: target.username,
    clientId: target.clientId,
    loginUrl: target.loginUrl.href.replace(/\/+$/, ''),
    audience: target.audience,
    answer: answerInWords(refusal),
    keyFile,
    certificateFile,
    redirectedTo: originOf(location, target.loginUrl),
    minutesBehind: behind,
    seconds: timeout / 1000,
    minutesWaited: waited / 60_000,
  };
  return new Failure(codeOf(refusal, target, behind), data);
}

/** What the refusal means, with what is known besides. */
function codeOf(refusal: TokenRefusal, { loginUrl }: LoginTarget, minutesBehind: number): FailureCode {
  const { code } = meaningOf(refusal);
  if (code === 'assertion_expired' && minutesBehind >= NOTABLE_MINUTES) return 'clock_behind';
  // Below a path that is no site, the server has a page for people.
  return code === 'token_endpoint_strange' && isSite(loginUrl) ? 'site_unknown' : code;
}

/** The answer in one line, as nobody's words but the server's or the system's. */
export function answerInWords(refusal: TokenRefusal): string {
  if (refusal.kind === 'oauth') return [refusal.error, refusal.errorDescription].filter(Boolean).join(': ');
  if (refusal.kind === 'none') return refusal.reason;
  const { status, location, excerpt } = refusal;
  return [`HTTP ${status}`, location && `→ ${location}`, excerpt].filter(Boolean).join(' ');
}

function originOf(location: string | undefined, base: URL): string {
  const url = location === undefined ? undefined : URL.parse(location, base.href);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.origin : '';
}

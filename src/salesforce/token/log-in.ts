import { claimsFor, signAssertion } from '../../keys/assertion/assertion.js';
import type { Signer } from '../../keys/signer/signer.js';
import { isTrustedFrom } from '../hosts.js';
import { audienceFor, isSite, PRODUCTION_AUDIENCE, SANDBOX_AUDIENCE } from '../../keys/assertion/audience.js';
import { EXAMPLE_ADMIN_ORG } from '../../failure-data.js';
import { Failure, type FailureCode, type LoginData } from '../../failure.js';

import type { TokenAnswer, TokenRefusal } from './answer.js';
import { requestToken, TOKEN_TIMEOUT, type Fetch } from './endpoint.js';
import { meaningOf } from './meaning.js';

/** One JWT login: who logs in with which app, and where. */
export type LoginTarget = { clientId: string; username: string; loginUrl: URL; audience: string };

/** What else is known about a login that failed, for the sake of the words that explain it. */
export type LoginCircumstances = {
  /** The key's file as the user named it; absent where it came from elsewhere. */
  keyFile?: string | undefined;
  /** URI of the key; absent where it came from a file or the environment. */
  signer?: string | undefined;
  passphraseFile?: string | undefined;
  /** Username or alias of a stored login of an admin of this org */
  adminOrg?: string | undefined;
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
 * @throws Failure what `signer.sign` throws; never for a key in memory
 */
export async function logIn(
  { clientId, username, loginUrl, audience }: LoginTarget,
  signer: Signer,
  { fetch, now, timeout }: { fetch: Fetch; now: number; timeout: number },
): Promise<TokenAnswer> {
  const claims = claimsFor({ issuer: clientId, subject: username, audience }, now);
  return requestToken(fetch, loginUrl, await signAssertion(claims, signer), timeout);
}

/** The failure that a refused login is for the user who asked for it. */
export function loginFailure(
  refusal: TokenRefusal & { serverTime?: number },
  target: LoginTarget,
  circumstances: LoginCircumstances = {},
): Failure {
  const { serverTime } = refusal;
  const {
    now,
    waited = 0,
    timeout = TOKEN_TIMEOUT,
    keyFile = '',
    signer = '',
    certificateFile,
    adminOrg,
  } = circumstances;
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
    signer,
    passphraseFile: circumstances.passphraseFile ?? '',
    certificateFile: certificateFile ?? 'server.crt',
    certificateAtHand: certificateFile ?? '',
    adminOrg: adminOrg ?? EXAMPLE_ADMIN_ORG,
    knownAdminOrg: adminOrg ?? '',
    ...audiencesFor(target),
    sharedHost: isLoginHost(target.loginUrl) ? target.loginUrl.host : '',
    redirectedTo: originOf(location, target.loginUrl),
    minutesBehind: behind,
    seconds: timeout / 1000,
    minutesWaited: waited / 60_000,
  };
  return new Failure(codeOf(refusal, target, behind), data);
}

/** The audience as a word of advice, and those that may be right where it is wrong. */
function audiencesFor({
  loginUrl,
  audience,
}: LoginTarget): Pick<LoginData, 'unusualAudience' | 'otherAudience' | 'thirdAudience'> {
  const usual = audienceFor(loginUrl);
  // A login host takes its own name only, and a site its own URL; a My Domain may be of either kind of org.
  const candidates =
    isLoginHost(loginUrl) || isSite(loginUrl)
      ? [usual]
      : [usual, SANDBOX_AUDIENCE, PRODUCTION_AUDIENCE, loginUrl.origin];
  const bare = (url: string): string => url.replace(/\/+$/, '');
  const others = [...new Set(candidates)].filter((candidate) => bare(candidate) !== bare(audience));
  return {
    unusualAudience: bare(audience) === usual ? '' : audience,
    otherAudience: others[0] ?? '',
    thirdAudience: others[1] ?? '',
  };
}

function isLoginHost({ origin }: URL): boolean {
  return [PRODUCTION_AUDIENCE, SANDBOX_AUDIENCE].includes(origin);
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
  // What a text offers to paste is a place of Salesforce's, or nothing.
  return url instanceof URL && isTrustedFrom(base, url.href) ? url.origin : '';
}

import type { KeyObject } from 'node:crypto';
import { audienceFor } from '../assertion/audience.js';
import type { Patience } from '../patience.js';
import { TOKEN_TIMEOUT, type Fetch, type TokenAnswer, type TokenRefusal } from './endpoint.js';
import { logIn, type LoginTarget } from './log-in.js';
import { meaningOf } from './meaning.js';
import { untilGranted } from './until-granted.js';

/** What a proof waits out: nothing, a new app or assignment, or a new certificate besides. */
export type WaitsFor = 'nothing' | 'propagation' | 'certificate';

/**
 * The one refusal that waiting mends only after a deployment that has just replaced the app's certificate: the org's
 * servers may still hold the one before it. At any other time it says that the key is the wrong one.
 */
export function isStaleCertificate(refusal: TokenRefusal): boolean {
  return meaningOf(refusal).code === 'signature_mismatch';
}

/**
 * Asks for a token until the answer is one, or a refusal that waiting doesn't mend, or the time is up.
 *
 * @param limit milliseconds
 * @returns the last answer
 */
async function untilProven(
  ask: () => Promise<TokenAnswer>,
  waitsFor: WaitsFor,
  limit: number,
  patience: Patience,
  onWait: (refusal: TokenRefusal) => void,
): Promise<TokenAnswer> {
  // With a certificate just replaced, a lost answer is no reason to give up: nobody could log in with the old key either.
  const mayMend = (refusal: TokenRefusal): boolean =>
    meaningOf(refusal).mayPropagate ||
    (waitsFor === 'certificate' && (isStaleCertificate(refusal) || refusal.kind === 'none'));
  return untilGranted(ask, waitsFor === 'nothing' ? 0 : limit, patience, onWait, mayMend);
}

/**
 * Where and as whom a login of an app goes.
 *
 * @param audience the one that the environment asks for, if any
 */
export function targetOf(
  instanceUrl: string,
  clientId: string,
  username: string,
  audience: string | undefined,
): LoginTarget {
  const loginUrl = new URL(instanceUrl);
  return { clientId, username, loginUrl, audience: audience || audienceFor(loginUrl) };
}

/** One login to try. */
export type TriedLogin = { clientId: string; username: string; privateKey: KeyObject };

/** Logs in as a user of an app at its org, for as long as it may help; see {@link untilProven}. */
export type Prover = (login: TriedLogin, waitsFor: WaitsFor, limit: number) => Promise<TokenAnswer>;

export function proverAt(
  instanceUrl: string,
  { fetch, audience, patience }: { fetch: Fetch; audience: string | undefined; patience: Patience },
  onWait: (username: string, refusal: TokenRefusal) => void,
): Prover {
  return ({ clientId, username, privateKey }, waitsFor, limit) => {
    const target = targetOf(instanceUrl, clientId, username, audience);
    const ask = (): Promise<TokenAnswer> =>
      logIn(target, privateKey, { fetch, now: patience.now(), timeout: TOKEN_TIMEOUT });
    return untilProven(ask, waitsFor, limit, patience, (refusal) => onWait(username, refusal));
  };
}

import { audienceFor } from '../../keys/assertion/audience.js';
import type { Signer } from '../../keys/signer/signer.js';
import type { Clock } from '../../clock.js';
import { type Fetch, type TokenAnswer, type TokenRefusal } from './endpoint.js';
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
export type TriedLogin = { clientId: string; username: string; signer: Signer };

/**
 * Logs in as a user of an app at its org until the answer is a token, or a refusal that waiting doesn't mend, or the time is up.
 *
 * @param atLeast milliseconds for which what the org itself refuses is asked again, though the time is up
 * @returns the last answer
 */
export type Prover = (login: TriedLogin, waitsFor: WaitsFor, atLeast?: number) => Promise<TokenAnswer>;

/** Who is told of logins while they are tried. */
export type ProverListener = {
  /** An answer that is waited out */
  onLoginWait?: (username: string, refusal: TokenRefusal) => void;
  /** Before each login that may be waited for */
  onPatientLogin?: () => void;
};

export type ProverNetwork = { fetch: Fetch; audience: string | undefined; clock: Clock; timeout: number };

/**
 * @param limits `timeout`: milliseconds until one request is given up; `wait`: milliseconds for which all logins of a command
 *   together are waited for, from the first one that is
 */
export function proverAt(
  instanceUrl: string,
  { fetch, audience, clock, timeout, wait }: ProverNetwork & { wait: number },
  { onLoginWait, onPatientLogin }: ProverListener,
): Prover {
  let end: number | undefined;
  return ({ clientId, username, signer }, waitsFor, atLeast = 0) => {
    const target = targetOf(instanceUrl, clientId, username, audience);
    const ask = (): Promise<TokenAnswer> => logIn(target, signer, { fetch, now: clock.now(), timeout });
    const onRefusal = (refusal: TokenRefusal): void => onLoginWait?.(username, refusal);
    if (waitsFor === 'nothing') return untilGranted(ask, 0, clock, onRefusal);
    onPatientLogin?.();
    const last = (end ??= clock.now() + wait);
    // With a certificate just replaced, a lost answer is no reason to give up: nobody could log in with the old key either.
    const mayMend = (refusal: TokenRefusal): boolean =>
      meaningOf(refusal).mayPropagate ||
      (waitsFor === 'certificate' && (isStaleCertificate(refusal) || (refusal.kind === 'none' && clock.now() < last)));
    return untilGranted(ask, Math.max(last - clock.now(), atLeast), clock, onRefusal, mayMend);
  };
}

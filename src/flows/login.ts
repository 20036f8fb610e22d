import { certificateFileBeside } from '../machine/files/key-input.js';
import type { Clock } from '../clock.js';
import type { Signer } from '../keys/signer/signer.js';
import type { Fetch, Token, TokenRefusal } from '../salesforce/token/endpoint.js';
import { logIn, loginFailure, type LoginTarget } from '../salesforce/token/log-in.js';
import { meaningOf } from '../salesforce/token/meaning.js';
import { untilGranted } from '../salesforce/token/until-granted.js';

export type LoginRequest = {
  target: LoginTarget;
  signer: Signer;
  /** The key's file as the user named it; undefined where it came from the environment. */
  keyFile: string | undefined;
  passphraseFile?: string | undefined;
  /** How long to wait for an app that has yet to propagate, in milliseconds */
  limit: number;
  /** Milliseconds until a request is given up */
  timeout: number;
};

export type LoginDependencies = Clock & {
  fetch: Fetch;
  onWait: (refusal: TokenRefusal) => void;
  /** Finds the stored login of an admin of the org, for the sake of advice. */
  adminOf?: (target: LoginTarget) => string | undefined;
};

/**
 * Logs in, and waits for an app that has yet to propagate.
 *
 * @throws Failure what the last refusal means; where it was waited in vain, it says how long
 */
export async function provenLogin(
  { target, signer, keyFile, passphraseFile, limit, timeout }: LoginRequest,
  dependencies: LoginDependencies,
): Promise<Token> {
  const waits: TokenRefusal[] = [];
  const answer = await untilGranted(
    () => logIn(target, signer, { fetch: dependencies.fetch, now: dependencies.now(), timeout }),
    limit,
    dependencies,
    (refusal) => {
      waits.push(refusal);
      dependencies.onWait(refusal);
    },
  );
  if (answer.ok) return answer;
  const certificateFile = keyFile === undefined || keyFile === '-' ? undefined : certificateFileBeside(keyFile);
  // A refusal that no waiting mends ends the wait early, and is an ordinary failure.
  const waited = waits.length > 0 && meaningOf(answer).mayPropagate ? limit : 0;
  throw loginFailure(answer, target, {
    keyFile,
    signer: signer.uri,
    passphraseFile,
    certificateFile,
    adminOrg: dependencies.adminOf?.(target),
    now: dependencies.now(),
    timeout,
    waited,
  });
}

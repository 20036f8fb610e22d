import type { KeyObject } from 'node:crypto';
import { certificateFileBeside } from './files/key-input.js';
import type { Patience } from './patience.js';
import type { Fetch, Token, TokenRefusal } from './token/endpoint.js';
import { logIn, loginFailure, type LoginTarget } from './token/log-in.js';
import { meaningOf } from './token/meaning.js';
import { untilGranted } from './token/until-granted.js';

export type LoginRequest = {
  target: LoginTarget;
  key: KeyObject;
  /** The key's file as the user named it; undefined where it came from the environment. */
  keyFile: string | undefined;
  /** How long to wait for an app that has yet to propagate, in milliseconds */
  limit: number;
  /** Milliseconds until a request is given up */
  timeout: number;
};

export type LoginWorld = Patience & { fetch: Fetch; onWait: (refusal: TokenRefusal) => void };

/**
 * Logs in, and waits for an app that has yet to propagate.
 *
 * @throws Failure what the last refusal means; where it was waited in vain, it says how long
 */
export async function provenLogin(
  { target, key, keyFile, limit, timeout }: LoginRequest,
  world: LoginWorld,
): Promise<Token> {
  const waits: TokenRefusal[] = [];
  const answer = await untilGranted(
    () => logIn(target, key, { fetch: world.fetch, now: world.now(), timeout }),
    limit,
    world,
    (refusal) => {
      waits.push(refusal);
      world.onWait(refusal);
    },
  );
  if (answer.ok) return answer;
  const certificateFile = keyFile === undefined || keyFile === '-' ? undefined : certificateFileBeside(keyFile);
  // A refusal that no waiting mends ends the wait early, and is an ordinary failure.
  const waited = waits.length > 0 && meaningOf(answer).mayPropagate ? limit : 0;
  throw loginFailure(answer, target, { keyFile, certificateFile, now: world.now(), timeout, waited });
}

import { provenLogin, type LoginRequest, type LoginWorld } from './login.js';
import type { Token } from './token/endpoint.js';
import { checkPath, openFrontDoor, type FrontDoor } from './token/front-door.js';

/** An access token that is stored nowhere, and the front door that it opened, if one was asked for. */
export type FreshToken = { token: Token; frontDoor: FrontDoor | undefined };

/**
 * Logs in for a token alone.
 *
 * @param path where the front door leads; undefined: no front door is wanted
 * @throws Failure those of `checkPath`, before anything is sent; of `provenLogin` and `openFrontDoor`
 */
export async function freshToken(
  request: LoginRequest,
  path: string | undefined,
  world: LoginWorld,
): Promise<FreshToken> {
  if (path !== undefined) checkPath(path);
  const token = await provenLogin(request, world);
  const frontDoor =
    path === undefined
      ? undefined
      : await openFrontDoor(world.fetch, token, path, { ...request.target, timeout: request.timeout });
  return { token, frontDoor };
}

import { provenLogin, type LoginRequest, type LoginDependencies } from './login.js';
import type { Token } from '../salesforce/token/endpoint.js';
import { checkPath, openFrontDoor, type FrontDoor } from '../salesforce/token/front-door.js';

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
  dependencies: LoginDependencies,
): Promise<FreshToken> {
  if (path !== undefined) checkPath(path);
  const token = await provenLogin(request, dependencies);
  const frontDoor =
    path === undefined
      ? undefined
      : await openFrontDoor(dependencies.fetch, token, path, {
          ...request.target,
          timeout: request.timeout,
          adminOrg: dependencies.adminOf?.(request.target),
        });
  return { token, frontDoor };
}

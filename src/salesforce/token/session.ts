import { baseUrl } from '../hosts.js';
import type { Fetch } from './endpoint.js';

/**
 * What an org answers to a request with an access token: the HTTP status, or undefined where no answer came.
 *
 * @param path from the root of the host, with a slash at its start
 * @param timeout milliseconds until the request is given up
 */
export async function statusWithToken(
  fetch: Fetch,
  { instanceUrl, accessToken }: { instanceUrl: string; accessToken: string },
  path: string,
  timeout: number,
): Promise<number | undefined> {
  try {
    const response = await fetch(`${baseUrl(instanceUrl)}${path}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

/** Milliseconds: no org can be set to let a session that nobody uses live longer; two hours are usual. */
const LONGEST_SESSION = 24 * 3_600_000;

/** When a session that begins now, and isn't used, has ended in every org. */
export const latestEnd = (now: Date): Date => new Date(now.getTime() + LONGEST_SESSION);

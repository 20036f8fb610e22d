import type { Fetch } from '../token/endpoint.js';

/** The oldest version that every org serves, for a question that any version answers. */
const VERSION = 'v51.0';

/**
 * Whether an org still takes an access token, by one small request to its REST root. No answer counts as no.
 *
 * @param timeout milliseconds until the request is given up
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm
 */
export async function isAlive(
  fetch: Fetch,
  { instanceUrl, accessToken }: { instanceUrl: string; accessToken: string },
  timeout: number,
): Promise<boolean> {
  try {
    const response = await fetch(`${instanceUrl.replace(/\/+$/, '')}/services/data/${VERSION}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

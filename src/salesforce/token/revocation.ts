import { baseUrl } from '../hosts.js';
import { readAnswer, type TokenRefusal } from './answer.js';
import { post, type Fetch } from './endpoint.js';
import { statusWithToken } from './session.js';

/** `ended`: the token was of no use to anybody any more. */
export type Revocation = { state: 'revoked' | 'ended' } | { state: 'alive'; refusal: TokenRefusal };

/** A resource that every user may ask for with a token that lives, of a version old enough for every org. */
const QUESTION = '/services/data/v51.0';

/**
 * Revokes an access token: one POST to `INSTANCE_URL/services/oauth2/revoke`. Every outcome is a value.
 *
 * Orgs don't agree on the words for a token that has ended already, so where the refusal isn't `invalid_token`, the
 * token is used once to see whether it lives.
 *
 * @param timeout milliseconds until a request is given up
 * @see RFC 7009 and https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm
 */
export async function revokeToken(
  fetch: Fetch,
  instanceUrl: string,
  accessToken: string,
  timeout: number,
): Promise<Revocation> {
  const origin = baseUrl(instanceUrl);
  const form = new URLSearchParams({ token: accessToken });
  const sent = await post(fetch, `${origin}/services/oauth2/revoke`, form, timeout);
  if ('reason' in sent) return { state: 'alive', refusal: sent };
  const { response, body } = sent;
  // A page of a proxy or of maintenance comes with 200 too; the answer has no body.
  if (response.ok && body.trim() === '') return { state: 'revoked' };
  const answer = readAnswer(response, body, accessToken);
  const refusal: TokenRefusal = answer.ok
    ? { ok: false, kind: 'strange', what: 'other', status: response.status, excerpt: '' }
    : answer;
  const session = { instanceUrl, accessToken };
  // No answer says nothing, and the refusal stands.
  const ended =
    refusal.kind === 'oauth' &&
    (refusal.error === 'invalid_token' || (await statusWithToken(fetch, session, QUESTION, timeout)) === 401);
  return ended ? { state: 'ended' } : { state: 'alive', refusal };
}

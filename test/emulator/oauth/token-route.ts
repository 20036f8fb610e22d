import { formOf, html, type HttpReply, type HttpRequest, json } from '../http/message.js';
import { open, type Route } from '../http/router.js';
import { OauthError, refusal } from './errors.js';
import { grantAuthorizationCode, grantRefreshToken } from './authorization-code.js';
import { type GrantSource, grantJwtBearer } from './jwt-bearer.js';
import type { TokenResponse } from './issue.js';

/** `POST /services/oauth2/token`, at the org itself and below each Experience Cloud site. */
export const tokenRoutes: readonly Route[] = [
  open('*', '/services/oauth2/token', ({ state, request }) => {
    const host = { kind: 'my-domain' as const, url: state.origin };
    return answerGrant(request, { host, state, orgs: [state], sourceIp: request.remoteAddress });
  }),
  open('*', '/:site/services/oauth2/token', ({ state, request, params }) => {
    const site = state.sites.find(({ name }) => name === params['site']);
    if (!site) return html(404, '<html><body>URL No Longer Exists</body></html>');
    const host = { kind: 'site' as const, url: `${state.origin}/${site.name}`, site };
    return answerGrant(request, { host, state, orgs: [state], sourceIp: request.remoteAddress });
  }),
];

export function answerGrant(request: HttpRequest, source: GrantSource): HttpReply {
  const outage = source.state?.switches.dataNotAvailable ?? false;
  if (outage !== false)
    return html(outage, '<html><head><title>Data Not Available</title></head><body>Data Not Available</body></html>');
  try {
    if (request.method !== 'POST') throw refusal.mustPost();
    const noStore = { 'cache-control': 'no-cache, no-store', 'pragma': 'no-cache' };
    return json(200, grantToken(formOf(request), source), noStore);
  } catch (error) {
    if (error instanceof OauthError) return error.reply();
    throw error;
  }
}

/** The generic hosts know the JWT bearer flow alone: nobody asks them for another one here. */
function grantToken(form: URLSearchParams, source: GrantSource): TokenResponse {
  const grantType = form.get('grant_type');
  if (source.state && grantType === 'authorization_code') return grantAuthorizationCode(form, source.state);
  if (source.state && grantType === 'refresh_token') return grantRefreshToken(form, source.state);
  return grantJwtBearer(form, source);
}

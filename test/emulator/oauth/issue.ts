import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import type { Session, User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import type { TokenHost } from './hosts.js';
import type { KnownClient } from './lookup.js';
import { oauthScopes, REFRESH_TOKEN } from './scopes.js';

export type TokenResponse = Record<string, string>;

/** Exactly five members for this grant: no refresh token, no lifetime. Sites add two, current releases may add more. */
export function issueToken(client: KnownClient, user: User, host: TokenHost): TokenResponse {
  const { state } = client;
  const session = reusable(client, user) ?? newSession(client, user);
  const site = host.site && { sfdc_community_url: host.url, sfdc_community_id: host.site.id };
  return {
    access_token: session.token,
    ...site,
    scope: session.scopes.join(' '),
    instance_url: state.origin,
    id: `${state.genericHost}/id/${state.orgId}/${user.id}`,
    token_type: 'Bearer',
    ...extrasOf(client, session),
  };
}

function extrasOf({ state, app }: KnownClient, session: Session): TokenResponse {
  const { tokenResponseExtras } = state.switches;
  if (tokenResponseExtras === 'never') return {};
  const always = tokenResponseExtras === 'always';
  return {
    ...(always || app.issuesJwtTokens ? { token_format: session.format } : {}),
    ...(always || session.scopes.includes('sfap_api') ? { api_instance_url: 'https://api.salesforce.com' } : {}),
  };
}

function reusable({ state, consumer }: KnownClient, user: User): Session | undefined {
  if (state.switches.repeatedGrant !== 'same-token') return undefined;
  return [...state.sessions.values()].find(
    ({ token, userId, clientId }) => userId === user.id && clientId === consumer.key && state.liveSession(token),
  );
}

function newSession({ state, consumer, app }: KnownClient, user: User): Session {
  const scopes = oauthScopes(app.scopes).filter((scope) => scope !== REFRESH_TOKEN);
  const minutes = app.sessionTimeoutMinutes;
  const lifetime = minutes === undefined ? {} : { lifetimeMs: minutes * 60_000 };
  if (!app.issuesJwtTokens) return state.openSession(user, { scopes, clientId: consumer.key, ...lifetime });
  const token = jwtToken(state, user, consumer.key, scopes);
  return state.openSession(user, { scopes, clientId: consumer.key, format: 'jwt', token, ...lifetime });
}

let signingKey: KeyObject | undefined;

/** A JWT-format access token (RFC 9068): usable with REST, refused by SOAP. */
function jwtToken(state: OrgState, user: User, clientId: string, scopes: string[]): string {
  signingKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const issued = Math.floor(state.clock.now() / 1000);
  const claims = {
    scp: scopes.join(' '),
    sub: `uid:${user.id}`,
    iss: state.origin,
    aud: [state.origin],
    client_id: clientId,
    nbf: issued,
    exp: issued + 1800,
    iat: issued,
    jti: state.ids.next('oauthConsumer'),
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ tnk: `core/prod/${state.orgId}`, ver: '1.0', kid: 'CoreATJWT', tty: 'sfdc-core-token', typ: 'JWT', alg: 'RS256' })}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), signingKey).toString('base64url')}`;
}

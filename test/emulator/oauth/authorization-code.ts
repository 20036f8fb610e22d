import { createHmac } from 'node:crypto';

import { type App, nested, text } from '../model/apps.js';
import type { Fields, User } from '../model/domain.js';
import { BASE62, randomText } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { refusal } from './errors.js';
import type { TokenResponse } from './issue.js';
import { findClient } from './lookup.js';
import { PLATFORM_CLI, PLATFORM_CLI_SCOPES } from './platform-cli.js';
import { checkUser } from './policy.js';
import { oauthScopes, REFRESH_TOKEN } from './scopes.js';

/** A code counts for 15 minutes (Salesforce Help, "OAuth 2.0 Web Server Flow"). */
const CODE_LIFETIME_MS = 15 * 60 * 1000;

export function newAuthorizationCode(state: OrgState, user: User, clientId: string, callbackUrl: string): string {
  const code = `aPrx${randomText(80, `${BASE62}._`)}==`;
  const expiresAt = state.clock.elapsed() + CODE_LIFETIME_MS;
  state.authorizationCodes.set(code, { userId: user.id, clientId, callbackUrl, expiresAt });
  return code;
}

/** The web server flow's second step (RFC 6749, section 4.1.3): a code serves once. */
export function grantAuthorizationCode(form: URLSearchParams, state: OrgState): TokenResponse {
  const code = form.get('code') ?? '';
  const known = state.authorizationCodes.get(code);
  const client = authenticate(form, state);
  if (!known || known.clientId !== client.id) throw refusal.invalidCode();
  if (known.expiresAt <= state.clock.elapsed()) throw refusal.expired();
  if (form.get('redirect_uri') !== known.callbackUrl) throw refusal.redirectUri();
  state.authorizationCodes.delete(code);
  const user = userOf(state, known.userId);
  checkUser(state, user);
  const response = issue(state, user, client);
  if (!client.scopes.includes(REFRESH_TOKEN)) return response;
  const token = `5Aep861${randomText(80, `${BASE62}._`)}`;
  state.refreshTokens.set(token, { userId: user.id, clientId: client.id, scopes: client.scopes });
  return { ...response, refresh_token: token };
}

/** RFC 6749, section 6. The refresh token stays the same: rotation is a setting of the app, and off. */
export function grantRefreshToken(form: URLSearchParams, state: OrgState): TokenResponse {
  const client = authenticate(form, state);
  const known = state.refreshTokens.get(form.get('refresh_token') ?? '');
  if (!known || known.clientId !== client.id) throw refusal.expiredRefreshToken();
  const user = userOf(state, known.userId);
  checkUser(state, user);
  return issue(state, user, { ...client, scopes: known.scopes });
}

interface Client {
  id: string;
  secret: string;
  scopes: readonly string[];
}

/** A client shows its secret, unless it has none or its app doesn't ask for one in this flow. */
function authenticate(form: URLSearchParams, state: OrgState): Client {
  const id = form.get('client_id') ?? '';
  if (id === PLATFORM_CLI) return { id, secret: '', scopes: PLATFORM_CLI_SCOPES };
  const { app, consumer } = findClient(state, id);
  const given = form.get('client_secret');
  const mustShow = !isSecretOptional(app);
  if (given === null ? mustShow : given !== consumer.secret) throw refusal.invalidClientCredentials();
  return { id, secret: consumer.secret, scopes: oauthScopes(app.scopes) };
}

function isSecretOptional(app: App): boolean {
  const fields: Fields[] = app.components.map((component) => component.fields);
  const name = 'isConsumerSecretOptional';
  return fields.some((entry) => text(entry, name) === 'true' || text(nested(entry, 'oauthConfig'), name) === 'true');
}

function userOf(state: OrgState, id: string): User {
  const user = state.userById(id);
  if (!user) throw refusal.inactiveUser();
  return user;
}

function issue(state: OrgState, user: User, { id: clientId, secret, scopes }: Client): TokenResponse {
  const granted = scopes.filter((scope) => scope !== REFRESH_TOKEN);
  const session = state.openSession(user, { scopes: granted, clientId });
  const id = `${state.genericHost}/id/${state.orgId}/${user.id}`;
  const issuedAt = String(state.clock.now());
  return {
    access_token: session.token,
    signature: createHmac('sha256', secret)
      .update(id + issuedAt)
      .digest('base64'),
    scope: scopes.join(' '),
    instance_url: state.origin,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
  };
}

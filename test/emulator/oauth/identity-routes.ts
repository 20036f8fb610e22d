import { empty, formOf, html, type HttpReply, json } from '../http/message.js';
import { bearerSession, type Call, open, type Route } from '../http/router.js';
import type { Session, User } from '../model/domain.js';
import { sameId } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';

/** What else the authorization server of an org offers around a token. */
export const identityRoutes: readonly Route[] = [
  open('GET', '/services/oauth2/userinfo', (call) => withUser(call, (user) => json(200, userInfo(call.state, user)))),
  open('GET', '/id/:org/:user', (call) =>
    withUser(call, (user) => {
      const asked = call.state.userById(call.params['user'] ?? '');
      const known = asked && sameId(call.params['org'] ?? '', call.state.orgId);
      return known ? json(200, identity(call.state, asked, user)) : html(404, 'Not Found');
    }),
  ),
  open('POST', '/services/oauth2/revoke', revoke),
  open('GET', '/services/oauth2/revoke', revoke),
  open('POST', '/services/oauth2/introspect', introspect),
  open('GET', '/.well-known/openid-configuration', ({ state }) => json(200, discovery(state.origin))),
  open('GET', '/id/keys', () => json(200, { keys: [] })),
];

function withUser(call: Call, answer: (user: User) => HttpReply): HttpReply {
  const session = bearerSession(call);
  const user = session && call.state.userById(session.userId);
  return user ? answer(user) : html(403, 'Bad_OAuth_Token');
}

function urls(state: OrgState, user: User): Record<string, string> {
  const soap = `${state.origin}/services/Soap`;
  return {
    enterprise: `${soap}/c/{version}/${state.orgId}`,
    metadata: `${soap}/m/{version}/${state.orgId}`,
    partner: `${soap}/u/{version}/${state.orgId}`,
    rest: `${state.origin}/services/data/v{version}/`,
    sobjects: `${state.origin}/services/data/v{version}/sobjects/`,
    search: `${state.origin}/services/data/v{version}/search/`,
    query: `${state.origin}/services/data/v{version}/query/`,
    profile: `${state.origin}/${user.id}`,
    custom_domain: state.origin,
  };
}

function userInfo(state: OrgState, user: User): object {
  return {
    sub: `${state.genericHost}/id/${state.orgId}/${user.id}`,
    user_id: user.id,
    organization_id: state.orgId,
    preferred_username: user.username,
    nickname: user.username.split('@')[0],
    name: `${user.firstName} ${user.lastName}`,
    email: user.email,
    email_verified: true,
    given_name: user.firstName,
    family_name: user.lastName,
    zoneinfo: 'America/Los_Angeles',
    photos: { picture: `${state.origin}/profilephoto/005/F`, thumbnail: `${state.origin}/profilephoto/005/T` },
    profile: `${state.origin}/${user.id}`,
    picture: `${state.origin}/profilephoto/005/F`,
    address: {},
    urls: urls(state, user),
    active: user.active,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: -28800000,
    updated_at: new Date(user.createdAt).toISOString(),
    is_salesforce_integration_user: false,
  };
}

function identity(state: OrgState, user: User, caller: User): object {
  return {
    id: `${state.genericHost}/id/${state.orgId}/${user.id}`,
    asserted_user: user === caller,
    user_id: user.id,
    organization_id: state.orgId,
    username: user.username,
    nick_name: user.username.split('@')[0],
    display_name: `${user.firstName} ${user.lastName}`,
    email: user.email,
    active: user.active,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    urls: urls(state, user),
  };
}

/** A token that lives, or the `DeleteToken` of an approval; nothing else can be revoked. */
function revoke({ state, request }: Call): HttpReply {
  const token = formOf(request).get('token') ?? request.query.get('token') ?? '';
  if (state.liveSession(token) !== undefined) {
    state.sessions.delete(token);
    return empty(200);
  }
  const approval = [...state.approvals].find((entry) => {
    const [userId = '', consumerId = ''] = entry.split('|');
    return token === `delete-${userId.slice(0, 15)}-${consumerId.slice(0, 15)}`;
  });
  if (approval !== undefined && state.approvals.delete(approval)) return empty(200);
  return json(400, REVOCATION_ERRORS[state.switches.deadTokenRevocation]);
}

const REVOCATION_ERRORS = {
  invalid_token: { error: 'invalid_token', error_description: 'invalid token' },
  unsupported_token_type: { error: 'unsupported_token_type', error_description: 'this token type is not supported' },
};

/** RFC 7662; only the app that got the token may ask, with its secret. */
function introspect({ state, request }: Call): HttpReply {
  const form = formOf(request);
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const [basicId, basicSecret] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':');
  const clientId = form.get('client_id') ?? basicId;
  const consumer = state.consumers.find(({ key }) => key === clientId);
  if (!consumer || consumer.secret !== (form.get('client_secret') ?? basicSecret)) {
    return json(401, { error: 'invalid_client', error_description: 'invalid client credentials' });
  }
  const session = state.liveSession(form.get('token') ?? '');
  const user = session && state.userById(session.userId);
  if (!session || !user || session.clientId !== consumer.key) return json(200, { active: false });
  return json(200, introspection(state, session, user));
}

function introspection(state: OrgState, session: Session, user: User): object {
  return {
    active: true,
    scope: session.scopes.join(' '),
    client_id: session.clientId,
    username: user.username,
    sub: `${state.genericHost}/id/${state.orgId}/${user.id}`,
    token_type: 'access_token',
    exp: Math.floor(session.expiresAt / 1000),
    iat: Math.floor(session.createdAt / 1000),
    nbf: Math.floor(session.createdAt / 1000),
  };
}

function discovery(origin: string): object {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/services/oauth2/authorize`,
    token_endpoint: `${origin}/services/oauth2/token`,
    revocation_endpoint: `${origin}/services/oauth2/revoke`,
    userinfo_endpoint: `${origin}/services/oauth2/userinfo`,
    jwks_uri: `${origin}/id/keys`,
    introspection_endpoint: `${origin}/services/oauth2/introspect`,
    response_types_supported: ['code', 'token', 'token id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

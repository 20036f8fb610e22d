import { expect } from 'chai';
import { meaningOf } from '../../../src/salesforce/token/meaning.js';

/** What Salesforce documents or was seen to answer, and whether waiting after a deployment can mend it. */
const REFUSALS: Array<[error: string, description: string, code: string, mayPropagate: boolean]> = [
  ['invalid_grant', "user hasn't approved this consumer", 'user_not_approved', true],
  ['invalid_grant', 'user hasn’t approved this consumer', 'user_not_approved', true],
  ['invalid_app_access', 'user is not admin approved to access this app', 'user_not_admin_approved', true],
  ['invalid_app_acess', 'user is not admin approved to access this app', 'user_not_admin_approved', true],
  ['invalid_client_id', 'client identifier invalid', 'client_id_unknown', true],
  ['app_not_found', 'External client app is not installed in this org', 'app_not_in_org', true],
  [
    'OAUTH_AUTHORIZATION_BLOCKED',
    'Cross-org OAuth flows are not supported for this external client app',
    'app_not_in_org',
    false,
  ],
  ['OAUTH_AUTHORIZATION_BLOCKED', '', 'app_blocked', false],
  ['invalid_client', 'app must be installed into org', 'app_not_installed', false],
  ['invalid_grant', 'audience is invalid', 'audience_invalid', false],
  ['invalid_grant', 'Audience validation failed', 'audience_invalid', false],
  ['invalid_grant', 'invalid assertion', 'signature_mismatch', false],
  ['invalid_client', 'invalid client credentials', 'signature_mismatch', false],
  ['invalid_grant', 'expired authorization code', 'assertion_expired', false],
  ['invalid_request', 'jti already in use', 'assertion_replayed', false],
  [
    'invalid_request',
    'refresh_token scope is required and the connected app should be installed and preauthorized.',
    'scope_refresh_token_missing',
    false,
  ],
  ['invalid_grant', 'ip restricted', 'ip_restricted', false],
  ['invalid_grant', 'inactive user', 'user_inactive', false],
  ['inactive_user', '', 'user_inactive', false],
  ['invalid_grant', 'user is locked', 'user_locked', false],
  ['invalid_grant', 'authentication failure', 'authentication_failure', false],
  ['invalid_grant', 'login rate exceeded', 'login_rate_exceeded', false],
  ['rate_limit_exceeded', 'number of logins exceeded', 'org_login_limit', false],
  ['inactive_org', 'organization is locked, closed, or suspended', 'org_inactive', false],
  ['unsupported_grant_type', 'grant type not supported', 'grant_type_unsupported', false],
  ['invalid_grant', 'activation secret invalid', 'authentication_failure', false],
  ['invalid_grant', 'invalid login hours', 'login_hours', false],
  ['invalid_grant', 'high assurance session required', 'high_assurance_required', false],
  ['invalid_grant', 'no valid scopes defined', 'scopes_invalid', false],
  ['invalid_scope', 'the requested scope is not allowed', 'scopes_invalid', false],
  ['invalid_request', 'scope parameter not supported', 'request_altered', false],
  ['invalid_request', 'must use HTTP POST', 'request_altered', false],
  ['invalid_request', 'HTTPS required', 'https_required', false],
  ['OAUTH_APP_BLOCKED', 'this app is blocked by admin', 'app_blocked', false],
  ['OAUTH_EC_APP_NOT_FOUND', '', 'app_not_in_org', true],
  ['invalid_grant', 'something nobody has seen', 'token_refused', false],
  ['brand_new_error', '', 'token_refused', false],
];

describe('meaningOf', () => {
  for (const [error, errorDescription, code, mayPropagate] of REFUSALS) {
    it(`${error}: ${errorDescription} is ${code}${mayPropagate ? ', worth waiting' : ''}`, () => {
      const refusal = { ok: false, kind: 'oauth', status: 400, error, errorDescription } as const;
      expect(meaningOf(refusal)).to.include({ code, mayPropagate });
    });
  }

  for (const [reason, code] of [
    ['timeout', 'token_endpoint_timeout'],
    ['UND_ERR_CONNECT_TIMEOUT (Connect Timeout Error)', 'token_endpoint_timeout'],
    ['ENOTFOUND', 'host_unknown'],
    ['EAI_AGAIN', 'host_unknown'],
    ['ECONNREFUSED', 'connection_refused'],
    ['ECONNRESET', 'connection_dropped'],
    ['UND_ERR_SOCKET (other side closed)', 'connection_dropped'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_failed'],
    ['CERT_HAS_EXPIRED', 'tls_failed'],
    ['EHOSTUNREACH', 'token_endpoint_unreachable'],
  ] as const) {
    it(`silence because of ${reason} is ${code}`, () => {
      expect(meaningOf({ ok: false, kind: 'none', reason })).to.deep.equal({ code, mayPropagate: false });
    });
  }

  for (const [what, code] of [
    ['redirect', 'token_endpoint_redirects'],
    ['unavailable', 'org_not_available'],
    ['busy', 'token_endpoint_busy'],
    ['failing', 'token_endpoint_failing'],
    ['tokenless', 'token_missing'],
    ['other', 'token_endpoint_strange'],
  ] as const) {
    it(`an answer that is ${what} is ${code}`, () => {
      const refusal = { ok: false, kind: 'strange', what, status: 200, excerpt: '' } as const;
      expect(meaningOf(refusal)).to.deep.equal({ code, mayPropagate: false });
    });
  }
});

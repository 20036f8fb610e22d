import type { FailureCode } from '../../failure.js';
import type { OAuthRefusal, StrangeAnswer, TokenRefusal } from './answer.js';

/** What a refusal means: its stable code, and whether a new app or assignment that has yet to propagate explains it. */
export type Meaning = { code: FailureCode; mayPropagate: boolean };

type Row = [error: string | RegExp, description: RegExp, code: FailureCode, mayPropagate?: 'may propagate'];

const ANY = /^/;

/**
 * The refusals of the token endpoint, the more particular first. Only those of an app or an assignment that the org's
 * servers may not know yet are worth another try, and only right after a deployment.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
 */
const ROWS: readonly Row[] = [
  ['invalid_grant', /hasn.t approved this consumer/i, 'user_not_approved', 'may propagate'],
  // The documentation has the second spelling.
  [/^invalid_app_acc?ess$/, ANY, 'user_not_admin_approved', 'may propagate'],
  ['invalid_client_id', ANY, 'client_id_unknown', 'may propagate'],
  [/^(app_not_found|OAUTH_EC_APP_NOT_FOUND)$/, ANY, 'app_not_in_org', 'may propagate'],
  [ANY, /cross-org oauth flows/i, 'app_not_in_org'],
  ['invalid_client', /must be installed/i, 'app_not_installed'],
  ['invalid_client', /invalid client credentials/i, 'signature_mismatch'],
  [/^(OAUTH_APP_BLOCKED|OAUTH_APP_ACCESS_DENIED|OAUTH_AUTHORIZATION_BLOCKED)$/i, ANY, 'app_blocked'],
  ['invalid_grant', /audience/i, 'audience_invalid'],
  ['invalid_grant', /invalid assertion/i, 'signature_mismatch'],
  ['invalid_grant', /expired authorization code/i, 'assertion_expired'],
  ['invalid_grant', /ip restricted/i, 'ip_restricted'],
  ['invalid_grant', /login hours/i, 'login_hours'],
  ['invalid_grant', /inactive user/i, 'user_inactive'],
  ['inactive_user', ANY, 'user_inactive'],
  ['invalid_grant', /user is locked/i, 'user_locked'],
  ['invalid_grant', /authentication failure|activation secret invalid/i, 'authentication_failure'],
  ['invalid_grant', /login rate exceeded/i, 'login_rate_exceeded'],
  ['invalid_grant', /high.assurance/i, 'high_assurance_required'],
  ['invalid_grant', /no valid scopes/i, 'scopes_invalid'],
  ['invalid_scope', ANY, 'scopes_invalid'],
  ['rate_limit_exceeded', ANY, 'org_login_limit'],
  ['inactive_org', ANY, 'org_inactive'],
  ['unsupported_grant_type', ANY, 'grant_type_unsupported'],
  ['invalid_request', /jti already in use/i, 'assertion_replayed'],
  ['invalid_request', /refresh_token scope/i, 'scope_refresh_token_missing'],
  ['invalid_request', /https/i, 'https_required'],
  ['invalid_request', /scope parameter|http post/i, 'request_altered'],
];

const STRANGE: Record<StrangeAnswer['what'], FailureCode> = {
  redirect: 'token_endpoint_redirects',
  unavailable: 'org_not_available',
  busy: 'token_endpoint_busy',
  failing: 'token_endpoint_failing',
  tokenless: 'token_missing',
  foreign: 'instance_url_foreign',
  other: 'token_endpoint_strange',
};

/** Reasons of silence: codes of the system, of OpenSSL and of `fetch`. */
const SILENCES: ReadonlyArray<[reason: RegExp, code: FailureCode]> = [
  [/^PROXY_407/, 'proxy_login_required'],
  [/^PROXY_/, 'proxy_failing'],
  [/^(timeout|ETIMEDOUT|UND_ERR_\w+_TIMEOUT)/, 'token_endpoint_timeout'],
  [/^(ENOTFOUND|EAI_)/, 'host_unknown'],
  [/^ECONNREFUSED/, 'connection_refused'],
  [/^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)/, 'connection_dropped'],
  [/^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/, 'tls_failed'],
];

export function meaningOf(refusal: TokenRefusal): Meaning {
  if (refusal.kind === 'oauth') return oauthMeaning(refusal);
  if (refusal.kind === 'strange') return { code: STRANGE[refusal.what], mayPropagate: false };
  const code = SILENCES.find(([reason]) => reason.test(refusal.reason))?.[1] ?? 'token_endpoint_unreachable';
  return { code, mayPropagate: false };
}

function oauthMeaning({ error, errorDescription }: OAuthRefusal): Meaning {
  const row = ROWS.find(
    ([name, description]) =>
      (typeof name === 'string' ? name === error : name.test(error)) && description.test(errorDescription),
  );
  return { code: row?.[2] ?? 'token_refused', mayPropagate: row?.[3] !== undefined };
}

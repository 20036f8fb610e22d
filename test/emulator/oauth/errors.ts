import { type HttpReply, json } from '../http/message.js';

/** A refusal of the token endpoint (RFC 6749, section 5.2), with what LoginHistory shows to an admin. */
export class OauthError extends Error {
  public constructor(
    public readonly code: string,
    public readonly description: string,
    public readonly history = 'Failed: Not approved for access',
  ) {
    super(`${code}: ${description}`);
  }

  public reply(): HttpReply {
    const noStore = { 'cache-control': 'no-cache, no-store', 'pragma': 'no-cache' };
    return json(400, { error: this.code, error_description: this.description }, noStore);
  }
}

const BAD_JWT = "Failed: : Couldn't validate jwt";

/** Salesforce's own words. `[assumed]` marks those no recording or documentation shows. */
export const refusal = {
  mustPost: () => new OauthError('invalid_request', 'must use HTTP POST'),
  grantType: () => new OauthError('unsupported_grant_type', 'grant type not supported'),
  scopeParameter: () => new OauthError('invalid_request', 'scope parameter not supported'),
  /** [assumed] */
  noAssertion: () => new OauthError('invalid_request', 'missing required parameter: assertion'),
  invalidAssertion: () => new OauthError('invalid_grant', 'invalid assertion', BAD_JWT),
  invalidClientCredentials: () => new OauthError('invalid_client', 'invalid client credentials', BAD_JWT),
  audience: () => new OauthError('invalid_grant', 'audience is invalid', BAD_JWT),
  clientIdentifier: () => new OauthError('invalid_client_id', 'client identifier invalid', 'Failed: Invalid Client'),
  appNotFound: () => new OauthError('app_not_found', 'External client app is not installed in this org'),
  crossOrg: () =>
    new OauthError(
      'OAUTH_AUTHORIZATION_BLOCKED',
      'Cross-org OAuth flows are not supported for this external client app',
    ),
  /** [assumed] What the endpoint says; the history is known. */
  restrictedDomain: () => new OauthError('invalid_grant', 'authentication failure', 'Restricted Domain'),
  invalidCode: () => new OauthError('invalid_grant', 'invalid authorization code'),
  redirectUri: () => new OauthError('redirect_uri_mismatch', 'redirect_uri must match configuration'),
  expiredRefreshToken: () => new OauthError('invalid_grant', 'expired access/refresh token'),
  expired: () => new OauthError('invalid_grant', 'expired authorization code', `${BAD_JWT}: expired`),
  jtiInUse: () => new OauthError('invalid_request', 'jti already in use', BAD_JWT),
  notApproved: () => new OauthError('invalid_grant', "user hasn't approved this consumer"),
  notAdminApproved: () => new OauthError('invalid_app_access', 'user is not admin approved to access this app'),
  inactiveUser: () => new OauthError('invalid_grant', 'inactive user', 'Failed: User is Inactive'),
  lockedUser: () => new OauthError('invalid_grant', 'user is locked', 'Failed: User Locked Out'),
  loginRate: () => new OauthError('invalid_grant', 'login rate exceeded', 'Login Rate Exceeded'),
  orgLoginLimit: () => new OauthError('rate_limit_exceeded', 'number of logins exceeded', 'Login Rate Exceeded'),
  orgLocked: () => new OauthError('inactive_org', 'organization is locked, closed, or suspended'),
  refreshScope: () =>
    new OauthError(
      'invalid_request',
      'refresh_token scope is required and the connected app should be installed and preauthorized.',
    ),
  noValidScopes: () => new OauthError('invalid_grant', 'no valid scopes defined'),
  ipRestricted: () => new OauthError('invalid_grant', 'ip restricted', 'Failed: Restricted IP'),
  /** [assumed] The same words the documentation has for both restrictions of the user's profile. */
  loginHours: () => new OauthError('invalid_grant', 'invalid login hours', 'Failed: Outside of Login Hours'),
  /** [assumed] */
  appBlocked: () => new OauthError('OAUTH_APP_BLOCKED', 'this app is blocked by admin'),
  /** [assumed] */
  highAssurance: () => new OauthError('invalid_grant', 'high assurance session required'),
} as const;

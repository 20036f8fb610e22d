import type { Failure } from '../../failure.js';

export type Severity = 'error' | 'warning' | 'ok';

/** Every finding by its stable code, with the values that its text in `messages/jwt.doctor.md` names in braces. */
export type FindingData = {
  access_row_missing: { app: string; permissionSet: string; connect: string };
  api_answer_strange: { reason: string; instanceUrl: string };
  api_refuses_token: { reason: string; instanceUrl: string };
  api_silent: { reason: string; instanceUrl: string };
  app_certificate_ended: { app: string; notAfter: string; rotate: string };
  app_certificate_matches: { app: string; fingerprint: string };
  app_certificate_missing: { app: string; connect: string };
  app_certificate_of_other_key: { app: string; source: string; fingerprint: string; connect: string };
  app_certificate_other_file: { app: string; path: string; fingerprint: string };
  app_disabled: { app: string };
  app_enforces_ip: { app: string; sourceIp: string; connect: string };
  app_found: { app: string; type: string };
  app_issues_jwt_tokens: { app: string };
  app_missing: { clientId: string; admin: string; certificateFile: string; username: string };
  app_opens_to_nobody: { app: string; connect: string };
  app_requires_high_assurance: { app: string };
  app_scopes_only_refresh_token: { app: string; connect: string };
  app_scopes_without_refresh_token: { app: string; scopes: string; connect: string };
  app_self_authorized: { app: string; username: string; connect: string };
  app_unidentified: { clientId: string; apps: string };
  audience_unusual: { audience: string; expected: string; grant: string };
  certificate_ended: {
    path: string;
    notAfter: string;
    admin: string;
    clientId: string;
    username: string;
    keyFile: string;
  };
  certificate_ends_soon: {
    path: string;
    notAfter: string;
    days: number;
    admin: string;
    clientId: string;
    username: string;
    keyFile: string;
  };
  certificate_starts_later: { path: string; notBefore: string };
  certificate_usable: { path: string; notAfter: string; days: number };
  client_id_shape: { clientId: string };
  clock_ahead: { difference: string; serverTime: string; command: string };
  clock_behind: { difference: string; serverTime: string; command: string };
  clock_right: Record<string, never>;
  dev_hub_app_type_unknown: { username: string; exports: string };
  dev_hub_external_client_app: { username: string; app: string; exports: string };
  generic_login_host: { host: string; grant: string };
  jwt_login_replaced: { username: string; grant: string };
  key_encrypted: { source: string };
  key_in_temporary_folder: { path: string };
  key_not_of_certificate: { source: string; path: string; grant: string };
  key_of_certificate: { source: string; path: string };
  key_readable_by_others: { path: string };
  key_usable: { source: string; size: number };
  login_domain_restricted: { host: string; grant: string };
  login_history: { status: string; time: string; sourceIp: string; command: string };
  login_url_of_other_org: { loginUrl: string; app: string; admin: string; grant: string };
  login_works: { username: string; loginUrl: string; orgId: string };
  permission_set_license: { app: string; permissionSet: string; license: string; connect: string };
  signer_usable: { uri: string; size: number };
  stored_key_missing: { username: string; path: string; grant: string };
  target_org_other: { admin: string; orgId: string; loginOrgId: string };
  target_org_unreadable: { admin: string; reason: string };
  url_insecure: { url: string; secure: string };
  user_deactivated: { username: string; command: string };
  user_frozen: { username: string; command: string };
  user_locked_out: { username: string; command: string };
  user_preauthorized: { username: string; app: string; opening: string };
  user_unassigned: { username: string; app: string; openings: string; assign: string };
  user_unknown: { username: string; admin: string; command: string };
  username_shape: { username: string };
  username_without_sandbox_name: { username: string; sandbox: string; expected: string };
  view_incomplete: { part: string; reason: string; admin: string };
};

export type FindingCode = keyof FindingData;

/** One thing that a check found. A `failure` brings its own text, that of `messages/errors.md`. */
export type Finding =
  | (Found & { code: FindingCode; values: Record<string, string | number>; failure?: undefined })
  | (Found & { code: string; failure: Failure });

/** `causedBy`: code of the finding that this one follows from, and that stands above it; it needs no fix of its own. */
type Found = { severity: Severity; causedBy?: string };

export function finding<Code extends FindingCode>(severity: Severity, code: Code, values: FindingData[Code]): Finding {
  return { severity, code, values };
}

export function failureFinding(severity: Severity, failure: Failure): Finding {
  return { severity, code: failure.code, failure };
}

/** What comes back from a URL that has no token endpoint behind it. */
const NO_TOKEN_ENDPOINT = [
  'connection_refused',
  'host_unknown',
  'site_unknown',
  'token_endpoint_failing',
  'token_endpoint_redirects',
  'token_endpoint_strange',
  'token_endpoint_unreachable',
  'token_missing',
];

/** The refusals that a cause brings about: codes of the token endpoint's failures, or the server's own words. */
const CONSEQUENCES: Partial<Record<string, ReadonlyArray<string | RegExp>>> = {
  access_row_missing: ['user_not_admin_approved', 'user_not_approved'],
  app_certificate_missing: ['grant_type_unsupported', 'signature_mismatch'],
  app_certificate_of_other_key: ['signature_mismatch'],
  app_disabled: ['app_blocked', /blocked|disabled/i],
  app_enforces_ip: ['ip_restricted'],
  app_missing: ['app_not_in_org', 'client_id_unknown'],
  app_opens_to_nobody: ['user_not_admin_approved', 'user_not_approved'],
  app_requires_high_assurance: ['high_assurance_required', /assurance|session level/i],
  app_scopes_only_refresh_token: ['scopes_invalid', /scope/i],
  app_scopes_without_refresh_token: ['scope_refresh_token_missing'],
  app_self_authorized: ['user_not_approved'],
  audience_unusual: ['audience_invalid'],
  client_id_shape: ['client_id_unknown'],
  clock_behind: ['assertion_expired'],
  generic_login_host: ['app_not_in_org', 'client_id_unknown', 'user_not_approved'],
  key_not_of_certificate: ['signature_mismatch'],
  // what an endpoint says then isn't documented
  login_domain_restricted: [/^/],
  login_url_of_other_org: ['app_not_in_org', 'client_id_unknown'],
  permission_set_license: ['user_not_approved', 'user_not_admin_approved'],
  url_insecure: [...NO_TOKEN_ENDPOINT, 'https_required'],
  user_deactivated: ['user_inactive', 'authentication_failure'],
  user_frozen: ['user_inactive', 'authentication_failure'],
  user_locked_out: ['user_locked', 'authentication_failure'],
  user_unassigned: ['user_not_admin_approved', 'user_not_approved'],
  user_unknown: ['user_not_admin_approved', 'user_not_approved', 'authentication_failure'],
};

/** Whether a finding is a cause of this refusal. */
export function explains({ code }: Finding, refusal: Failure): boolean {
  const { error = '', error_description: description = '' } = refusal.data as Record<string, string>;
  return (CONSEQUENCES[code] ?? []).some((consequence) =>
    typeof consequence === 'string' ? consequence === refusal.code : consequence.test(`${error} ${description}`),
  );
}

/**
 * Every failure that the rooms report, by its stable code, with the values that its text in `messages/errors.md` names
 * in braces. The code reaches scripts as `data.code` of the `--json` error.
 */
export type FailureData = {
  app_blocked: LoginData;
  clock_behind: LoginData;
  connection_dropped: LoginData;
  connection_refused: LoginData;
  file_without_data: { path: string; seconds: number };
  high_assurance_required: LoginData;
  host_unknown: LoginData;
  https_required: LoginData;
  input_too_large: { source: string; limit: number };
  key_storage_unreadable: { path: string };
  login_hours: LoginData;
  org_login_limit: LoginData;
  org_not_available: LoginData;
  request_altered: LoginData;
  scopes_invalid: LoginData;
  stored_logins_need_plain_key: { usernames: string };
  store_damaged: { path: string; reason: string };
  store_locked: { path: string };
  store_unfinished: { path: string; reason: string };
  store_unwritable: { path: string; reason: string };
  tls_failed: LoginData;
  token_endpoint_busy: LoginData;
  token_endpoint_failing: LoginData;
  token_endpoint_redirects: LoginData;
  token_missing: LoginData;
  access_row_refused: { reason: string };
  admin_permission_missing: {
    instanceUrl: string;
    username: string;
    words: string;
    /** Names of the permissions that are missing, as far as the org tells; "-" where it doesn't */
    missing: string;
  };
  admin_session_expired: RefusedAdmin;
  app_name_illegal: { name: string };
  app_not_in_org: LoginData;
  app_not_installed: LoginData;
  app_missing: { name: string; instanceUrl: string };
  app_name_taken: { name: string; other: string };
  app_settings_unreadable: { name: string; components: string };
  app_vanished: { name: string };
  assertion_expired: LoginData;
  assertion_replayed: LoginData;
  audience_invalid: LoginData;
  authentication_failure: LoginData;
  callback_url_illegal: { url: string };
  certificate_in_use_unknown: { name: string };
  certificate_expired: { path: string; notAfter: string };
  client_id_needed: { name: string };
  claim_date_malformed: { claim: string; value: string };
  claim_empty: { claim: string; flag: string };
  claim_malformed: { claim: string };
  claim_number_inexact: { claim: string; value: string };
  claim_repeated: { claim: string };
  claim_set_by_flag: { claim: string; flag: string };
  claim_value_malformed: { claim: string; value: string };
  client_id_unknown: LoginData;
  client_id_differs: { name: string; clientId: string; actual: string };
  client_id_unreadable: { name: string; status: string; authorized: string; failed: string };
  client_id_without_app: { name: string; clientId: string };
  connected_app_creation_blocked: { id: string; problem: string };
  deployment_canceled: { id: string; by: string };
  deployment_failed: {
    id: string;
    words: string;
    problems: Array<{ type: string; component: string; problem: string }>;
  };
  deployment_lost: { id: string; reason: string };
  deployment_refused: { words: string };
  deployment_unfinished: { id: string; status: string };
  file_exists: { path: string };
  file_is_directory: { path: string };
  file_missing: { path: string };
  file_unreadable: { path: string; reason: string };
  front_door_failed: { instanceUrl: string; reason: string };
  front_door_path_illegal: { path: string };
  front_door_scope_missing: { username: string; clientId: string; scope: string };
  grant_type_unsupported: LoginData;
  ip_restricted: LoginData;
  key_not_in_use: { name: string; keyFile: string; fingerprint256: string };
  key_certificate_mismatch: { keyPath: string; certificatePath: string };
  lightning_url: { url: string; myDomain: string };
  login_not_jwt: { username: string };
  login_not_stored: { name: string };
  login_rate_exceeded: LoginData;
  login_url_unusable: { username: string; url: string };
  login_without_key: { username: string };
  org_inactive: LoginData;
  org_api_disabled: RefusedAdmin;
  org_failing: RefusedAdmin;
  org_locked: RefusedAdmin;
  org_unreachable: { instanceUrl: string; reason: string };
  org_unreadable: { instanceUrl: string; reason: string };
  rotation_stuck: { name: string; username: string; answer: string };
  rotation_undone: { name: string; username: string; answer: string; minutesWaited: number };
  scope_refresh_token_missing: LoginData;
  scope_unknown: { scope: string; scopes: string };
  scopes_insufficient: { scopes: string };
  secret_value_exposed: NoData;
  signature_mismatch: LoginData;
  site_unknown: LoginData;
  snippet_login_missing: NoData;
  token_endpoint_strange: LoginData;
  token_endpoint_timeout: LoginData;
  token_endpoint_unreachable: LoginData;
  token_refused: LoginData;
  user_inactive: LoginData;
  user_locked: LoginData;
  user_not_admin_approved: LoginData;
  user_not_approved: LoginData;
  users_inactive: { usernames: string };
  value_unprintable: { what: string; value: string };
  key_missing: NoData;
  key_storage_encrypted: { path: string };
  key_storage_without_file: NoData;
  username_illegal: { username: string };
  api_version_too_old: { version: string; oldest: string };
  certificate_not_yet_valid: { path: string; notBefore: string };
  users_unknown: { usernames: string };
  base_name_invalid: { name: string; limit: number };
  certificate_damaged: { source: string };
  certificate_empty: { source: string };
  certificate_is_bundle: { source: string; count: number };
  certificate_is_private_key: { source: string };
  certificate_is_public_key: { source: string };
  certificate_is_request: { source: string };
  certificate_is_utf16: { source: string };
  certificate_not_pem: { source: string };
  certificate_not_rsa: { source: string; type: string };
  certificate_too_large: { source: string; bytes: number; limit: number };
  certificate_too_small: { source: string; size: number };
  certificates_not_of_key: { source: string; certificateSource: string };
  content_damaged: { source: string; what: string };
  content_empty: { source: string };
  content_unrecognized: { source: string };
  conversion_certificate_missing: { source: string };
  conversion_option_unsuited: { flag: string; path: string };
  conversion_target_unknown: { path: string };
  days_out_of_range: { days: number; limit: number };
  key_damaged: { source: string };
  key_empty: { source: string };
  key_encryption_unsupported: { source: string };
  key_is_certificate: { source: string };
  key_is_der: { source: string };
  key_is_keystore: { source: string; format: string };
  key_is_openssh: { source: string };
  key_is_public_key: { source: string };
  key_is_putty: { source: string };
  key_is_request: { source: string };
  key_is_utf16: { source: string };
  key_not_rsa: { source: string; type: string };
  key_passphrase_missing: { source: string };
  key_passphrase_wrong: { source: string };
  key_too_small: { source: string; size: number };
  key_unrecognized: { source: string };
  key_without_pem_lines: { source: string };
  keystore_alias_ambiguous: { source: string; aliases: string };
  keystore_alias_illegal: { alias: string };
  keystore_alias_unknown: { source: string; alias: string; aliases: string };
  keystore_damaged: { source: string };
  keystore_encryption_unsupported: { source: string; scheme: string };
  keystore_key_mismatch: { source: string; alias: string };
  keystore_key_passphrase_differs: { source: string; alias: string };
  keystore_key_size: { source: string; size: number };
  keystore_passphrase_missing: { source: string };
  keystore_passphrase_not_ascii: NoData;
  keystore_passphrase_too_short: { limit: number };
  keystore_passphrase_wrong: { source: string };
  keystore_new_passphrase_missing: NoData;
  keystore_too_costly: { source: string };
  keystore_without_certificate: { source: string; alias: string };
  keystore_without_key: { source: string };
  orgs_column_missing: { source: string; line: number; column: string };
  orgs_column_repeated: { source: string; line: number; column: string };
  orgs_column_unknown: { source: string; line: number; column: string; columns: string };
  orgs_file_damaged: { source: string; line: number; reason: string };
  orgs_file_empty: { source: string };
  orgs_file_not_a_list: { source: string; line: number };
  orgs_file_too_large: { source: string; limit: number };
  orgs_row_columns: { source: string; line: number; expected: number; found: number };
  orgs_row_holds_key: { source: string; line: number; column: string };
  orgs_row_incomplete: { source: string; line: number; column: string };
  orgs_row_not_an_org: { source: string; line: number };
  orgs_row_repeated: { source: string; line: number; column: string; value: string; first: number };
  orgs_row_url_illegal: { source: string; line: number; value: string };
  orgs_row_value_nested: { source: string; line: number; column: string };
  passphrase_empty: NoData;
  permission_sets_unknown: { names: string };
  permission_set_without_apps: { name: string; license: string };
  passphrase_file_unreadable: { path: string; reason: string };
  passphrase_mismatch: NoData;
  passphrase_missing: NoData;
  passphrase_too_long: { bytes: number; limit: number };
  path_is_directory: { path: string };
  path_is_not_file: { path: string };
  path_is_symbolic_link: { path: string };
  profiles_unknown: { names: string };
  replacement_interrupted: { path: string; files: string };
  restore_failed: { path: string; files: string };
  stdin_for_two: NoData;
  subject_control_character: { attribute: string };
  subject_country: { value: string };
  subject_email: { value: string };
  subject_empty: { attribute: string };
  subject_too_large: { bytes: number; limit: number };
  subject_too_long: { attribute: string; length: number; limit: number };
  write_failed: { path: string; reason: string };
};

export type FailureCode = keyof FailureData;

type NoData = Record<string, never>;

/** What stands in the way of an admin's every request, in the org's words. */
type RefusedAdmin = { instanceUrl: string; username: string; words: string };

/**
 * A refusal of the token endpoint. `error` and `error_description` are the server's own, word for word; where it gave
 * none, they are empty. The rest is what was asked.
 */
export type LoginData = {
  error: string;
  error_description: string;
  username: string;
  clientId: string;
  loginUrl: string;
  audience: string;
  /** The answer in one line: the two words of the server, or the HTTP status and the start of the body, or the reason. */
  answer: string;
  /** Empty where the key came from the environment */
  keyFile: string;
  certificateFile: string;
  /** Where the server sends the request on to; empty where it doesn't */
  redirectedTo: string;
  /** By how much this machine's clock is behind the server's, as far as the answer shows it */
  minutesBehind: number;
  /** The limit of one request */
  seconds: number;
  /** How long was waited in vain; 0 where nothing was waited for */
  minutesWaited: number;
};

/**
 * A failure that the user can act on. It carries no sentence: `explain.ts` finds the text and the actions for its code.
 */
export class Failure<Code extends FailureCode = FailureCode> extends Error {
  public override readonly name = 'Failure';

  public constructor(
    public readonly code: Code,
    public readonly data: FailureData[Code],
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

export function isFailure(error: unknown): error is Failure;
export function isFailure<Code extends FailureCode>(error: unknown, code: Code): error is Failure<Code>;
export function isFailure(error: unknown, code?: FailureCode): boolean {
  return error instanceof Failure && (code === undefined || error.code === code);
}

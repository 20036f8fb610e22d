import type { Damaged, LoginData, NoData, RefusedAdmin } from './failure-data.js';

export type { LoginData };

/**
 * Every failure that a room reports, by its stable code, with the values that its text in `messages/errors.md` names
 * in braces. The code reaches scripts as `data.code` of the `--json` error. From the top storey down; a code stands
 * with the lowest room that reports it, sorted within. `messages/errors.md` has the same order. A `variant` has a text of
 * its own; with `unquoted`, the value might be a secret, so it's empty, and `flag` is named in its place.
 */
export type FailureData = {
  // commands
  app_unknown_here: { name: string };
  conversion_option_unsuited: { flag: string; path: string };
  secret_value_exposed: { targetOrg: string; keyFile: string };
  secret_value_kept: NoData;
  signer_flag_unsuited: { flag: string; signer: string };
  snippet_login_missing: NoData;

  // flows/api
  option_malformed: { option: string; wanted: string };
  option_missing: { option: string };

  // flows/connect
  app_vanished: { name: string };
  client_id_differs: { name: string; clientId: string; actual: string };
  client_id_unreadable: { name: string; status: string; authorized: string; failed: string };
  client_id_without_app: { name: string; clientId: string };
  lockout_declined: { name: string };

  // flows/convert
  certificates_not_of_key: { source: string; certificateSource: string };
  conversion_certificate_missing: { source: string };
  conversion_target_unknown: { path: string; flag?: string; variant?: 'unquoted' };
  keystore_alias_illegal: { alias: string };
  keystore_key_size: { source: string; size: number };
  keystore_without_certificate: { source: string; alias: string };

  // flows/disconnect
  app_not_found: { name: string; instanceUrl: string; admin: string };
  app_not_switchable: { name: string; admin: string };
  app_still_there: { name: string; id: string; admin: string };
  change_declined: { name: string };
  login_through_app: { name: string; username: string; instanceUrl: string };

  // flows/fleet
  fleet_declined: NoData;
  orgs_column_missing: { source: string; line: number; column: string };
  orgs_column_repeated: { source: string; line: number; column: string };
  orgs_column_unknown: { source: string; line: number; column: string; columns: string };
  orgs_copy_exists: { path: string };
  orgs_copy_format: { path: string };
  orgs_copy_impossible: { source: string };
  orgs_export_format: { path: string };
  orgs_file_damaged: { source: string; line: number; reason: string };
  orgs_file_empty: { source: string };
  orgs_file_not_a_list: { source: string; line: number };
  orgs_file_too_large: { source: string; limit: number };
  orgs_file_too_many_rows: { source: string; limit: number };
  orgs_row_columns: { source: string; line: number; expected: number; found: number };
  orgs_row_holds_key: { source: string; line: number; column: string };
  orgs_row_incomplete: { source: string; line: number; column: string };
  orgs_row_not_an_org: { source: string; line: number };
  orgs_row_repeated: { source: string; line: number; column: string; value: string; first: number };
  orgs_row_url_illegal: { source: string; line: number; value: string };
  orgs_row_value_illegal: { source: string; line: number; column: string; value: string; variant: string };
  orgs_row_value_nested: { source: string; line: number; column: string };
  stdin_for_two: NoData;
  username_illegal: { username: string };

  // flows/grant
  key_storage_encrypted: { path: string };
  key_storage_signer: { signer: string; keyStorage: string };
  key_storage_without_file: NoData;

  // flows/list
  login_url_unusable: { username: string; url: string };

  // flows/migrate
  app_certificate_ended: { name: string; notAfter: string; admin: string };
  app_certificate_hidden: { name: string; admin: string };
  app_not_connected_app: { name: string; admin: string };
  migration_client_id_unreadable: { newName: string };
  migration_name_taken: { name: string; newName: string; admin: string };
  migration_users_unknown: { name: string; admin: string };
  old_app_in_use: {
    name: string;
    days: number;
    username: string;
    sourceIp: string;
    lastLogin: string;
    others: number;
    admin: string;
  };
  old_app_use_unknown: { name: string; reason: string; admin: string };

  // flows/revoke
  login_not_jwt: { username: string };
  login_not_stored: { name: string };

  // flows/rotate
  app_missing: { name: string; instanceUrl: string; admin: string };
  certificate_in_use_unknown: { name: string; appType: string; admin: string };
  client_id_needed: { name: string };
  key_not_in_use: { name: string; keyFile: string; fingerprint256: string; appType: string; admin: string };
  new_signer_in_use: { name: string; signer: string; appType: string; admin: string };
  rotation_stuck: { name: string; username: string; answer: string };
  rotation_undone: { name: string; username: string; answer: string; minutesWaited: number };
  /** The rest is of the first of these logins. */
  stored_logins_need_plain_key: {
    usernames: string;
    username: string;
    clientId: string;
    privateKeyFile: string;
    loginUrl: string;
  };

  // flows/setup
  certificate_needed: { keyFile: string };
  ci_tool_missing: { tool: string; url: string; logIn: string };
  ci_tool_not_logged_in: { tool: string; logIn: string; words: string };
  ci_tool_refused: { tool: string; command: string; words: string };
  repository_malformed: { repository: string; ci: string; example: string };
  setup_answer_missing: { flag: string };
  setup_certificate_in_use: { name: string };
  setup_declined: NoData;
  setup_login_refused: { name: string; username: string; clientId: string; words: string };
  setup_secret_exists: { secretName: string; where: string };
  setup_signer_without_certificate: { signer: string };
  username_malformed: { username: string };

  // flows/snippet
  plugin_not_installable: { needs: string };
  plugin_source_secret: NoData;
  plugin_source_unpinned: { spec: string };
  plugin_source_unusable: { spec: string };
  secret_name_illegal: { name: string };
  /** `cis`: those that have one */
  snippet_signer_ci: { ci: string; cis: string };
  snippet_signer_local: { uri: string };
  snippet_signer_rotate: NoData;
  snippet_signer_sf: NoData;
  value_unprintable: { what: string; value: string };

  // terminal
  org_request_refused: { words: string };
  unexpected: { type: string; reason: string; words: string; stack?: string };

  // terminal/flags
  claim_empty: { claim: string; flag: string };
  flag_empty: { flag: string };

  // terminal/report
  report_file_other: { path: string };
  report_format_unknown: { path: string; flag: string; variant?: 'unquoted' };

  // machine/files
  access_not_restricted: { path: string; reason: string };
  base_name_invalid: { name: string; limit: number };
  certificate_expired: { path: string; notAfter: string };
  certificate_not_yet_valid: { path: string; notBefore: string };
  file_exists: { path: string };
  file_is_directory: { path: string };
  file_missing: { path: string; flag?: string; variant?: 'unquoted' };
  file_of_other_user: { path: string; folder: string };
  file_unreadable: { path: string; reason: string };
  file_without_data: { path: string; seconds: number };
  files_locked: { path: string; folder: string };
  input_too_large: { source: string; limit: number };
  key_missing: NoData;
  key_storage_unreadable: { path: string };
  keystore_alias_ambiguous: { source: string; aliases: string };
  keystore_alias_unknown: { source: string; alias: string; aliases: string };
  keystore_key_mismatch: { source: string; alias: string };
  keystore_new_passphrase_missing: NoData;
  keystore_passphrase_missing: { source: string };
  keystore_without_key: { source: string };
  owner_unkept: { path: string; uid: number };
  passphrase_file_unreadable: { path: string; reason: string; flag?: string; variant?: 'unquoted' };
  passphrase_mismatch: NoData;
  passphrase_missing: NoData;
  path_is_directory: { path: string };
  path_is_not_file: { path: string };
  path_is_symbolic_link: { path: string };
  path_outside: { path: string; folder: string };
  replacement_interrupted: { path: string; files: string };
  restore_failed: { path: string; files: string };
  signer_and_key: { signer: string; key: string };
  value_is_certificate: { flag: string };
  value_is_encoded: { flag: string };
  value_is_private_key: { flag: string };
  value_is_token: { flag: string };
  write_failed: { path: string; reason: string };

  // machine/store
  key_chain_refused: { reason: string };
  login_url_malformed: { source: string };
  login_without_key: { username: string };
  named_org_not_found: { org: string };
  store_damaged: { path: string; reason: string };
  store_locked: { path: string };
  store_mode_refused: { path: string; mode: string };
  store_undecryptable: NoData;
  store_unfinished: { path: string; reason: string };
  store_unwritable: { path: string; reason: string };

  // salesforce/app
  api_version_too_old: { version: string; oldest: string };
  app_answers_contradict: { component: string };
  /** `name` is that of the first candidate. */
  app_label_ambiguous: { label: string; candidates: string; name: string };
  app_name_illegal: { name: string; variant?: 'label' | 'packaged' };
  app_name_taken: { name: string; other: string };
  app_settings_unreadable: { name: string; components: string; type: string; admin: string };
  app_unreadable: { name: string; component: string };
  callback_url_illegal: { url: string };
  component_name_illegal: { component: string };
  connected_app_creation_blocked: { id: string; problem: string };
  contact_email_illegal: { address: string };
  deployment_canceled: { id: string; by: string };
  deployment_failed: {
    id: string;
    words: string;
    problems: Array<{ type: string; component: string; problem: string }>;
    admin: string;
  };
  deployment_lost: { id: string; reason: string; admin: string };
  deployment_refused: { words: string; admin: string };
  deployment_unanswered: { reason: string; admin: string };
  deployment_unfinished: { id: string; status: string; admin: string };
  scope_unknown: { scope: string; scopes: string };
  scopes_insufficient: { scopes: string };

  // salesforce/org
  access_row_refused: { reason: string };
  admin_permission_missing: {
    instanceUrl: string;
    username: string;
    words: string;
    /** Names of the permissions that are missing, as far as the org tells; "-" where it doesn't */
    missing: string;
  };
  admin_session_expired: RefusedAdmin;
  integration_license_missing: { license: string };
  license_exhausted: { license: string; total: number };
  license_too_small: { license: string; role: string; permissions: string };
  org_answer_strange: { instanceUrl: string; question: string; answer: string };
  org_answer_too_large: { instanceUrl: string; limit: number };
  org_api_disabled: RefusedAdmin;
  org_behind_proxy: { instanceUrl: string; reason: string };
  org_busy: RefusedAdmin;
  org_failing: RefusedAdmin;
  org_locked: RefusedAdmin;
  org_redirects: { instanceUrl: string; location: string };
  org_refused: RefusedAdmin;
  org_request_limit: RefusedAdmin;
  org_unreachable: { instanceUrl: string; reason: string };
  org_unreadable: { instanceUrl: string; reason: string };
  permission_set_not_ours: { name: string };
  permission_set_without_apps: { name: string; license: string };
  permission_sets_unknown: { names: string; admin: string };
  profiles_unknown: { names: string; admin: string };
  url_not_https: { url: string };
  user_not_ours: { username: string };
  user_refused: { username: string; words: string };
  username_taken: { username: string };
  users_inactive: { usernames: string };
  users_unknown: { usernames: string; admin: string };

  // salesforce/token
  app_blocked: LoginData;
  app_not_in_org: LoginData;
  app_not_installed: LoginData;
  assertion_expired: LoginData;
  assertion_replayed: LoginData;
  audience_invalid: LoginData;
  authentication_failure: LoginData;
  client_id_unknown: LoginData;
  clock_behind: LoginData;
  connection_dropped: LoginData;
  connection_refused: LoginData;
  front_door_failed: { instanceUrl: string; reason: string };
  front_door_path_illegal: { path: string };
  front_door_scope_missing: { username: string; clientId: string; scope: string; adminOrg: string };
  grant_type_unsupported: LoginData;
  high_assurance_required: LoginData;
  host_unknown: LoginData;
  https_required: LoginData;
  instance_url_foreign: LoginData;
  ip_restricted: LoginData;
  lightning_url: { url: string; myDomain: string };
  login_hours: LoginData;
  login_rate_exceeded: LoginData;
  org_inactive: LoginData;
  org_login_limit: LoginData;
  org_not_available: LoginData;
  proxy_failing: LoginData;
  proxy_login_required: LoginData;
  proxy_malformed: { variable: string };
  request_altered: LoginData;
  scope_refresh_token_missing: LoginData;
  scopes_invalid: LoginData;
  signature_mismatch: LoginData;
  site_unknown: LoginData;
  tls_failed: LoginData;
  token_endpoint_busy: LoginData;
  token_endpoint_failing: LoginData;
  token_endpoint_redirects: LoginData;
  token_endpoint_strange: LoginData;
  token_endpoint_timeout: LoginData;
  token_endpoint_unreachable: LoginData;
  token_missing: LoginData;
  token_refused: LoginData;
  url_of_page: { url: string; myDomain: string };
  url_of_setup: { url: string; myDomain: string };
  url_of_unknown_page: { url: string };
  user_inactive: LoginData;
  user_locked: LoginData;
  user_not_admin_approved: LoginData;
  user_not_approved: LoginData;

  // keys/assertion
  claim_date_malformed: { claim: string; value: string };
  claim_malformed: { claim: string };
  claim_number_inexact: { claim: string; value: string };
  claim_repeated: { claim: string };
  claim_set_by_flag: { claim: string; flag: string };
  claim_value_malformed: { claim: string; value: string };

  // keys/credential
  certificate_damaged: Damaged;
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
  content_damaged: Damaged & { what: string };
  content_empty: { source: string };
  content_is_age: { source: string };
  content_is_ansible_vault: { source: string };
  content_is_archive: { source: string };
  content_is_client_id: { source: string };
  content_is_cms_encrypted: { source: string };
  content_is_consumer_secret: { source: string };
  content_is_fingerprint: { source: string };
  content_is_git_crypt: { source: string };
  content_is_git_lfs_pointer: { source: string };
  content_is_jwk: { source: string };
  content_is_masked: { source: string };
  content_is_openssl_encrypted: { source: string };
  content_is_path: { source: string };
  content_is_pgp: { source: string };
  content_is_sops: { source: string };
  content_is_variable: { source: string };
  content_is_web_page: { source: string };
  content_unrecognized: { source: string };
  days_out_of_range: { days: number; limit: number };
  key_certificate_mismatch: { keyPath: string; certificatePath: string };
  key_damaged: Damaged;
  key_empty: { source: string };
  key_encryption_unsupported: { source: string };
  key_is_certificate: { source: string };
  key_is_der: { source: string };
  key_is_jwt: { source: string };
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
  keystore_damaged: { source: string };
  keystore_encryption_unsupported: { source: string; scheme: string };
  keystore_key_passphrase_differs: { source: string; alias: string };
  keystore_passphrase_not_ascii: NoData;
  keystore_passphrase_too_short: { limit: number };
  keystore_passphrase_wrong: { source: string };
  keystore_too_costly: { source: string };
  passphrase_empty: NoData;
  passphrase_too_long: { bytes: number; limit: number };
  subject_control_character: { attribute: string };
  subject_country: { value: string };
  subject_email: { value: string };
  subject_empty: { attribute: string };
  subject_too_large: { bytes: number; limit: number };
  subject_too_long: { attribute: string; length: number; limit: number };

  // keys/signer
  /** `variable`: the one that holds the address */
  signer_address_malformed: { uri: string; variable: string };
  signer_agent_missing: { uri: string };
  /** `path`: of its socket or named pipe */
  signer_agent_strange: { uri: string; path: string };
  signer_answer_too_long: { uri: string; limit: number };
  signer_answer_unreadable: { uri: string; program: string; words: string };
  signer_cannot_create: { uri: string };
  /** `words`: what the keeper said, `-` where it gave no reason */
  signer_declined: { uri: string; words: string; variant?: 'silent' };
  signer_failed: { uri: string; program: string; status: number; words: string };
  signer_forbidden: { uri: string; right: string; words: string };
  signer_hashed_twice: { uri: string };
  signer_key_ambiguous: { uri: string; candidates: string };
  signer_key_disabled: { uri: string; words: string };
  signer_key_exists: { uri: string };
  signer_key_exportable: { uri: string };
  /** `made`: what is there; `finish` and `remove`: commands, the second empty where nothing can remove it */
  signer_key_half_made: { uri: string; made: string; finish: string; remove: string; words: string };
  /** `words`: what the keeper said, or with `listed` the keys that it has */
  signer_key_not_found: { uri: string; words: string; variant?: 'listed' };
  /** `keys`: those that are in the agent, `-` where there is none */
  signer_key_not_in_agent: { uri: string; keys: string };
  /** `found`: type and size of the key, or what it is for, such as `RSA 1024` */
  signer_key_unsuitable: { uri: string; found: string };
  signer_key_without_id: { uri: string };
  /** `words`: what the loader of the system said */
  signer_module_unusable: { uri: string; module: string; words: string };
  /** `logIn`: a command */
  signer_not_signed_in: { uri: string; logIn: string; words: string };
  signer_pin_in_uri: NoData;
  signer_pin_locked: { uri: string };
  signer_pin_missing: { uri: string; path?: string; variant?: 'file' };
  signer_pin_wrong: { uri: string };
  /** `install`: an address; empty where it is unknown */
  signer_program_missing: { uri: string; program: string; install: string };
  /** `update`: a command */
  signer_program_outdated: { uri: string; program: string; version: string; least: string; update: string };
  signer_public_key_malformed: { uri: string; bytes: number };
  signer_region_missing: { uri: string; words: string };
  signer_scheme_unknown: { uri: string; schemes: string };
  signer_sealed: { uri: string; words: string };
  signer_server_failed: { uri: string; status: number; words: string };
  signer_server_untrusted: { uri: string; words: string };
  signer_signature_malformed: { uri: string; bytes: number; expected: number };
  signer_signed_other_data: { uri: string };
  signer_signed_other_version: { uri: string; version: string; actual: string };
  signer_signed_with_other_hash: { uri: string; hash: string };
  signer_signed_with_other_key: { uri: string };
  signer_signed_with_pss: { uri: string };
  signer_signed_without_hash: { uri: string };
  signer_timed_out: { uri: string; seconds: number };
  /** `tokens`: those that are there, `-` where there is none */
  signer_token_not_found: { uri: string; tokens: string };
  signer_unreachable: { uri: string; words: string };
  /** `part`: what of the URI can't be understood, or is missing; `form`: what such URIs look like */
  signer_uri_malformed: { uri: string; part: string; form: string; variant?: 'incomplete' };
  /** Where the versions are, in the words of the tool that lists them */
  signer_version_missing: { uri: string; name: string; ring: string; location: string; project: string };
};

export type FailureCode = keyof FailureData;

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

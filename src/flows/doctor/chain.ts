import type { Failure } from '../../failure.js';
import type { Facts } from './facts.js';
import type { Finding, FindingCode, Severity } from './finding.js';

/** What a login hangs on, one thing on the other. */
export const LINKS = ['file', 'key', 'certificate', 'app', 'policy', 'user', 'login'] as const;
export type LinkName = (typeof LINKS)[number];

/** `unknown`: nobody has looked, or it couldn't be seen. What a key that is in no file comes from stands in the place of the file. */
export type Link = { name: LinkName | 'signer' | 'input'; state: Severity | 'unknown' };

/** Where each finding stands in the chain. What isn't here is about the login itself: where it goes, and when. */
const LINK_OF: Partial<Record<FindingCode | Failure['code'], LinkName>> = {
  key_in_temporary_folder: 'file',
  key_readable_by_others: 'file',
  stored_key_missing: 'file',
  key_encrypted: 'key',
  key_usable: 'key',
  signer_usable: 'key',
  app_certificate_ended: 'certificate',
  app_certificate_matches: 'certificate',
  app_certificate_missing: 'certificate',
  app_certificate_of_other_key: 'certificate',
  app_certificate_other_file: 'certificate',
  certificate_ended: 'certificate',
  certificate_ends_soon: 'certificate',
  certificate_starts_later: 'certificate',
  certificate_usable: 'certificate',
  key_not_of_certificate: 'certificate',
  key_of_certificate: 'certificate',
  signature_mismatch: 'certificate',
  app_blocked: 'app',
  app_disabled: 'app',
  app_found: 'app',
  app_missing: 'app',
  app_not_in_org: 'app',
  app_not_installed: 'app',
  app_unidentified: 'app',
  client_id_shape: 'app',
  client_id_unknown: 'app',
  grant_type_unsupported: 'app',
  access_row_missing: 'policy',
  app_enforces_ip: 'policy',
  app_issues_jwt_tokens: 'policy',
  app_opens_to_nobody: 'policy',
  app_requires_high_assurance: 'policy',
  app_scopes_only_refresh_token: 'policy',
  app_scopes_without_refresh_token: 'policy',
  app_self_authorized: 'policy',
  high_assurance_required: 'policy',
  ip_restricted: 'policy',
  permission_set_license: 'policy',
  scope_refresh_token_missing: 'policy',
  scopes_invalid: 'policy',
  login_hours: 'user',
  user_deactivated: 'user',
  user_frozen: 'user',
  user_inactive: 'user',
  user_locked: 'user',
  user_locked_out: 'user',
  user_not_admin_approved: 'user',
  user_not_approved: 'user',
  user_preauthorized: 'user',
  user_unassigned: 'user',
  user_unknown: 'user',
  username_shape: 'user',
  username_without_sandbox_name: 'user',
};

/** From the best to the worst */
const STATES = ['unknown', 'ok', 'warning', 'error'] as const;

/**
 * What is known of each link. A login that works proves every link before it; one that is refused breaks the link of its cause.
 * Pure.
 */
export function chainOf(facts: Facts, findings: readonly Finding[]): Link[] {
  const unusable = facts.key.state === 'unusable' ? facts.key.failure.code : undefined;
  const isProven = facts.login.state === 'granted';
  const states = new Map<LinkName, Link['state']>(LINKS.map((name) => [name, isProven ? 'ok' : 'unknown']));
  if (facts.key.state === 'usable') states.set('file', 'ok');
  // Of an app that an admin sees, whatever is wrong with its policy is a finding.
  if (findings.some(({ code }) => code === 'app_found')) states.set('policy', 'ok');
  for (const { code, severity, causedBy } of findings) {
    // What follows from another finding breaks nothing else.
    const name = causedBy === undefined ? linkOf(code, unusable) : 'login';
    if (name === 'login' && severity === 'ok') continue;
    if (STATES.indexOf(severity) > STATES.indexOf(states.get(name)!)) states.set(name, severity);
  }
  if (facts.login.state === 'refused') states.set('login', 'error');
  return LINKS.map((name) => ({ name: name === 'file' ? originOf(facts) : name, state: states.get(name)! }));
}

function originOf({ keyFile, signer }: Facts): 'file' | 'signer' | 'input' {
  if (signer !== undefined) return 'signer';
  return keyFile === undefined || keyFile === '-' ? 'input' : 'file';
}

function linkOf(code: string, unusable: string | undefined): LinkName {
  // One that can't be read has no key to speak of.
  if (code === unusable) return /^(file|path|input|key_missing|value|content_is_path)/.test(code) ? 'file' : 'key';
  if (code.startsWith('certificate_')) return 'certificate';
  return LINK_OF[code as FindingCode] ?? 'login';
}

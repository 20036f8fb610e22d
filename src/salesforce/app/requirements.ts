import { Failure } from '../../failure.js';
import type { Component } from './component.js';
import { fieldAt } from './plan.js';
import { isScope, SCOPES, type Scope } from './scopes.js';

/** External Client Apps are whole in the Metadata API from here on. */
const OLDEST_API_VERSION = 62;

/** `NS__App`: the namespace of a package, and the name of its app. */
const PACKAGED = /^[A-Za-z](_?[A-Za-z0-9]){1,14}__[A-Za-z](_?[A-Za-z0-9])*$/;

/** Whether a text is an API name: letters, digits and single underscores, a letter first, no underscore last. */
export function isAppName(name: string): boolean {
  return /^[A-Za-z](_?[A-Za-z0-9])*$/.test(name);
}

/** @throws Failure `app_name_illegal` for the app of a package */
export function requireUnpackaged(name: string): void {
  if (PACKAGED.test(name)) throw new Failure('app_name_illegal', { name, variant: 'packaged' });
}

/** @throws Failure `app_name_illegal` */
export function requireAppName(name: string): string {
  requireUnpackaged(name);
  if (!isAppName(name)) throw new Failure('app_name_illegal', { name });
  return name;
}

/** A host, with a dot in it or this machine's own, where a scheme would stand. */
const BEGINS_WITH_HOST = /^(localhost|127(\.\d+){3}|[\w-]+(\.[\w-]+)+)(:\d+)?(\/|$)/i;

/**
 * A callback URL, which the org compares letter by letter: it's taken as it was given, but for a scheme that is missing.
 *
 * @throws Failure `callback_url_illegal`
 */
export function requireUrl(url: string): string {
  const scheme = /^(localhost|127\.)/i.test(url) ? 'http:' : 'https:';
  const whole = BEGINS_WITH_HOST.test(url) ? `${scheme}//${url}` : url;
  if (!URL.canParse(whole)) throw new Failure('callback_url_illegal', { url });
  return whole;
}

/**
 * A contact address, which orgs refuse where it is none: something, an at sign, and a domain with a dot.
 *
 * @throws Failure `contact_email_illegal`
 */
export function requireContactEmail(address: string): string {
  if (/^[^\s@,;<>"]+@[^\s@,;<>".]+(\.[^\s@,;<>".]+)+$/.test(address)) return address;
  throw new Failure('contact_email_illegal', { address });
}

/** @throws Failure `scope_unknown` */
export function requireScopes(names: readonly string[]): Scope[] {
  return names.map((name) => {
    if (!isScope(name)) throw new Failure('scope_unknown', { scope: name, scopes: SCOPES.join(', ') });
    return name;
  });
}

/**
 * Without `refresh_token` the token endpoint refuses pre-authorized users; with nothing else it issues no token.
 *
 * @throws Failure `scopes_insufficient` where the components would leave an app to which nobody can log in
 */
export function requireLoginScopes(components: Component[]): void {
  const scopes = components.map(scopesOf).find((found) => found !== undefined);
  if (scopes === undefined) return;
  if (!scopes.includes('RefreshToken') || scopes.length < 2) {
    throw new Failure('scopes_insufficient', { scopes: scopes.join(', ') });
  }
}

/** @throws Failure `api_version_too_old` */
export function requireApiVersion(version: string): string {
  if (Number.parseInt(version, 10) < OLDEST_API_VERSION) {
    throw new Failure('api_version_too_old', { version, oldest: `${OLDEST_API_VERSION}.0` });
  }
  return version;
}

function scopesOf({ type, fields }: Component): string[] | undefined {
  if (type === 'ExtlClntAppOauthSettings') {
    const value = fields['commaSeparatedOauthScopes'];
    return typeof value === 'string' ? value.split(/,\s*/) : [];
  }
  if (type !== 'ConnectedApp') return undefined;
  return [fieldAt(fields, ['oauthConfig', 'scopes']) ?? []].flat().map(String);
}

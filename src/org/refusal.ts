import { Failure } from '../failure.js';

/** The org that is asked, and the admin who asks it. */
export type AskedOrg = { instanceUrl: string; username: string };

/** Characters of a page that are worth showing. */
const EXCERPT = 200;

/** What core says when a session has ended and the stored login brings no new one: to the request that asked for it … */
const NOT_REFRESHED = /^Unable to refresh session due to: /;
/** … and to those that waited for it meanwhile. */
const LOGIN_FAILED = /^(JwtAuth|RefreshTokenAuth|OrgDataNotAvailable)Error$/i;

/** Every org has the objects that we query; to a user who may not see one, it doesn't exist. */
const NOT_SHOWN = /^sObject type '\w+' is not supported/i;

type RefusalCode =
  'admin_permission_missing' | 'admin_session_expired' | 'org_api_disabled' | 'org_failing' | 'org_locked';

/** @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
const REFUSALS: ReadonlyArray<[errorCode: RegExp, code: RefusalCode]> = [
  [/^INVALID_SESSION_ID$/, 'admin_session_expired'],
  [/^INSUFFICIENT_ACCESS/, 'admin_permission_missing'],
  [/^API_(CURRENTLY_)?DISABLED/, 'org_api_disabled'],
  [/^(ORG_LOCKED|INACTIVE_ORG)$/, 'org_locked'],
  [/^(ERROR_HTTP_\d+|SERVER_UNAVAILABLE|FUNCTIONALITY_TEMPORARILY_UNAVAILABLE)$/, 'org_failing'],
];

/**
 * What the org's refusal of a request means for the whole command, in the org's own words on one line.
 *
 * @returns undefined if the refusal is about the request
 */
export function refusalOf(error: Error, org: AskedOrg): Failure<RefusalCode> | undefined {
  if (NOT_REFRESHED.test(error.message) || LOGIN_FAILED.test(error.name)) {
    return new Failure('admin_session_expired', { ...org, words: oneLine(error.message.replace(NOT_REFRESHED, '')) });
  }
  const errorCode = errorCodeOf(error);
  const known = REFUSALS.find(([pattern]) => pattern.test(errorCode))?.[1];
  const code = known ?? (NOT_SHOWN.test(error.message.trim()) ? 'admin_permission_missing' : undefined);
  if (code === undefined) return undefined;
  const words = wordsOf(error, errorCode);
  // Which one it is takes another question.
  if (code === 'admin_permission_missing') return new Failure(code, { ...org, words, missing: '-' });
  return new Failure(code, { ...org, words });
}

/** SOAP puts a namespace before it. */
function errorCodeOf(error: Error): string {
  return 'errorCode' in error && typeof error.errorCode === 'string' ? error.errorCode.replace(/^\w+:/, '') : '';
}

/** A page of HTML comes as the error's data, under a text of the client's own. */
function wordsOf(error: Error, errorCode: string): string {
  const page = 'data' in error && typeof error.data === 'string' ? error.data : error.message;
  const words = oneLine(page);
  const code = errorCode.replace(/^ERROR_HTTP_/, 'HTTP ');
  return words.startsWith(code) ? words : `${code}: ${words}`;
}

function oneLine(text: string): string {
  const readable = text.replace(/<(script|style)\b[^]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return readable.replace(/\s+/g, ' ').trim().slice(0, EXCERPT);
}

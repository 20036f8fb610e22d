import { Failure } from '../../failure.js';
import { wordsOfPage } from '../page.js';

/** The org that is asked, and the admin who asks it. */
export type AskedOrg = { instanceUrl: string; username: string };

/** Characters of a page that are worth showing. */
const EXCERPT = 200;

/** What core says when a session has ended and the stored login brings no new one: to the request that asked for it … */
const NOT_REFRESHED = /^Unable to refresh session due to: /;
/** … and to those that waited for it meanwhile. */
const LOGIN_FAILED = /^(JwtAuth|RefreshTokenAuth|OrgDataNotAvailable)Error$/i;

/** Every org has the objects that we query; to a user who may not see one, it doesn't exist. */
const NOT_SHOWN = /\bsObject type '\w+' is not supported/i;

type RefusalCode =
  | 'admin_permission_missing'
  | 'admin_session_expired'
  | 'org_api_disabled'
  | 'org_busy'
  | 'org_failing'
  | 'org_locked'
  | 'org_request_limit';

/** @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
const REFUSALS: ReadonlyArray<[errorCode: RegExp, code: RefusalCode]> = [
  [/^INVALID_SESSION_ID$/, 'admin_session_expired'],
  [/^INSUFFICIENT_ACCESS/, 'admin_permission_missing'],
  [/^API_(CURRENTLY_)?DISABLED/, 'org_api_disabled'],
  [/^(ORG_LOCKED|INACTIVE_ORG)$/, 'org_locked'],
  [/^REQUEST_LIMIT_EXCEEDED$/, 'org_request_limit'],
  [/^(UNABLE_TO_LOCK_ROW|QUERY_TIMEOUT|REQUEST_RUNNING_TOO_LONG)$/, 'org_busy'],
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

/**
 * What a refusal means that no room knew better: every one has a code, the org's words and a next step.
 *
 * @returns undefined for an error that is no refusal of an org's
 */
export function anyRefusalOf(error: Error, org: AskedOrg): Failure<RefusalCode | 'org_refused'> | undefined {
  const errorCode = errorCodeOf(error);
  if (errorCode === '') return refusalOf(error, org);
  return refusalOf(error, org) ?? new Failure('org_refused', { ...org, words: wordsOf(error, errorCode) });
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

/** What stands before the words about a refused query: the query, with a mark below its fault. */
const QUERY_MARK = /\bERROR at Row:\d+:Column:\d+/;

/** The start of a text or a page on one line, as far as it is for eyes. */
export function oneLine(text: string): string {
  const mark = QUERY_MARK.exec(text);
  const words = mark === null ? text : text.slice(mark.index + mark[0].length);
  return wordsOfPage(words).replace(/\s+/g, ' ').trim().slice(0, EXCERPT);
}

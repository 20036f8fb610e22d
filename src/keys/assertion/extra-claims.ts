import { Failure } from '../../failure.js';

/** A value of a claim: what JSON can hold (RFC 7519 section 4). */
export type ClaimValue = string | number | boolean | null | ClaimValue[] | { [name: string]: ClaimValue };

export type ExtraClaims = Record<string, ClaimValue>;

/** The claims that flags of their own set. */
const SET_BY_FLAGS = new Map([
  ['iss', '--client-id'],
  ['sub', '--username'],
  ['aud', '--audience'],
  ['exp', '--expires-in'],
]);

/** The other claims that are a NumericDate (RFC 7519 sections 4.1.5 and 4.1.6): seconds since the epoch. */
const DATES = ['nbf', 'iat'];

/** The last second that a date of ECMAScript can hold. */
const LAST_SECOND = 8_640_000_000_000;

/**
 * Reads claims as `--claim` has them, `name=value`. A value that is JSON is that (`5`, `true`, `"5"`, `["a"]`), anything
 * else is text. `nbf` and `iat` are seconds since the epoch, or `now`.
 *
 * @param now milliseconds since the epoch
 * @throws Failure `claim_malformed`, `claim_set_by_flag`, `claim_repeated`, `claim_value_malformed`,
 *   `claim_number_inexact`, `claim_date_malformed`
 */
export function readExtraClaims(texts: readonly string[], now: number): ExtraClaims {
  const claims = new Map<string, ClaimValue>();
  for (const text of texts) {
    const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Failure('claim_malformed', { claim: text });
    const flag = SET_BY_FLAGS.get(name);
    if (flag !== undefined) throw new Failure('claim_set_by_flag', { claim: name, flag });
    if (claims.has(name)) throw new Failure('claim_repeated', { claim: name });
    claims.set(name, DATES.includes(name) ? dateOf(name, value, now) : valueOf(name, value));
  }
  return Object.fromEntries(claims);
}

function valueOf(name: string, text: string): ClaimValue {
  let value: ClaimValue;
  try {
    value = JSON.parse(text) as ClaimValue;
  } catch {
    // A quote or bracket at its start says that it was meant to be JSON.
    if (/^\s*["[{]/.test(text)) throw new Failure('claim_value_malformed', { claim: name, value: text });
    return text;
  }
  if (!isExact(value)) throw new Failure('claim_number_inexact', { claim: name, value: text });
  return value;
}

/** Larger numbers lose digits on their way through JSON, here and in most receivers (RFC 8259 section 6). */
function isExact(value: ClaimValue): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}

function dateOf(name: string, text: string, now: number): number {
  if (text === 'now') return Math.floor(now / 1000);
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Infinity;
  if (seconds > LAST_SECOND) throw new Failure('claim_date_malformed', { claim: name, value: text });
  return seconds;
}

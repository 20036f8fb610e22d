import { isFailure } from '../../failure.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import type { Limit } from './pace.js';

/** A request that a host had no room for, and for how many milliseconds it wants to be left alone, if it said so. */
export type Refused = { origin: string; retryAfter: number | undefined };

/** A `fetch` that remembers the last request with status 429, or 503 together with `Retry-After`. */
export type WatchedFetch = { fetch: Fetch; refused: () => Refused | undefined };

/** @param now milliseconds since the epoch, for a `Retry-After` that is a date */
export function watched(fetch: Fetch, now: () => number): WatchedFetch {
  let refused: Refused | undefined;
  return {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const retryAfter = retryAfterOf(response.headers.get('retry-after'), now());
      if (response.status === 429 || (response.status === 503 && retryAfter !== undefined))
        refused = { origin: new URL(url).origin, retryAfter };
      return response;
    },
    refused: () => refused,
  };
}

/**
 * The limit behind an error, by the server's own words where it has any, since they say whose limit it is. A login host
 * has nothing to do with the limits of the org that it leads to.
 *
 * @param host the origin at which the login was asked for
 */
export function limitOf(error: unknown, refused: Refused | undefined, host: string): Limit | undefined {
  const retryAfter = refused?.retryAfter;
  if (isFailure(error, 'login_rate_exceeded')) return { scope: 'login', retryAfter };
  if (isFailure(error, 'org_login_limit')) return { scope: 'org', retryAfter };
  return refused && { scope: refused.origin === host ? 'host' : 'login', retryAfter };
}

/** Seconds or an HTTP date, in milliseconds from now (RFC 9110 section 10.2.3). Undefined for what is neither. */
function retryAfterOf(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What an endpoint says when somebody has logged in too often, or when it's too busy. */
const OF_LOGINS = ['login_rate_exceeded', 'org_login_limit', 'token_endpoint_busy'] as const;

/** What an org says of its admin's requests when it has too many of them, or is too busy. */
const OF_ADMINS = ['org_request_limit', 'org_busy', 'org_failing'] as const;

/**
 * As {@link limitOf} for the work of an admin, some of whose requests the client library repeats by itself: a limit that was
 * met and is over is none.
 */
export function limitOfAdmin(error: unknown, refused: Refused | undefined, host: string): Limit | undefined {
  if (isFailure(error, 'org_request_limit')) return { scope: 'host', retryAfter: refused?.retryAfter };
  if (OF_ADMINS.some((code) => isFailure(error, code)))
    return refused && { scope: 'host', retryAfter: refused.retryAfter };
  return OF_LOGINS.some((code) => isFailure(error, code)) ? limitOf(error, refused, host) : undefined;
}

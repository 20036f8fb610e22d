import type { Org } from '@salesforce/core';
import { Failure, isFailure } from '../../failure.js';
import { anyRefusalOf, refusalOf, type AskedOrg } from './refusal.js';

/**
 * What a failed request of a connection means: `org_unreachable` where no answer came, what stands in the way of every
 * request, else the error itself. The TypeError of `fetch` is no cause of it, since sf would take it for a programming
 * error.
 */
export function meaningOfFailure(error: unknown, org: AskedOrg): unknown {
  if (!(error instanceof Error)) return error;
  const { instanceUrl } = org;
  if (error.name === 'AbortError') return new Failure('org_unreachable', { instanceUrl, reason: 'timeout' });
  if (error.name !== 'TypeError' || error.message !== 'fetch failed') return refusalOf(error, org) ?? error;
  return new Failure('org_unreachable', { instanceUrl, reason: innermost(error) });
}

/** As {@link meaningOfFailure} at the end of a command, where nobody knows a refusal better any more. */
export function lastMeaningOfFailure(error: unknown, org: AskedOrg): unknown {
  const meaning = meaningOfFailure(error, org);
  return meaning instanceof Error && !isFailure(meaning) ? (anyRefusalOf(meaning, org) ?? meaning) : meaning;
}

/**
 * The newest API version that the org serves, as "67.0".
 *
 * @throws Failure what `lastMeaningOfFailure` knows
 */
export async function newestApiVersion(org: Org): Promise<string> {
  try {
    return await org.retrieveMaxApiVersion();
  } catch (error) {
    throw lastMeaningOfFailure(error, {
      instanceUrl: org.getConnection().instanceUrl,
      username: org.getUsername() ?? '',
    });
  }
}

function innermost(error: Error): string {
  if (error.cause instanceof Error) return innermost(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

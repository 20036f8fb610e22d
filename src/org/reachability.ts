import type { Connection, Org } from '@salesforce/core';
import { Failure } from '../failure.js';
import { refusalOf, type AskedOrg } from './refusal.js';

/** How long an org may take for one answer, in milliseconds. */
export const ANSWER_LIMIT = 30_000;

/** Gives up each request of the connection that gets no answer in time; jsforce itself would wait for half an hour. */
export function limitAnswers(connection: Pick<Connection, '_transport'>, limit = ANSWER_LIMIT): void {
  const transport = connection._transport;
  const send = transport.httpRequest.bind(transport);
  transport.httpRequest = (request, options) => send(request, { ...options, timeout: limit });
}

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

/**
 * The newest API version that the org serves, as "67.0".
 *
 * @throws Failure what `meaningOfFailure` knows
 */
export async function newestApiVersion(org: Org): Promise<string> {
  try {
    return await org.retrieveMaxApiVersion();
  } catch (error) {
    throw meaningOfFailure(error, {
      instanceUrl: org.getConnection().instanceUrl,
      username: org.getUsername() ?? '',
    });
  }
}

function innermost(error: Error): string {
  if (error.cause instanceof Error) return innermost(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

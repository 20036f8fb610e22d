import { Failure, isFailure } from '../../failure.js';
import { domainFacts, type DomainFacts } from './my-domain.js';
import { startOf, type Fetch, type Token } from '../token/endpoint.js';

/**
 * What is known of an org: by its `Organization` record, and where the user may not query that, by its host. A field of
 * which nothing tells is absent.
 */
export type Organization = Pick<DomainFacts, 'isSandbox' | 'isScratch'> & {
  name?: string;
  instanceName?: string;
  namespacePrefix?: string | null;
  /** `OrganizationType`, as "Developer Edition" */
  edition?: string;
  trialExpirationDate?: string | null;
  /** Absent where the org didn't let the user ask. */
  isDevHub?: boolean;
  /** The newest API version that the org serves, as "67.0" */
  apiVersion: string;
};

/** Old enough for every org, and the version with which sf itself asks whether an org is a Dev Hub. */
const QUERY_VERSION = 'v51.0';

const QUERIES = [
  'SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization',
  // Only a Dev Hub has this object.
  'SELECT Id FROM ScratchOrgInfo LIMIT 1',
];

type OrganizationRecord = {
  Name: string;
  InstanceName: string;
  IsSandbox: boolean;
  TrialExpirationDate: string | null;
  NamespacePrefix: string | null;
  OrganizationType: string;
};

/** The org's words where it takes no more requests of anybody, behind the HTTP status if that was one of the whole batch. */
const REQUEST_LIMIT = /^(?:HTTP \d+ )?(REQUEST_LIMIT_EXCEEDED\b.*)/s;

type BatchAnswer = { statusCode: number; result: unknown };

/** Refusals of a part of the batch that concern every request of this user. */
const OF_EVERY_REQUEST =
  /^(REQUEST_LIMIT_EXCEEDED|INVALID_SESSION_ID|API_(CURRENTLY_)?DISABLED\w*|ORG_LOCKED|INACTIVE_ORG)\b/;

/**
 * Learns what org a token is for, in one round trip: its API versions, and both queries as one batch. A user who may not
 * query `Organization`, such as one of the profile "Minimum Access - API Only Integrations", gets a refusal inside of a
 * batch that succeeds.
 *
 * @param token.username whom a failure names
 * @throws Failure `org_request_limit`; `org_unreadable` with the server's words, if the token can't be used or no answer
 *   comes
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
 */
export async function learnOrganization(
  fetch: Fetch,
  token: Token & { username?: string },
  timeout: number,
): Promise<Organization> {
  const root = `${token.instanceUrl}/services/data`;
  const ask = async (url: string, init: RequestInit): Promise<unknown> => {
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeout) });
      const text = await startOf(response.body);
      if (!response.ok) throw new Error(`HTTP ${response.status} ${serverWords(text)}`);
      return JSON.parse(text);
    } catch (cause) {
      throw unreadable(token, cause);
    }
  };
  const [versions, batch] = await Promise.all([
    ask(root, { method: 'GET' }),
    ask(`${root}/${QUERY_VERSION}/composite/batch`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${token.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        batchRequests: QUERIES.map((query) => ({
          method: 'GET',
          url: `${QUERY_VERSION}/query?q=${encodeURIComponent(query)}`,
        })),
      }),
    }),
  ]);
  try {
    return read(token, versions, batch);
  } catch (cause) {
    // what can't be read as an org's answer is something else's, such as a proxy's
    throw isFailure(cause) ? cause : unreadable(token, `${root}: ${JSON.stringify(batch).slice(0, 200)}`);
  }
}

function read(token: Token, versions: unknown, batch: unknown): Organization {
  const { results } = batch as { results: BatchAnswer[] };
  const [organization, scratchOrgInfo] = results;
  if (organization === undefined || scratchOrgInfo === undefined) throw unreadable(token, 'no answer to a query');
  const apiVersion = (versions as Array<{ version: string }>).at(-1)?.version;
  if (apiVersion === undefined) throw unreadable(token, 'no API version');
  const facts: Omit<Organization, 'apiVersion'> = isAnswered(token, organization)
    ? recordFacts(token, organization.result as { records: OrganizationRecord[] })
    : domainFacts(new URL(token.instanceUrl).hostname);
  const isDevHub = devHubFact(organization, scratchOrgInfo, facts);
  return { ...facts, ...(isDevHub === undefined ? {} : { isDevHub }), apiVersion };
}

/** @throws Failure `org_unreadable` for a refusal that isn't about the query */
function isAnswered(token: Token, { statusCode, result }: BatchAnswer): boolean {
  if (statusCode < 400) return true;
  const words = serverWords(JSON.stringify(result));
  if (statusCode === 401 || statusCode >= 500 || OF_EVERY_REQUEST.test(words)) throw unreadable(token, words);
  return false;
}

function recordFacts(
  token: Token,
  { records: [record] }: { records: OrganizationRecord[] },
): Omit<Organization, 'apiVersion'> {
  if (record === undefined) throw unreadable(token, 'no Organization record');
  return {
    name: record.Name,
    instanceName: record.InstanceName,
    namespacePrefix: record.NamespacePrefix,
    edition: record.OrganizationType,
    isSandbox: record.IsSandbox && record.TrialExpirationDate === null,
    isScratch: record.IsSandbox && record.TrialExpirationDate !== null,
    trialExpirationDate: record.TrialExpirationDate,
  };
}

/**
 * An org that isn't a Dev Hub doesn't have the object. To a user who doesn't see `Organization` either, that it is missing
 * says nothing; no more does any other refusal. Sandboxes and scratch orgs are no Dev Hubs.
 */
function devHubFact(
  organization: BatchAnswer,
  asked: BatchAnswer,
  { isSandbox, isScratch }: Pick<DomainFacts, 'isSandbox' | 'isScratch'>,
): boolean | undefined {
  if (asked.statusCode < 400) return true;
  if (isSandbox === true || isScratch === true) return false;
  const missing = /^(INVALID_TYPE|NOT_FOUND)\b/.test(serverWords(JSON.stringify(asked.result)));
  return missing && organization.statusCode < 400 ? false : undefined;
}

function unreadable({ instanceUrl, username = '' }: Token & { username?: string }, cause: unknown): Failure {
  if (isFailure(cause)) return cause;
  const reason =
    cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
  const [, words] = REQUEST_LIMIT.exec(reason) ?? [];
  if (words !== undefined) return new Failure('org_request_limit', { instanceUrl, username, words });
  // fetch's TypeError is no cause of it, since sf would take it for a programming error
  return new Failure('org_unreadable', { instanceUrl, reason });
}

/** `[{"errorCode": …, "message": …}]` as REST reports errors, else the start of the body. */
function serverWords(body: string): string {
  try {
    const [first] = JSON.parse(body) as Array<{ errorCode: string; message: string }>;
    if (first !== undefined) return `${first.errorCode}: ${first.message}`;
  } catch {
    // not JSON: the body itself is what the server said
  }
  return body.slice(0, 200);
}

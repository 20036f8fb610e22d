import { Failure, isFailure } from '../failure.js';
import { startOf, type Fetch, type Token } from '../token/endpoint.js';

/** What the `Organization` record and the org's REST root tell about an org. */
export type Organization = {
  name: string;
  instanceName: string;
  namespacePrefix: string | null;
  /** The edition: `OrganizationType`, as "Developer Edition" */
  edition: string;
  isSandbox: boolean;
  isScratch: boolean;
  trialExpirationDate: string | null;
  isDevHub: boolean;
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

/**
 * Learns what org a token is for, in one round trip: its API versions, and both queries as one batch.
 *
 * @throws Failure `org_unreadable` with the server's words, if the token can't be used or no answer comes
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
 */
export async function learnOrganization(fetch: Fetch, token: Token, timeout: number): Promise<Organization> {
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
  const { results } = batch as { results: Array<{ statusCode: number; result: unknown }> };
  const [organization, scratchOrgInfo] = results;
  if (organization?.statusCode !== 200) throw unreadable(token, serverWords(JSON.stringify(organization?.result)));
  const record = (organization.result as { records: OrganizationRecord[] }).records[0];
  const apiVersion = (versions as Array<{ version: string }>).at(-1)?.version;
  if (record === undefined || apiVersion === undefined)
    throw unreadable(token, 'no Organization record or API version');
  return {
    name: record.Name,
    instanceName: record.InstanceName,
    namespacePrefix: record.NamespacePrefix,
    edition: record.OrganizationType,
    isSandbox: record.IsSandbox && record.TrialExpirationDate === null,
    isScratch: record.IsSandbox && record.TrialExpirationDate !== null,
    trialExpirationDate: record.TrialExpirationDate,
    isDevHub: (scratchOrgInfo?.statusCode ?? 500) < 400,
    apiVersion,
  };
}

function unreadable(token: Token, cause: unknown): Failure {
  if (isFailure(cause)) return cause;
  const reason =
    cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
  // fetch's TypeError is no cause of it, since sf would take it for a programming error
  return new Failure('org_unreadable', { instanceUrl: token.instanceUrl, reason });
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

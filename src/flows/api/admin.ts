import { Connection } from '@jsforce/jsforce-node';
import type { Transport } from '@jsforce/jsforce-node/lib/transport.js';
import { Org, type Connection as CoreConnection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { keepSecret } from '../../keys/secrets.js';
import { baseUrl, isSafe } from '../../salesforce/hosts.js';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import { guardAnswers } from '../../salesforce/org/transport.js';
import { soqlLiteral } from '../../salesforce/org/soql.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { requireText } from './options.js';
import type { AdminOrg } from './types.js';

/**
 * A connection as an org's admin.
 *
 * @throws Failure `named_org_not_found`, `option_missing`, `option_malformed`, what `lastMeaningOfFailure` knows
 */
export async function connectionOf(org: AdminOrg | undefined, fetch: Fetch, timeout: number): Promise<CoreConnection> {
  const connection =
    typeof org === 'string' ? await storedConnection(org, fetch, timeout) : sessionConnection(org, fetch, timeout);
  try {
    const versions = await connection.request<Array<{ version: string }>>(`${connection.instanceUrl}/services/data`);
    connection.version = versions.at(-1)?.version ?? connection.version;
    if (typeof org === 'string') return connection;
    const { orgId, username } = await whoseSession(connection);
    return Object.assign(connection, {
      getUsername: () => username,
      getAuthInfoFields: () => ({ orgId, username, instanceUrl: connection.instanceUrl }),
    });
  } catch (error) {
    const username = typeof org === 'string' ? org : '';
    throw lastMeaningOfFailure(error, { instanceUrl: connection.instanceUrl, username });
  }
}

/** Core renews the session of a stored login by connections of its own, so the guard is before all of them. */
async function storedConnection(org: string, fetch: Fetch, timeout: number): Promise<CoreConnection> {
  guardAnswers(fetch, timeout);
  const aliasOrUsername = requireText('org', org);
  try {
    const connection = (await Org.create({ aliasOrUsername })).getConnection();
    connection.instanceUrl = baseUrl(connection.instanceUrl);
    return connection;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NamedOrgNotFoundError') throw error;
    throw new Failure('named_org_not_found', { org }, { cause: error });
  }
}

/** It has all of a connection of core's that `connect` uses, but what only the org can tell. */
function sessionConnection(org: Exclude<AdminOrg, string> | undefined, fetch: Fetch, timeout: number): CoreConnection {
  const instanceUrl = requireText('org.instanceUrl', org?.instanceUrl);
  const accessToken = requireText('org.accessToken', org?.accessToken);
  keepSecret(accessToken);
  const url = URL.parse(instanceUrl);
  if (url === null) throw new Failure('option_malformed', { option: 'org.instanceUrl', wanted: 'a URL' });
  if (!isSafe(url)) throw new Failure('url_not_https', { url: url.origin });
  const connection = new Connection({ instanceUrl: baseUrl(instanceUrl), accessToken });
  guardAnswers(fetch, timeout, (connection as unknown as { _transport: Transport })._transport);
  return connection as unknown as CoreConnection;
}

/** The org's list of resources names the user by an identity URL, which ends with both ids. */
async function whoseSession(connection: CoreConnection): Promise<{ orgId: string; username: string }> {
  const { instanceUrl, version } = connection;
  const { identity } = await connection.request<{ identity: string }>(`${instanceUrl}/services/data/v${version}`);
  const [, orgId = '', userId = ''] = /\/id\/(00D\w{12,15})\/(005\w{12,15})$/.exec(identity) ?? [];
  const users = await connection.query<{ Username: string }>(
    `SELECT Username FROM User WHERE Id = ${soqlLiteral(userId)}`,
  );
  const username = users.records[0]?.Username;
  if (username === undefined) throw new Failure('org_unreadable', { instanceUrl, reason: `no user at ${identity}` });
  return { orgId, username };
}

import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { readAliases } from '../../machine/store/aliases.js';
import { isStorable } from '../../machine/store/username.js';
import { findStoredOrg, readEntries } from '../../machine/store/stored-logins.js';
import { requireApiVersion } from '../../salesforce/app/requirements.js';
import { baseUrl } from '../../salesforce/hosts.js';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import type { OrgRow } from './rows.js';

/** The admin of a row, as far as this machine knows without asking. */
export type RowAdmin = {
  /** As the row names it */
  name: string;
  username: string;
  /** Empty where the entry doesn't say, as the next one. */
  orgId: string;
  instanceUrl: string;
  /** The origin whose limits hold the row up */
  host: string;
};

/**
 * Finds the stored login that the column `admin` names. The store is read once, for the first row.
 *
 * @returns a function that throws Failure `orgs_row_incomplete`, `named_org_not_found`, `store_damaged`
 */
export function adminsOf(source: string): (row: OrgRow) => RowAdmin {
  let sites: Map<string, Pick<RowAdmin, 'orgId' | 'instanceUrl'>> | undefined;
  let aliases: ReturnType<typeof readAliases> = {};
  return ({ line, values: { admin } }) => {
    if (admin === undefined) throw new Failure('orgs_row_incomplete', { source, line, column: 'admin' });
    if (sites === undefined) {
      aliases = readAliases();
      sites = new Map(
        readEntries().flatMap((entry) =>
          entry.type === 'damaged' ? [] : [[entry.username, entry.type === 'jwt' ? entry.login : entry]],
        ),
      );
    }
    const behind = aliases[admin];
    const username = typeof behind === 'string' ? behind : admin;
    const site = sites.get(username);
    // One that is damaged is said by core when it's opened.
    const { orgId, instanceUrl } = site ?? { orgId: '', instanceUrl: '' };
    if (site === undefined && !isStorable(username)) throw new Failure('named_org_not_found', { org: admin });
    return { name: admin, username, orgId, instanceUrl, host: URL.parse(instanceUrl)?.origin ?? '' };
  };
}

/**
 * The connection of a row's admin, at the API version that was asked for or the newest.
 *
 * @throws Failure `named_org_not_found`, `api_version_too_old`, what `lastMeaningOfFailure` knows
 */
export async function openAdmin(
  { name, username, instanceUrl }: RowAdmin,
  { fetch, timeout, apiVersion }: { fetch: Fetch; timeout: number; apiVersion: string | undefined },
): Promise<Connection> {
  const org = await findStoredOrg(name);
  try {
    const connection = await org.open(fetch, timeout);
    connection.instanceUrl = baseUrl(connection.instanceUrl);
    connection.setApiVersion(requireApiVersion(apiVersion ?? connection.getApiVersion()));
    return connection;
  } catch (error) {
    throw lastMeaningOfFailure(error, { instanceUrl, username });
  }
}

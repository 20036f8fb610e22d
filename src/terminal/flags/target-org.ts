import type { Interfaces } from '@oclif/core';
import type { Connection, Org } from '@salesforce/core';
import { Flags } from '@salesforce/sf-plugins-core';
import { Failure } from '../../failure.js';
import { storedName } from '../../machine/store/admin-login.js';
import { requireApiVersion } from '../../salesforce/app/requirements.js';
import { baseUrl } from '../../salesforce/hosts.js';
import { newestApiVersion } from '../../salesforce/org/reachability.js';
import { storeFaultOf } from '../../machine/store/store-fault.js';
import { bare } from './path.js';

/** sf's own flag for the org, which would take the default org for an empty name. */
export function targetOrgFlag() {
  const flag = Flags.requiredOrg();
  const { parse } = flag;
  flag.parse = async (input, context, options) => {
    const name = bare(input);
    if (name === '') throw new Failure('flag_empty', { flag: '--target-org' });
    try {
      return await parse(name, context, options);
    } catch (error) {
      // oclif would put words of its own around those of core, which say which org it is.
      if (!(error instanceof Error) || error.name !== 'NamedOrgNotFoundError') throw error;
      throw storeFaultOf(error) ?? new Failure('named_org_not_found', { org: name }, { cause: error });
    }
  };
  return flag;
}

/**
 * A connection to the target org, at the version of the API that was asked for, else at the newest that the org has.
 *
 * @throws Failure `api_version_too_old`, those of `newestApiVersion`
 */
export async function connectionTo(org: Org, apiVersion: string | undefined): Promise<Connection> {
  const connection = org.getConnection(apiVersion);
  connection.instanceUrl = baseUrl(connection.instanceUrl);
  connection.setApiVersion(requireApiVersion(apiVersion ?? (await newestApiVersion(org))));
  return connection;
}

/**
 * The target org as commands name it: as it was given, else by its first alias, else by its username.
 *
 * @param raw what the parser read, in the order of the command line
 */
export function nameOfTargetOrg(raw: Interfaces.ParserOutput['raw'], username: string | undefined): string | undefined {
  const given = raw.find((token) => token.type === 'flag' && token.flag === 'target-org')?.input;
  return given === undefined ? (storedName(username ?? '') ?? username) : bare(given);
}

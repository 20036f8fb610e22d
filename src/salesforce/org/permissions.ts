import type { Connection } from '@salesforce/core';

/**
 * What it takes to set up an app, by the names that Setup shows, each with the user permissions any of which is enough.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.create_a_local_external_client_app.htm
 */
const NEEDED: ReadonlyArray<[name: string, anyOf: readonly string[]]> = [
  ['Modify Metadata Through Metadata API Functions', ['ModifyMetadata', 'ModifyAllData']],
  ['Customize Application', ['CustomizeApplication']],
  ['Create, edit, and delete External Client Apps', ['ExternalClientAppDeveloper', 'ModifyAllData']],
  ['View Setup and Configuration', ['ViewSetup']],
  ['Assign Permission Sets', ['AssignPermissionSets', 'ManageUsers']],
];

/** Words of an org that refuses something for want of a permission. */
export function speaksOfAccess(words: string): boolean {
  return /insufficient (access|privileges)|permission/i.test(words);
}

/**
 * Names of the permissions that the admin lacks, of those that setting up an app takes; a permission of which the org
 * tells nothing isn't among them.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userpermissionaccess.htm
 */
export async function missingPermissions(connection: Connection): Promise<string[]> {
  const names = [...new Set(NEEDED.flatMap(([, anyOf]) => anyOf))];
  const held = new Map(
    await Promise.all(
      names.map(async (name) => [name, await holds(connection, name)] as [string, boolean | undefined]),
    ),
  );
  return NEEDED.filter(([, anyOf]) => anyOf.every((name) => held.get(name) === false)).map(([name]) => name);
}

/** Whether the login history shows everybody's logins; else it shows the caller's own. Undefined: the org doesn't say. */
export function seesAllLogins(connection: Connection): Promise<boolean | undefined> {
  return holds(connection, 'ManageUsers');
}

/** Whether the list of OAuth tokens shows everybody's; else it shows the caller's own. Undefined: the org doesn't say. */
export function seesAllTokens(connection: Connection): Promise<boolean | undefined> {
  return holds(connection, 'CustomizeApplication');
}

/** Asked one by one, since an org that doesn't know one of them would refuse to tell of the others. */
async function holds(connection: Connection, permission: string): Promise<boolean | undefined> {
  const field = `Permissions${permission}`;
  try {
    const { records } = await connection.query<Record<string, boolean>>(`SELECT ${field} FROM UserPermissionAccess`);
    return records[0]?.[field];
  } catch {
    // It's asked for the sake of an error that has a cause already.
    return undefined;
  }
}

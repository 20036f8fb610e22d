import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { refusalOf } from './refusal.js';
import { soqlList, soqlLiteral } from './soql.js';

export type OrgUser = {
  id: string;
  username: string;
  active: boolean;
  email: string;
  /** The user license; undefined where the org doesn't say. */
  license?: { id: string; name: string } | undefined;
};

type UserRecord = {
  Id: string;
  Username: string;
  IsActive: boolean;
  Email: string;
  Profile: { UserLicense: { Id: string; Name: string } | null } | null;
};

/**
 * Each user once, however often and in whatever case the name was given.
 *
 * @throws Failure `users_unknown`, `users_inactive`: all of them by name, before anything is changed
 */
export async function readUsers(connection: Connection, usernames: string[]): Promise<OrgUser[]> {
  const { records } = await connection.query<UserRecord>(
    'SELECT Id, Username, IsActive, Email, Profile.UserLicense.Id, Profile.UserLicense.Name FROM User' +
      ` WHERE Username IN ${soqlList(usernames)}`,
  );
  const found = new Map(records.map((record) => [record.Username.toLowerCase(), record]));
  const unknown = usernames.filter((username) => !found.has(username.toLowerCase()));
  if (unknown.length > 0)
    throw new Failure('users_unknown', { usernames: unknown.join(', '), admin: connection.getUsername() ?? '' });
  const inactive = records.filter((record) => !record.IsActive).map((record) => record.Username);
  if (inactive.length > 0) throw new Failure('users_inactive', { usernames: inactive.join(', ') });
  const users = new Set(usernames.map((username) => found.get(username.toLowerCase())!));
  return [...users].map(({ Id, Username, IsActive, Email, Profile }) => {
    const license = Profile?.UserLicense;
    return {
      id: Id,
      username: Username,
      active: IsActive,
      email: Email,
      license: license ? { id: license.Id, name: license.Name } : undefined,
    };
  });
}

export type PermissionSetReading = {
  id: string;
  name: string;
  /** Name of its user license or permission set license */
  license: string | undefined;
  /** Id of that license; its first three characters tell the two kinds apart. */
  licenseId: string | undefined;
  /** User ids */
  assignees: Set<string>;
};

type PermissionSetRecord = { Id: string; Name: string; LicenseId: string | null; License: { Name: string } | null };

/** @returns undefined if the org has no such permission set */
export async function readPermissionSet(
  connection: Connection,
  name: string,
  users: OrgUser[],
): Promise<PermissionSetReading | undefined> {
  const { records } = await connection.query<PermissionSetRecord>(
    `SELECT Id, Name, LicenseId, License.Name FROM PermissionSet WHERE Name = ${soqlLiteral(name)} AND IsOwnedByProfile = false`,
  );
  const [record] = records;
  if (record === undefined) return undefined;
  const { Id: id, Name, License, LicenseId } = record;
  const assignments = await connection.query<{ AssigneeId: string }>(
    `SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSetId = ${soqlLiteral(id)}` +
      ` AND AssigneeId IN ${soqlList(users.map((user) => user.id))}`,
  );
  const assignees = new Set(assignments.records.map(({ AssigneeId }) => AssigneeId));
  return { id, name: Name, license: License?.Name, licenseId: LicenseId ?? undefined, assignees };
}

/** What a permission set of this license gives is for the org's APIs; it can't hold "Assigned Connected Apps". */
const WITHOUT_APPS = 'Salesforce API Integration';

/** @throws Failure `permission_set_without_apps` where a permission set can't open an app to anybody */
export function requireOpening({ name, license }: PermissionSetReading): void {
  if (license === WITHOUT_APPS) throw new Failure('permission_set_without_apps', { name, license });
}

/** Ids of user licenses begin so; those of permission set licenses, which an assignment may bring along, don't. */
const USER_LICENSE = '100';

/**
 * Whether an org will refuse to assign the permission set to the user: one for a user license goes to users of that
 * license only.
 *
 * @see https://help.salesforce.com/s/articleView?id=platform.perm_sets_about_users_and_licenses.htm
 */
export function isForOtherLicense({ licenseId }: PermissionSetReading, { license }: OrgUser): boolean {
  if (licenseId?.startsWith(USER_LICENSE) !== true || license === undefined) return false;
  return licenseId.slice(0, 15) !== license.id.slice(0, 15);
}

/** The outcome for one user: assigned now, assigned before, or what the server said against it. */
export type Assignment = { user: OrgUser; assigned: 'assigned' | 'already' | 'failed'; error?: string };

/** Assigns a permission set to those who don't have it. One user's failure leaves the others theirs. */
export async function assignUsers(
  connection: Connection,
  permissionSet: PermissionSetReading,
  users: OrgUser[],
): Promise<Assignment[]> {
  const missing = users.filter((user) => !permissionSet.assignees.has(user.id));
  const results = await connection.sobject('PermissionSetAssignment').create(
    missing.map((user) => ({ AssigneeId: user.id, PermissionSetId: permissionSet.id })),
    { allOrNone: false, allowRecursive: true },
  );
  return users.map((user) => {
    const index = missing.indexOf(user);
    if (index < 0) return { user, assigned: 'already' };
    const result = results[index];
    if (result?.success === true) return { user, assigned: 'assigned' };
    const error = result?.errors.map(({ message }) => message).join(' ') ?? '';
    return { user, assigned: 'failed', error };
  });
}

/**
 * Whether the permission set opens the app to those who have it.
 *
 * @param appId id of the External Client App or Connected App
 */
export async function hasAccessRow(connection: Connection, permissionSetId: string, appId: string): Promise<boolean> {
  const { records } = await connection.query(
    `SELECT Id FROM SetupEntityAccess WHERE ParentId = ${soqlLiteral(permissionSetId)}` +
      ` AND SetupEntityId = ${soqlLiteral(appId)}`,
  );
  return records.length > 0;
}

function concernsEveryRequest(error: Error): boolean {
  const refusal = refusalOf(error, { instanceUrl: '', username: '' });
  return refusal !== undefined && refusal.code !== 'admin_permission_missing';
}

/**
 * The policy of an app names its permission sets, and the org makes the row by itself; in some it was seen missing.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_setupentityaccess.htm
 */
export async function createAccessRow(connection: Connection, permissionSetId: string, appId: string): Promise<void> {
  try {
    await connection.sobject('SetupEntityAccess').create({ ParentId: permissionSetId, SetupEntityId: appId });
  } catch (cause) {
    const { message, errorCode } = cause as { message: string; errorCode?: string };
    // The org was just about to make the row itself.
    if (errorCode === 'DUPLICATE_VALUE') return;
    if (errorCode === undefined || concernsEveryRequest(cause as Error)) throw cause;
    throw new Failure('access_row_refused', { reason: message }, { cause });
  }
}

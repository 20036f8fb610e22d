import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { RIGHTS, type Role } from './integration-rights.js';
import { soqlLiteral } from './soql.js';

/** The license of users who are programs, and the one that gives them more than the API. Both names are the same in every language. */
const USER_LICENSE = 'Salesforce Integration';
const PERMISSION_SET_LICENSE = 'SalesforceAPIIntegrationPsl';

/** A license, and how many of it are left. */
export type Capacity = { id: string; name: string; free: number; total: number };

/** The integration user as they stand, and what is missing; all of it is read before anything is made. */
export type IntegrationUserPlan = {
  username: string;
  role: Role;
  /** Undefined: there is none yet. */
  userId: string | undefined;
  profile: { id: string; name: string };
  userLicense: Capacity;
  /** Undefined: the org has none, and the user gets none. */
  permissionSetLicense: (Capacity & { assigned: boolean }) | undefined;
  /** API name; `id` undefined: it doesn't exist yet. */
  permissionSet: { name: string; id: string | undefined; assigned: boolean };
  /** What the new user takes over from the admin. */
  admin: AdminFields;
};

type AdminFields = {
  Email: string;
  TimeZoneSidKey: string;
  LocaleSidKey: string;
  EmailEncodingKey: string;
  LanguageLocaleKey: string;
};

/** By this a user is known as one that was made here. */
export const markOf = (username: string): string => `sf-plugin-jwt:${username.toLowerCase()}`;

/** By this a permission set is known as one that was made here. */
export const DESCRIPTION = 'Made by sf jwt setup: the least rights for a pipeline.';

/**
 * @param request.permissionSet API name of the set for the rights
 * @throws Failure `integration_license_missing`, `license_exhausted`, `license_too_small`, `user_not_ours`,
 *   `permission_set_not_ours`: before anything is made
 */
export async function readIntegrationUser(
  connection: Connection,
  { username, role, permissionSet }: { username: string; role: Role; permissionSet: string },
): Promise<IntegrationUserPlan> {
  const userId = await ownUser(connection, username);
  const userLicense = await capacityOf(connection, 'UserLicense', 'Name', USER_LICENSE);
  const profile = userLicense && (await integrationProfile(connection, userLicense.id));
  if (userLicense === undefined || profile === undefined)
    throw new Failure('integration_license_missing', { license: USER_LICENSE });
  if (userId === undefined) requireFree(userLicense);
  const license = await capacityOf(connection, 'PermissionSetLicense', 'DeveloperName', PERMISSION_SET_LICENSE);
  const assigned = license !== undefined && userId !== undefined && (await hasLicense(connection, userId, license.id));
  if (license !== undefined && !assigned) requireFree(license);
  await requireRoom(connection, role, license);
  const set = await ownPermissionSet(connection, permissionSet);
  const isAssigned = set !== undefined && userId !== undefined && (await hasSet(connection, userId, set));
  return {
    username,
    role,
    userId,
    profile,
    userLicense,
    permissionSetLicense: license && { ...license, assigned },
    permissionSet: { name: permissionSet, id: set, assigned: isAssigned },
    admin: await adminFields(connection),
  };
}

/** The user of that name, if it's one that was made here. @throws Failure `user_not_ours` */
async function ownUser(connection: Connection, username: string): Promise<string | undefined> {
  const { records } = await connection.query<{ Id: string; FederationIdentifier: string | null }>(
    `SELECT Id, FederationIdentifier FROM User WHERE Username = ${soqlLiteral(username)}`,
  );
  const [found] = records;
  if (found === undefined) return undefined;
  if (found.FederationIdentifier === markOf(username)) return found.Id;
  throw new Failure('user_not_ours', { username });
}

/** By its license and its smallest rights: profiles are named in the org's language. */
async function integrationProfile(
  connection: Connection,
  licenseId: string,
): Promise<{ id: string; name: string } | undefined> {
  const { records } = await connection.query<{ Id: string; Name: string } & Record<string, unknown>>(
    'SELECT Id, Name, PermissionsApiUserOnly, PermissionsModifyAllData, PermissionsModifyMetadata,' +
      ` PermissionsManageUsers FROM Profile WHERE UserLicenseId = ${soqlLiteral(licenseId)} ORDER BY Name`,
  );
  const rightsOf = (record: Record<string, unknown>): number =>
    ['ModifyAllData', 'ModifyMetadata', 'ManageUsers'].filter((name) => record[`Permissions${name}`] === true).length;
  const apiOnly = records.filter((record) => record['PermissionsApiUserOnly'] === true);
  const [found] = (apiOnly.length > 0 ? apiOnly : records).sort((one, other) => rightsOf(one) - rightsOf(other));
  return found === undefined ? undefined : { id: found.Id, name: found.Name };
}

async function capacityOf(
  connection: Connection,
  object: 'UserLicense' | 'PermissionSetLicense',
  field: string,
  name: string,
): Promise<Capacity | undefined> {
  const { records } = await connection.query<{
    Id: string;
    MasterLabel: string;
    TotalLicenses: number;
    UsedLicenses: number;
  }>(`SELECT Id, MasterLabel, TotalLicenses, UsedLicenses FROM ${object} WHERE ${field} = ${soqlLiteral(name)}`);
  const [found] = records;
  if (found === undefined) return undefined;
  const { Id: id, MasterLabel, TotalLicenses: total, UsedLicenses: used } = found;
  return { id, name: MasterLabel, free: Math.max(0, total - used), total };
}

/** @throws Failure `license_exhausted` */
function requireFree({ name, free, total }: Capacity): void {
  if (free <= 0) throw new Failure('license_exhausted', { license: name, total });
}

/** What the license can't hold is the org's to say; where it says nothing, the assignment will. @throws Failure `license_too_small` */
async function requireRoom(connection: Connection, role: Role, license: Capacity | undefined): Promise<void> {
  const needed = RIGHTS[role].permissions.filter((name) => name !== 'ApiEnabled');
  if (license === undefined) {
    if (needed.length === 0) return;
    throw new Failure('license_too_small', { license: USER_LICENSE, role, permissions: needed.join(', ') });
  }
  const missing: string[] = [];
  for (const name of needed) if ((await maximumOf(connection, license.id, name)) === false) missing.push(name);
  if (missing.length > 0)
    throw new Failure('license_too_small', { license: license.name, role, permissions: missing.join(', ') });
}

/** Asked one by one: an org that doesn't know one of them would refuse to tell of the others. */
async function maximumOf(connection: Connection, id: string, permission: string): Promise<boolean | undefined> {
  const field = `MaximumPermissions${permission}`;
  try {
    const { records } = await connection.query<Record<string, boolean>>(
      `SELECT ${field} FROM PermissionSetLicense WHERE Id = ${soqlLiteral(id)}`,
    );
    return records[0]?.[field];
  } catch (error) {
    if ((error as { errorCode?: string }).errorCode === 'INVALID_FIELD') return undefined;
    throw error;
  }
}

async function hasLicense(connection: Connection, userId: string, licenseId: string): Promise<boolean> {
  const { records } = await connection.query(
    `SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = ${soqlLiteral(userId)}` +
      ` AND PermissionSetLicenseId = ${soqlLiteral(licenseId)}`,
  );
  return records.length > 0;
}

async function hasSet(connection: Connection, userId: string, setId: string): Promise<boolean> {
  const { records } = await connection.query(
    `SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = ${soqlLiteral(userId)}` +
      ` AND PermissionSetId = ${soqlLiteral(setId)}`,
  );
  return records.length > 0;
}

/** @throws Failure `permission_set_not_ours` */
async function ownPermissionSet(connection: Connection, name: string): Promise<string | undefined> {
  const { records } = await connection.query<{ Id: string; Description: string | null }>(
    `SELECT Id, Description FROM PermissionSet WHERE Name = ${soqlLiteral(name)} AND IsOwnedByProfile = false`,
  );
  const [found] = records;
  if (found === undefined) return undefined;
  if (found.Description === DESCRIPTION) return found.Id;
  throw new Failure('permission_set_not_ours', { name });
}

async function adminFields(connection: Connection): Promise<AdminFields> {
  const { records } = await connection.query<AdminFields>(
    'SELECT Email, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, LanguageLocaleKey FROM User' +
      ` WHERE Username = ${soqlLiteral(connection.getUsername() ?? '')}`,
  );
  const [admin] = records;
  if (admin === undefined)
    throw new Failure('users_unknown', {
      usernames: connection.getUsername() ?? '',
      admin: connection.getUsername() ?? '',
    });
  const { Email, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, LanguageLocaleKey } = admin;
  return { Email, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, LanguageLocaleKey };
}

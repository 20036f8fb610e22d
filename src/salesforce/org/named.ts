import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { soqlList } from './soql.js';

/**
 * Profiles that every org has, by their English and their metadata names: records call them by the admin's language.
 * Whether the org takes these names, the deployment tells.
 */
const STANDARD_PROFILES = new Set([
  ...['admin', 'contractmanager', 'marketingprofile', 'readonly', 'solutionmanager', 'standard'],
  ...['contract manager', 'marketing user', 'read only', 'solution manager', 'standard user', 'system administrator'],
]);

/** @throws Failure `profiles_unknown`: all of them by name */
export async function requireProfiles(connection: Connection, names: string[]): Promise<void> {
  const asked = names.filter((name) => !STANDARD_PROFILES.has(name.toLowerCase()));
  const unknown = await unknownOf(connection, 'Profile', asked);
  if (unknown.length > 0)
    throw new Failure('profiles_unknown', { names: unknown.join(', '), admin: connection.getUsername() ?? '' });
}

/** @throws Failure `permission_sets_unknown`: all of them by name */
export async function requirePermissionSets(connection: Connection, names: string[]): Promise<void> {
  const unknown = await unknownOf(connection, 'PermissionSet', names);
  if (unknown.length > 0)
    throw new Failure('permission_sets_unknown', { names: unknown.join(', '), admin: connection.getUsername() ?? '' });
}

async function unknownOf(
  connection: Connection,
  type: 'PermissionSet' | 'Profile',
  names: string[],
): Promise<string[]> {
  if (names.length === 0) return [];
  const { records } = await connection.query<{ Name: string }>(
    `SELECT Name FROM ${type} WHERE Name IN ${soqlList(names)}`,
  );
  const known = new Set(records.map(({ Name }) => Name.toLowerCase()));
  return names.filter((name) => !known.has(name.toLowerCase()));
}

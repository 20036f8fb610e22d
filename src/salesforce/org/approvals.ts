import type { Connection } from '@salesforce/core';
import { isFailure } from '../../failure.js';
import { refusalOf } from './refusal.js';
import { soqlList, soqlLiteral } from './soql.js';

type UserRecord = { Id: string; Username: string; IsActive: boolean; Profile: { Name: string } | null };

/**
 * Usernames of the active users who have approved an app themselves and aren't pre-authorized: they lose it when its policy
 * comes to admit only pre-authorized users.
 *
 * @param label the app's, by which the org lists the tokens that were issued for it
 * @param policy names of the permission sets and profiles that will pre-authorize, and of users who will
 * @returns undefined where the org doesn't let this admin ask
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_oauthtoken.htm
 */
export async function usersWhoLoseAccess(
  connection: Connection,
  label: string,
  policy: { permissionSets: string[]; profiles: string[]; usernames: string[] },
): Promise<string[] | undefined> {
  return unlessRefused(connection, async () => {
    const ids = await holdersOfTokens(connection, label);
    const lists = await Promise.all(batched(ids).map((batch) => unauthorized(connection, batch, policy)));
    return lists.flat().sort();
  });
}

/**
 * Usernames of those to whom the org has issued tokens for an app that it keeps a list of.
 *
 * @param label the app's, by which the org lists them
 * @returns undefined where the org doesn't let this admin ask
 */
export async function usersWithTokens(connection: Connection, label: string): Promise<string[] | undefined> {
  return unlessRefused(connection, async () => {
    const ids = await holdersOfTokens(connection, label);
    const lists = await Promise.all(
      batched(ids).map((batch) =>
        connection.query<{ Username: string }>(`SELECT Username FROM User WHERE Id IN ${soqlList(batch)}`),
      ),
    );
    return lists.flatMap(({ records }) => records.map(({ Username }) => Username)).sort();
  });
}

async function holdersOfTokens(connection: Connection, label: string): Promise<string[]> {
  const { records } = await connection.query<{ UserId: string }>(
    `SELECT UserId FROM OauthToken WHERE AppName = ${soqlLiteral(label)}`,
    { autoFetch: true, maxFetch: 10_000 },
  );
  return [...new Set(records.map(({ UserId }) => UserId))];
}

async function unlessRefused<T>(connection: Connection, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && 'errorCode' in error) {
      const refusal = refusalOf(error, { instanceUrl: connection.instanceUrl, username: '' });
      if (refusal === undefined || isFailure(refusal, 'admin_permission_missing')) return undefined;
    }
    throw error;
  }
}

async function unauthorized(
  connection: Connection,
  ids: string[],
  { permissionSets, profiles, usernames }: { permissionSets: string[]; profiles: string[]; usernames: string[] },
): Promise<string[]> {
  const { records } = await connection.query<UserRecord>(
    `SELECT Id, Username, IsActive, Profile.Name FROM User WHERE Id IN ${soqlList(ids)}`,
  );
  const holders = new Set<string>();
  if (permissionSets.length > 0) {
    const assignments = await connection.query<{ AssigneeId: string }>(
      `SELECT AssigneeId FROM PermissionSetAssignment WHERE AssigneeId IN ${soqlList(ids)}` +
        ` AND PermissionSet.Name IN ${soqlList(permissionSets)}`,
    );
    for (const { AssigneeId } of assignments.records) holders.add(AssigneeId);
  }
  const asked = new Set(usernames.map((username) => username.toLowerCase()));
  return records
    .filter(({ Id, Username, IsActive, Profile }) => {
      const isAdmitted = holders.has(Id) || asked.has(Username.toLowerCase()) || profiles.includes(Profile?.Name ?? '');
      return IsActive && !isAdmitted;
    })
    .map(({ Username }) => Username);
}

/** So many ids fit into the URL of a query. */
function batched(ids: string[], size = 200): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < ids.length; start += size) batches.push(ids.slice(start, start + size));
  return batches;
}

import type { Connection } from '@salesforce/core';

/** A user as a person knows one. */
export type ActiveUser = { username: string; name: string | undefined };

/** So many users are read; in an org with more, whoever looks for another knows the name. */
const LIMIT = 200;

/**
 * The active users of an org, by username.
 *
 * @throws what the org's refusal of the query is
 */
export async function activeUsers(connection: Connection): Promise<ActiveUser[]> {
  const { records } = await connection.query<{ Username: string; Name: string | null }>(
    `SELECT Username, Name FROM User WHERE IsActive = true ORDER BY Username LIMIT ${LIMIT}`,
  );
  return records.map(({ Username: username, Name }) => ({ username, name: Name ?? undefined }));
}

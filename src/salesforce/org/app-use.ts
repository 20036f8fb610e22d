import type { Connection } from '@salesforce/core';
import { soqlList } from './soql.js';

/** The newest login through an app. `time` in milliseconds since the epoch. */
type LastUse = { time: number; userId: string };

/** Logins as the login history has them, by the label of the app in lower case: it knows no other name of it. */
export type LoginUse = {
  lastUse: Map<string, LastUse>;
  /** The history has more than it gives out at once, so an app that isn't in it may have been used all the same. */
  incomplete: boolean;
};

/** What the org lists of an app's tokens. */
export type TokenUse = { userIds: Set<string>; lastUsed: number | undefined };

/** Permission sets and the hidden ones of profiles that open an app. */
export type Openings = Array<{ id: string; name: string; isProfile: boolean }>;

/** A query that groups has no second page. */
const MOST_GROUPS = 2000;

/** So many ids fit into the URL of a query, and a client has so many requests under way. */
const IDS_PER_QUERY = 200;
const AT_ONCE = 5;

type HistoryRow = { Application: string | null; Status: string; UserId: string; lastLogin: string };

/**
 * The last successful login through each app, by the login history, which reaches back six months. Of whom it tells: see
 * {@link seesAllLogins}. The application can't be named in a condition, so all of them come, grouped.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_loginhistory.htm
 */
export async function readLoginUse(connection: Connection): Promise<LoginUse> {
  const { records } = await connection.query<HistoryRow>(
    'SELECT Application, Status, UserId, MAX(LoginTime) lastLogin FROM LoginHistory' +
      ` GROUP BY Application, Status, UserId ORDER BY MAX(LoginTime) DESC LIMIT ${MOST_GROUPS}`,
  );
  const lastUse = new Map<string, LastUse>();
  for (const { Application, Status, UserId, lastLogin } of records) {
    const label = (Application ?? '').toLowerCase();
    const time = timeOf(lastLogin);
    if (Status !== 'Success' || label === '' || Number.isNaN(time)) continue;
    if (time > (lastUse.get(label)?.time ?? -Infinity)) lastUse.set(label, { time, userId: UserId });
  }
  return { lastUse, incomplete: records.length >= MOST_GROUPS };
}

type SourceRow = HistoryRow & { SourceIp: string | null; LoginUrl: string | null; logins: number };

/** Who has logged in through an app, from where and how often: what has to change when the app does. */
type LoginSource = {
  userId: string;
  sourceIp: string;
  loginUrl: string;
  logins: number;
  /** Milliseconds since the epoch */
  lastLogin: number;
};

/** @param label of the app */
export async function readLoginSources(
  connection: Connection,
  label: string,
): Promise<{ sources: LoginSource[]; incomplete: boolean }> {
  const { records } = await connection.query<SourceRow>(
    'SELECT Application, Status, UserId, SourceIp, LoginUrl, COUNT(Id) logins, MAX(LoginTime) lastLogin FROM LoginHistory' +
      ' GROUP BY Application, Status, UserId, SourceIp, LoginUrl' +
      ` ORDER BY MAX(LoginTime) DESC LIMIT ${MOST_GROUPS}`,
  );
  const own = records.filter(
    ({ Application, Status }) => Status === 'Success' && Application?.toLowerCase() === label.toLowerCase(),
  );
  return {
    sources: own.map(({ UserId, SourceIp, LoginUrl, logins, lastLogin }) => ({
      userId: UserId,
      sourceIp: SourceIp ?? '',
      loginUrl: LoginUrl ?? '',
      logins,
      lastLogin: timeOf(lastLogin),
    })),
    incomplete: records.length >= MOST_GROUPS,
  };
}

/** Tokens by the label of their app in lower case, of which the org lists at most 2500. */
export async function readTokenUse(connection: Connection): Promise<Map<string, TokenUse>> {
  const { records } = await connection.query<{ AppName: string | null; UserId: string; LastUsedDate: string | null }>(
    'SELECT AppName, UserId, LastUsedDate FROM OauthToken',
    { autoFetch: true, maxFetch: 10_000 },
  );
  const use = new Map<string, TokenUse>();
  for (const { AppName, UserId, LastUsedDate } of records) {
    const label = (AppName ?? '').toLowerCase();
    const { userIds, lastUsed } = use.get(label) ?? { userIds: new Set<string>(), lastUsed: undefined };
    const time = LastUsedDate === null ? NaN : timeOf(LastUsedDate);
    use.set(label, {
      userIds: userIds.add(UserId),
      lastUsed: Number.isNaN(time) ? lastUsed : Math.max(time, lastUsed ?? -Infinity),
    });
  }
  return use;
}

/** What opens each app, by the first 15 characters of its id. */
export async function readOpenings(connection: Connection): Promise<Map<string, Openings>> {
  const { records } = await connection.query<{
    SetupEntityId: string;
    ParentId: string;
    Parent: { Name: string; IsOwnedByProfile: boolean; Profile: { Name: string } | null } | null;
  }>(
    'SELECT SetupEntityId, ParentId, Parent.Name, Parent.IsOwnedByProfile, Parent.Profile.Name FROM SetupEntityAccess' +
      " WHERE SetupEntityType IN ('ConnectedApplication', 'ExternalClientApplication')",
    { autoFetch: true, maxFetch: 50_000 },
  );
  const openings = new Map<string, Openings>();
  for (const { SetupEntityId, ParentId, Parent } of records) {
    const app = SetupEntityId.slice(0, 15);
    const isProfile = Parent?.IsOwnedByProfile === true;
    const name = (isProfile ? Parent.Profile?.Name : Parent?.Name) ?? ParentId;
    openings.set(app, [...(openings.get(app) ?? []), { id: ParentId, name, isProfile }]);
  }
  return openings;
}

/**
 * How many active users have one permission set or another, each counted once.
 *
 * @param sets ids of permission sets, a list for each answer
 */
export async function countUsers(connection: Connection, sets: string[][]): Promise<number[]> {
  const single = [...new Set(sets.filter(({ length }) => length === 1).flat())];
  const counts = new Map<string, number>();
  for (const batch of batched(single)) {
    const { records } = await connection.query<{ PermissionSetId: string; users: number }>(
      `SELECT PermissionSetId, ${COUNTED} WHERE ${ofActive(batch)} GROUP BY PermissionSetId`,
    );
    for (const { PermissionSetId, users } of records) counts.set(PermissionSetId, users);
  }
  const { default: pLimit } = await import('p-limit');
  return pLimit(AT_ONCE).map(sets, async (ids) => {
    if (ids.length < 2) return counts.get(ids[0] ?? '') ?? 0;
    const { records } = await connection.query<{ users: number }>(`SELECT ${COUNTED} WHERE ${ofActive(ids)}`);
    return records[0]?.users ?? 0;
  });
}

const COUNTED = 'COUNT_DISTINCT(AssigneeId) users FROM PermissionSetAssignment';

function ofActive(permissionSetIds: string[]): string {
  return `PermissionSetId IN ${soqlList(permissionSetIds)} AND Assignee.IsActive = true`;
}

/** Connected Apps as Setup lists them, among them those of other orgs, of which there's no metadata. */
export async function readInstalledApps(
  connection: Connection,
): Promise<Array<{ id: string; label: string; adminApproved: boolean }>> {
  const { records } = await connection.query<{ Id: string; Name: string; OptionsAllowAdminApprovedUsersOnly: boolean }>(
    'SELECT Id, Name, OptionsAllowAdminApprovedUsersOnly FROM ConnectedApplication',
    { autoFetch: true, maxFetch: 10_000 },
  );
  return records.map(({ Id, Name, OptionsAllowAdminApprovedUsersOnly: adminApproved }) => ({
    id: Id,
    label: Name,
    adminApproved,
  }));
}

/** Usernames by user id. */
export async function readUsernames(connection: Connection, ids: string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const batch of batched(ids)) {
    const { records } = await connection.query<{ Id: string; Username: string }>(
      `SELECT Id, Username FROM User WHERE Id IN ${soqlList(batch)}`,
    );
    for (const { Id, Username } of records) names.set(Id, Username);
  }
  return names;
}

function timeOf(dateTime: string): number {
  return Date.parse(dateTime.replace(/\+0000$/, 'Z'));
}

function batched(ids: string[]): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY) batches.push(ids.slice(start, start + IDS_PER_QUERY));
  return batches;
}

import type { Connection } from '@salesforce/core';
import { domainFacts } from './my-domain.js';
import { soqlLiteral } from './soql.js';

/** The user of a login, as an admin sees them. */
export type LoginUser = { id: string; active: boolean; profile: string };

/** What keeps an active user from logging in. */
export type LoginState = { frozen: boolean; locked: boolean };

/** A permission set, or the hidden one of a profile, in which case `profile` is its name. */
export type Opening = { id: string; name: string; profile: string | undefined; license: string | undefined };

/** Who may use an app, and what the user has of it. */
export type AppAccess = {
  /** What opens the app, by SetupEntityAccess */
  openings: Opening[];
  /** Ids and names of the permission sets that the user has, those of the profile among them */
  assigned: Array<{ id: string; name: string }>;
};

/** One row of the login history. `time` is in milliseconds since the epoch. */
export type LoginRecord = { time: number; status: string; application: string; sourceIp: string };

/** @returns undefined if the org has no such user */
export async function readLoginUser(connection: Connection, username: string): Promise<LoginUser | undefined> {
  const { records } = await connection.query<{ Id: string; IsActive: boolean; Profile: { Name: string } | null }>(
    `SELECT Id, IsActive, Profile.Name FROM User WHERE Username = ${soqlLiteral(username)}`,
  );
  const [user] = records;
  return user && { id: user.Id, active: user.IsActive, profile: user.Profile?.Name ?? '' };
}

/** @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userlogin.htm */
export async function readLoginState(connection: Connection, userId: string): Promise<LoginState> {
  const { records } = await connection.query<{ IsFrozen: boolean; IsPasswordLocked: boolean }>(
    `SELECT IsFrozen, IsPasswordLocked FROM UserLogin WHERE UserId = ${soqlLiteral(userId)}`,
  );
  return { frozen: records[0]?.IsFrozen ?? false, locked: records[0]?.IsPasswordLocked ?? false };
}

type OpeningRecord = {
  ParentId: string;
  Parent: {
    Name: string;
    IsOwnedByProfile: boolean;
    License: { Name: string } | null;
    Profile: { Name: string } | null;
  } | null;
};

/**
 * @param appId id of the External Client App or Connected App
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_setupentityaccess.htm
 */
export async function readAppAccess(connection: Connection, appId: string, userId: string): Promise<AppAccess> {
  const [openings, assigned] = await Promise.all([
    connection.query<OpeningRecord>(
      'SELECT ParentId, Parent.Name, Parent.IsOwnedByProfile, Parent.License.Name, Parent.Profile.Name' +
        ` FROM SetupEntityAccess WHERE SetupEntityId = ${soqlLiteral(appId)}`,
    ),
    connection.query<{ PermissionSetId: string; PermissionSet: { Name: string } | null }>(
      'SELECT PermissionSetId, PermissionSet.Name FROM PermissionSetAssignment' +
        ` WHERE AssigneeId = ${soqlLiteral(userId)}`,
    ),
  ]);
  return {
    openings: openings.records.map(({ ParentId, Parent }) => ({
      id: ParentId,
      name: Parent?.Name ?? ParentId,
      profile: Parent?.IsOwnedByProfile === true ? (Parent.Profile?.Name ?? '') : undefined,
      license: Parent?.License?.Name,
    })),
    assigned: assigned.records.map(({ PermissionSetId, PermissionSet }) => ({
      id: PermissionSetId,
      name: PermissionSet?.Name ?? PermissionSetId,
    })),
  };
}

/** The user's newest entry in the login history; it holds the reason that the token endpoint keeps to itself. */
export async function readLastLogin(connection: Connection, userId: string): Promise<LoginRecord | undefined> {
  const { records } = await connection.query<{
    LoginTime: string;
    Status: string;
    Application: string | null;
    SourceIp: string | null;
  }>(
    `SELECT LoginTime, Status, Application, SourceIp FROM LoginHistory WHERE UserId = ${soqlLiteral(userId)}` +
      ' ORDER BY LoginTime DESC LIMIT 1',
  );
  const [last] = records;
  return (
    last && {
      time: Date.parse(last.LoginTime.replace(/\+0000$/, 'Z')),
      status: last.Status,
      application: last.Application ?? '',
      sourceIp: last.SourceIp ?? '',
    }
  );
}

/** Which org it is, and of which kind; `sandbox` is undefined where nothing tells. */
export type OrgKind = { orgId: string; sandbox: boolean | undefined };

/** What a user who may not query `Organization` sees of the org is what the stored login and the host tell. */
export async function readOrgKind(connection: Connection): Promise<OrgKind> {
  try {
    const { records } = await connection.query<{ Id: string; IsSandbox: boolean }>(
      'SELECT Id, IsSandbox FROM Organization',
    );
    return { orgId: records[0]?.Id ?? '', sandbox: records[0]?.IsSandbox ?? false };
  } catch (error) {
    const { orgId, isSandbox } = connection.getAuthInfoFields();
    if (!isMissing(error) || orgId === undefined) throw error;
    return { orgId, sandbox: domainFacts(new URL(connection.instanceUrl).hostname).isSandbox ?? isSandbox };
  }
}

/** An object that the user may not query is to them as one that the org doesn't have. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'errorCode' in error && error.errorCode === 'INVALID_TYPE';
}

/** Only a Dev Hub has the object ScratchOrgInfo. */
export async function readIsDevHub(connection: Connection): Promise<boolean> {
  try {
    await connection.query('SELECT Id FROM ScratchOrgInfo LIMIT 1');
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

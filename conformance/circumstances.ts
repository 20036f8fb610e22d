import type { OrgApi } from './org-api.js';
import type { KnownUser } from './probe-run.js';
import type { Json, RecordedKind } from './recording.js';

/** Something in the call, or in the org, that keeps the kit from running at all. One line for the user. */
export class CannotRun extends Error {}

export interface About {
  kind: RecordedKind;
  admin: KnownUser;
  devHub: boolean;
  /** Names that must not be in a recording, by what they are names of. */
  names: Array<readonly [kind: string, name: string]>;
}

type Row = Record<string, Json>;

/** What sort of org it is, and who asks. */
export async function lookAround(api: OrgApi, username: string): Promise<About> {
  const me = await userOf(api, username);
  if (me === undefined) throw new CannotRun(`The org doesn't show the user ${username} to itself. Log in as an admin.`);
  const soql = 'SELECT Id, Name, IsSandbox, TrialExpirationDate, OrganizationType FROM Organization';
  const [organization] = await api.query('organization', soql);
  const hub = await api.get('dev hub', `/query?q=${encodeURIComponent('SELECT Id FROM ScratchOrgInfo LIMIT 1')}`);
  return {
    kind: kindOf(organization),
    admin: me.user,
    devHub: hub !== undefined && hub !== null && typeof hub === 'object' && !Array.isArray(hub),
    names: [...me.names, ...textOf(organization, 'Name').map((name) => ['org-name', name] as const)],
  };
}

/** An org that doesn't say what it is counts as production: that is the careful guess. */
function kindOf(organization: Row | undefined): RecordedKind {
  if (organization === undefined) return 'production';
  if (organization['IsSandbox'] === true) return organization['TrialExpirationDate'] === null ? 'sandbox' : 'scratch';
  return organization['OrganizationType'] === 'Developer Edition' ? 'developer' : 'production';
}

export interface FoundUser {
  user: KnownUser;
  license: string;
  names: Array<readonly [kind: string, name: string]>;
}

/** A user by username. */
export async function userOf(api: OrgApi, username: string): Promise<FoundUser | undefined> {
  const fields = 'Id, Username, Name, Profile.UserLicense.Name';
  const soql = `SELECT ${fields} FROM User WHERE Username = '${username.replaceAll("'", "\\'")}'`;
  const [row] = await api.query('user', soql);
  if (typeof row?.['Id'] !== 'string') return undefined;
  const license = (row['Profile'] as { UserLicense?: { Name?: string } } | null)?.UserLicense?.Name ?? '';
  return {
    user: { id: row['Id'], username: textOf(row, 'Username')[0] ?? username },
    license,
    names: textOf(row, 'Name').map((name) => ['name', name] as const),
  };
}

/** Texts of less than three letters would be replaced in the middle of words. */
function textOf(row: Row | undefined, field: string): string[] {
  const value = row?.[field];
  return typeof value === 'string' && value.length > 2 ? [value] : [];
}

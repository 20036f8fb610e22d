import type { Disconnected } from './disconnected.js';
import { changeSentence } from './report.js';

/** What `sf jwt disconnect --json` returns. */
export type JwtDisconnectResult = {
  /** API name of the app. */
  name: string;
  appType: 'external-client-app' | 'connected-app';
  /** The app's client id (consumer key). Null where the org hides it and nothing on this machine knows it. */
  clientId: string | null;
  status: 'removed' | 'disabled' | 'enabled' | 'unchanged';
  /** What was changed, or in a dry run would be, a sentence each. */
  changes: string[];
  /** The permission sets that the app's policy named. */
  permissionSets: Array<{
    name: string;
    removed: boolean;
    /** Why it stays. */
    reason?: 'asked' | 'holds' | 'opensOthers' | 'isGrouped' | 'assignedOtherwise' | 'unassignFailed';
  }>;
  /** Users from whom a permission set was taken. */
  users: Array<{ username: string; permissionSet: string; unassigned: boolean; error?: string }>;
  /** Stored logins of this machine that end with the app. */
  logins: Array<{ username: string; aliases: string[] }>;
  /** Usernames of those whose tokens end, as far as the org lists them. Null where it doesn't tell. */
  tokenUsers: string[] | null;
  /** The org's My Domain URL. */
  instanceUrl: string;
  /** Id of the deployment, if there was one. */
  deployId?: string;
  dryRun: boolean;
};

export function resultOf(
  disconnected: Disconnected,
  { instanceUrl, dryRun }: { instanceUrl: string; dryRun: boolean },
): JwtDisconnectResult {
  const { name, appType, clientId, status, changes, removedPermissionSets, kept, logins, deployId } = disconnected;
  return {
    ...{ name, appType, clientId, status },
    changes: changes.map(changeSentence),
    permissionSets: [
      ...removedPermissionSets.map((each) => ({ name: each, removed: true })),
      ...kept.map(({ name: each, reason }) => ({ name: each, removed: false, reason })),
    ],
    users: disconnected.unassigned.map(({ username, permissionSet, error }) => ({
      username,
      permissionSet,
      unassigned: error === undefined,
      ...(error === undefined ? {} : { error }),
    })),
    logins,
    tokenUsers: disconnected.tokenUsers ?? null,
    ...(deployId === undefined ? {} : { deployId }),
    ...{ instanceUrl, dryRun },
  };
}

import type { AppType } from '../../salesforce/app/app.js';
import type { Unassignment } from '../../salesforce/org/permission-set-use.js';
import type { Applied } from './apply.js';
import type { Change, KeptReason, Plan } from './plan.js';
import type { CurrentState, LoginOfApp } from './read.js';
import type { DisconnectRequest } from './request.js';

/** What became of an app. */
export type Disconnected = {
  name: string;
  appType: AppType;
  /** Null where neither the org nor this machine knows it. */
  clientId: string | null;
  status: 'removed' | 'disabled' | 'enabled' | 'unchanged';
  changes: Change[];
  removedPermissionSets: string[];
  kept: Array<{ name: string; reason: KeptReason | 'unassignFailed' }>;
  unassigned: Array<Unassignment & { permissionSet: string }>;
  logins: LoginOfApp[];
  tokenUsers: string[] | undefined;
  deployId: string | undefined;
  /** Another run had deleted it, and was killed. */
  resumed: boolean;
};

const DONE = { remove: 'removed', disable: 'disabled', enable: 'enabled' } as const;

export function outcomeOf(
  { action, dryRun }: Pick<DisconnectRequest, 'action' | 'dryRun'>,
  { app, type, clientId, logins, tokenUsers }: CurrentState,
  plan: Plan,
  { deployId, unassigned }: Applied,
): Disconnected {
  const done = plan.unassigned.map((each) => ({
    ...each,
    ...unassigned.find(({ assignmentId }) => assignmentId === each.assignmentId),
  }));
  const stuck = done.filter(({ error }) => error !== undefined).map(({ permissionSet }) => permissionSet);
  const sets = plan.permissionSets.map(({ name }) => name);
  return {
    name: app.name,
    appType: type,
    clientId: clientId ?? null,
    status: plan.changes.length === 0 ? 'unchanged' : DONE[action],
    changes: plan.changes,
    removedPermissionSets: dryRun ? sets : sets.filter((name) => !stuck.includes(name)),
    kept: [
      ...plan.kept,
      ...sets.filter((name) => stuck.includes(name)).map((name) => ({ name, reason: 'unassignFailed' as const })),
    ],
    unassigned: done,
    logins,
    tokenUsers,
    deployId,
    resumed: false,
  };
}

/** 0 done, 68 the app is gone and an assignment couldn't be taken back. */
export function exitCodeOf({ unassigned }: Disconnected): 0 | 68 {
  return unassigned.some(({ error }) => error !== undefined) ? 68 : 0;
}

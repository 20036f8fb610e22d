import type { Component } from '../../salesforce/app/component.js';
import { switched } from '../../salesforce/app/app-status.js';
import { Failure } from '../../failure.js';
import type { Assignee, PermissionSetUse } from '../../salesforce/org/permission-set-use.js';
import type { CurrentState } from './read.js';
import type { DisconnectRequest } from './request.js';

/** One thing that is taken back or switched; `key` names its sentence in `messages/jwt.disconnect.md`. */
export type Change =
  | {
      key: 'removeExternalClientApp' | 'removeConnectedApp' | 'removePermissionSet' | 'disable' | 'enable';
      name: string;
    }
  | { key: 'unassign'; name: string; username: string };

/** Why a permission set stays; names a sentence in `messages/jwt.disconnect.md`. */
export type KeptReason = 'asked' | 'holds' | 'opensOthers' | 'isGrouped' | 'assignedOtherwise';

export type ComponentName = Pick<Component, 'type' | 'fullName'>;

export type Plan = {
  changes: Change[];
  /** The app's parts, which go together. */
  parts: ComponentName[];
  /** Permission sets that go with them. */
  permissionSets: PermissionSetUse[];
  kept: Array<{ name: string; reason: KeptReason }>;
  /** Assignments that are taken back before. */
  unassigned: Array<Assignee & { permissionSet: string }>;
  /** What is deployed to switch the app. */
  switch: Component | undefined;
};

/** Who was assigned by `connect` on this machine; undefined where it keeps nothing of the app. */
export type KnownAssignments = string[] | undefined;

/**
 * What of the current state goes. Pure.
 *
 * @param assigned usernames that `connect` has assigned from here
 * @throws Failure `app_not_switchable`
 */
export function planOf(
  current: CurrentState,
  { action, keepPermissionSet }: Pick<DisconnectRequest, 'action' | 'keepPermissionSet'>,
  assigned: KnownAssignments,
  admin: string,
): Plan {
  const nothing: Plan = { changes: [], parts: [], permissionSets: [], kept: [], unassigned: [], switch: undefined };
  const { app, type, status } = current;
  const { name } = app;
  if (action !== 'remove') {
    if (status === undefined) throw new Failure('app_not_switchable', { name, admin });
    const enabled = action === 'enable';
    if (status.enabled === enabled) return nothing;
    return { ...nothing, changes: [{ key: action, name }], switch: switched(status, name, enabled) };
  }
  const judged = current.permissionSets.map((use) => ({ use, reason: whyKept(use, keepPermissionSet, assigned) }));
  const goes = judged.filter(({ reason }) => reason === undefined).map(({ use }) => use);
  // Where a permission set has another use, only what is known to be of `connect` is taken back.
  const unassigned = judged.flatMap(({ use, reason }) => {
    if (reason === 'asked') return [];
    const own = use.assignees.filter(({ username }) => reason === undefined || includes(assigned, username));
    return own.map((assignee) => ({ ...assignee, permissionSet: use.name }));
  });
  const components = [...app.components, ...(status?.component === undefined ? [] : [status.component])];
  return {
    ...nothing,
    changes: [
      { key: type === 'connected-app' ? 'removeConnectedApp' : 'removeExternalClientApp', name },
      ...unassigned.map(({ username, permissionSet }) => ({ key: 'unassign' as const, name: permissionSet, username })),
      ...goes.map((use) => ({ key: 'removePermissionSet' as const, name: use.name })),
    ],
    parts: components.map(({ type: part, fullName }) => ({ type: part, fullName })),
    permissionSets: goes,
    kept: judged.flatMap(({ use, reason }) => (reason === undefined ? [] : [{ name: use.name, reason }])),
    unassigned,
  };
}

/** A permission set goes if it's as `connect` makes one, and of use for nothing and nobody else. */
function whyKept(use: PermissionSetUse, asked: boolean, assigned: KnownAssignments): KeptReason | undefined {
  if (asked) return 'asked';
  if (use.holds.length > 0) return 'holds';
  if (use.opensOthers) return 'opensOthers';
  if (use.isGrouped) return 'isGrouped';
  const others = use.assignees.some(({ username }) => !includes(assigned, username));
  return assigned !== undefined && others ? 'assignedOtherwise' : undefined;
}

function includes(usernames: KnownAssignments, username: string): boolean {
  return usernames?.some((each) => each.toLowerCase() === username.toLowerCase()) ?? false;
}

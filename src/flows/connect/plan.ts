import type { AppPlan, WantedApp } from '../../salesforce/app/app.js';
import type { AppAdapter } from '../../salesforce/app/app-adapter.js';
import { canHoldCertificate } from '../../salesforce/app/certificate-swap.js';
import type { Component } from '../../salesforce/app/component.js';
import { requireLoginScopes } from '../../salesforce/app/requirements.js';
import type { Unproven } from './connected.js';
import type { ConnectDependencies } from './dependencies.js';
import type { CurrentState } from './read.js';
import { newClientIdOf } from './recorded.js';
import type { ConnectRequest } from './request.js';

/** What to deploy and why, and all the rest that the users need. */
export type Plan = AppPlan & {
  wanted: WantedApp;
  /** Why the certificate goes along uncompared; undefined where it could be compared, or the app had none. */
  unproven: Unproven | undefined;
};

/**
 * The difference between current and desired state. Where the org doesn't show the app's certificate, one login tells
 * whether it's this one; then there is nothing to deploy for its sake.
 */
export async function planChanges(
  request: ConnectRequest,
  adapter: AppAdapter,
  current: CurrentState,
  { logIn, record }: Pick<ConnectDependencies, 'logIn' | 'record'>,
): Promise<Plan> {
  const newClientId = current.app === undefined ? newClientIdOf(request, record.read()) : request.newClientId;
  const plan = difference({ ...request, newClientId }, adapter, current);
  const unseen =
    current.app !== undefined &&
    canHoldCertificate(current.app) &&
    plan.changes.some(({ key, from }) => key === 'certificate' && from === undefined);
  if (!unseen) return { ...plan, unproven: undefined };
  const { signer } = request;
  const clientId = current.app?.clientId ?? request.clientId;
  if (signer === undefined) return { ...plan, unproven: 'noKey' };
  if (clientId === undefined) return { ...plan, unproven: 'noClientId' };
  const answer = await logIn({ clientId, username: current.users[0]!.username, signer }, 'nothing');
  if (!answer.ok) return { ...plan, unproven: answer };
  const app = { ...request.app, certificate: { ...request.app.certificate, proven: true } };
  return { ...difference({ ...request, app }, adapter, current), unproven: undefined };
}

/** Pure. */
function difference(
  request: ConnectRequest,
  adapter: AppAdapter,
  { app, users, permissionSet, hasAccessRow: open }: CurrentState,
): Omit<Plan, 'unproven'> {
  const asked: WantedApp = { ...request.app, name: app?.name ?? request.app.name };
  const wanted: WantedApp =
    permissionSet === undefined
      ? asked
      : { ...asked, permissionSets: [permissionSet.name, ...asked.permissionSets.slice(1)], adminApproved: true };
  const fresh = { contactEmail: users[0]!.email, scopes: request.newScopes, consumerKey: request.newClientId };
  const { components, changes, whole } = adapter.plan(wanted, app, fresh);
  requireLoginScopes(components);
  if (permissionSet === undefined) return { wanted, components, changes, whole };
  const { name, current } = permissionSet;
  if (current === undefined) {
    // No license: a permission set that has one can't open an app to users of every license.
    const opening: Component = { type: 'PermissionSet', fullName: name, fields: { label: name } };
    components.push(opening);
    whole.push(opening);
    changes.push({ key: 'permissionSet', to: name });
  } else if (app !== undefined && !open && components.length === 0) {
    changes.push({ key: 'accessRow', to: name });
  }
  for (const user of users.filter(({ id }) => current?.assignees.has(id) !== true)) {
    changes.push({ key: 'assignment', from: user.username, to: name });
  }
  return { wanted, components, changes, whole };
}

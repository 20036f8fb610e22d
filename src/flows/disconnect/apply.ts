import { Failure } from '../../failure.js';
import { deploy, deployRemoval, untilDone } from '../../salesforce/app/deployment.js';
import { findNamedApp } from '../../salesforce/app/named-app.js';
import { runningDeployments } from '../../salesforce/app/running.js';
import { unassign, type Unassignment } from '../../salesforce/org/permission-set-use.js';
import type { DisconnectDependencies } from './dependencies.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';
import type { DisconnectRequest } from './request.js';

/** What was done: the deployment, if there was one, and what became of each assignment. */
export type Applied = { deployId: string | undefined; unassigned: Unassignment[] };

/** Deployments of this admin's that are under way: what one brings or takes must be there when the org is read. */
export async function afterRunningDeployments({
  connection,
  onRunningDeployment,
  onDeployment,
  deadline,
  ...clock
}: DisconnectDependencies): Promise<void> {
  for (const id of await runningDeployments(connection)) {
    onRunningDeployment(id);
    await untilDone(connection.metadata, id, clock, onDeployment, deadline);
  }
}

/**
 * The org checks whether the app can be deleted; then the assignments are taken back, since an org keeps a permission set that
 * somebody has; and then the app and its permission set go in one deployment.
 *
 * @throws Failure those of `deploy`; `app_still_there`
 */
export async function remove(
  plan: Plan,
  { app, type, label, clientId }: CurrentState,
  { apiVersion, dryRun }: Pick<DisconnectRequest, 'apiVersion' | 'dryRun'>,
  dependencies: DisconnectDependencies,
): Promise<Applied> {
  const { connection, records, onDeployment, onPartlyApplied, deadline } = dependencies;
  const { name } = app;
  const { parts, permissionSets } = plan;
  const state = { name, deployId: undefined as string | undefined, unassigned: [] as string[] };
  const run = (components: Plan['parts'], checkOnly: boolean): Promise<{ id: string }> =>
    deployRemoval(connection.metadata, components, { apiVersion, checkOnly }, dependencies, onDeployment, deadline);
  if (dryRun || plan.unassigned.length > 0) {
    const { id } = await run(parts, true);
    if (dryRun) return { deployId: id, unassigned: [] };
  }
  records.write({ name, appType: type, label, ...(clientId === undefined ? {} : { clientId }) });
  try {
    // Whatever the answer is.
    state.unassigned = plan.unassigned.map(({ username }) => username);
    const unassigned = await unassign(connection, plan.unassigned);
    const free = permissionSets.filter(({ assignees }) =>
      assignees.every(({ assignmentId }) =>
        unassigned.some((each) => each.assignmentId === assignmentId && each.error === undefined),
      ),
    );
    const sets = free.map((use) => ({ type: 'PermissionSet' as const, fullName: use.name }));
    const { id } = await run([...parts, ...sets], false);
    state.deployId = id;
    const left = await findNamedApp(connection, { name, clientId: undefined });
    if (left !== undefined && left.type === type && left.name === name) {
      throw new Failure('app_still_there', { name, id, admin: connection.getUsername() ?? '' });
    }
    return { deployId: id, unassigned };
  } catch (error) {
    if (state.deployId !== undefined || state.unassigned.length > 0) onPartlyApplied(state);
    throw error;
  }
}

/** @throws Failure those of `deploy` */
export async function switchApp(
  { switch: component }: Plan,
  { apiVersion, dryRun }: Pick<DisconnectRequest, 'apiVersion' | 'dryRun'>,
  dependencies: DisconnectDependencies,
): Promise<Applied> {
  if (component === undefined) return { deployId: undefined, unassigned: [] };
  const options = { apiVersion, checkOnly: dryRun };
  const { metadata } = dependencies.connection;
  const { id } = await deploy(
    metadata,
    [component],
    options,
    dependencies,
    dependencies.onDeployment,
    dependencies.deadline,
  );
  return { deployId: id, unassigned: [] };
}

import { Failure } from '../../failure.js';
import { connectRecordOf } from '../../machine/store/connect-record.js';
import type { DisconnectRecord } from '../../machine/store/disconnect-record.js';
import { forgetApp, readKnownApp } from '../../machine/store/known-apps.js';
import { findNamedApp, type NamedApp } from '../../salesforce/app/named-app.js';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import { afterRunningDeployments, remove, switchApp } from './apply.js';
import type { DisconnectDependencies } from './dependencies.js';
import { planOf } from './plan.js';
import { loginsWith, readCurrentState, type CurrentState } from './read.js';
import type { DisconnectRequest } from './request.js';
import { outcomeOf, type Disconnected } from './disconnected.js';

/**
 * Takes an app back that `connect` has made, or switches it: reads it and what goes with it, plans, has the plan confirmed, and
 * applies it. What is deleted is in a record first, so that the run after a kill knows that the app is gone, and why.
 *
 * @throws Failure `app_not_found`, `change_declined`, those of reading, planning and applying, what `lastMeaningOfFailure` knows
 */
export async function disconnect(
  request: DisconnectRequest,
  dependencies: DisconnectDependencies,
): Promise<Disconnected> {
  const { connection } = dependencies;
  try {
    return await readPlanApply(request, dependencies);
  } catch (error) {
    throw lastMeaningOfFailure(error, {
      instanceUrl: connection.instanceUrl,
      username: connection.getUsername() ?? '',
    });
  }
}

async function readPlanApply(request: DisconnectRequest, dependencies: DisconnectDependencies): Promise<Disconnected> {
  const { connection, records, onPlan } = dependencies;
  const admin = connection.getUsername() ?? '';
  const record = records.find(request);
  if (!request.dryRun) await afterRunningDeployments(dependencies);
  const named = await findNamedApp(connection, request);
  if (named === undefined) {
    const name = request.name ?? request.clientId ?? '';
    if (record === undefined) throw new Failure('app_not_found', { name, instanceUrl: connection.instanceUrl, admin });
    return finish(record, request, dependencies);
  }
  const current = await readCurrentState(named, request, connection);
  const assigned = current.clientId === undefined ? undefined : readKnownApp(current.clientId).assigned;
  const plan = planOf(current, request, assigned, admin);
  const goesOn = await onPlan(plan, current);
  if (!goesOn) throw new Failure('change_declined', { name: current.app.name });
  if (request.action !== 'remove') {
    return outcomeOf(request, current, plan, await switchApp(plan, request, dependencies));
  }
  const applied = await remove(plan, current, request, dependencies);
  if (!request.dryRun) await forget({ ...named, ...current }, dependencies);
  return outcomeOf(request, current, plan, applied);
}

/** The rest of a run that was killed after the org had deleted the app: nothing of it is left there. */
async function finish(
  record: DisconnectRecord,
  { dryRun, action }: DisconnectRequest,
  dependencies: DisconnectDependencies,
): Promise<Disconnected> {
  const { name, appType, clientId } = record;
  const type = appType === 'connected-app' ? 'connected-app' : 'external-client-app';
  const logins = loginsWith(clientId, dependencies.connection);
  if (action !== 'remove') {
    const { instanceUrl } = dependencies.connection;
    throw new Failure('app_not_found', { name, instanceUrl, admin: dependencies.connection.getUsername() ?? '' });
  }
  if (!dryRun) await forget({ name, clientId }, dependencies);
  return {
    ...{ name, appType: type, clientId: clientId ?? null, status: 'removed', changes: [], kept: [], unassigned: [] },
    ...{ removedPermissionSets: [], logins, tokenUsers: undefined, deployId: undefined, resumed: true },
  };
}

/** What this machine keeps of an app that is gone. */
async function forget(
  { name, clientId }: Pick<NamedApp, 'name'> & Pick<CurrentState, 'clientId'>,
  { connection, records }: DisconnectDependencies,
): Promise<void> {
  connectRecordOf(connection.getAuthInfoFields().orgId ?? '', name).remove();
  if (clientId !== undefined) await forgetApp(clientId);
  records.remove({ name });
}

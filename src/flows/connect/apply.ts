import type { Connection } from '@salesforce/core';
import type { AppReading } from '../../salesforce/app/app.js';
import { readApp, type AppAdapter } from '../../salesforce/app/app-adapter.js';
import { clientIdIn, withoutClientId } from '../../salesforce/app/client-id.js';
import type { Component } from '../../salesforce/app/component.js';
import { deploy } from '../../salesforce/app/deployment.js';
import { Failure, isFailure } from '../../failure.js';
import {
  assignUsers,
  createAccessRow,
  hasAccessRow,
  readPermissionSet,
  type Assignment,
} from '../../salesforce/org/pre-authorization.js';
import type { ApplyState, ConnectDependencies } from './dependencies.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';
import type { ConnectRequest } from './request.js';

/** The app as it is in the org now, its client id as far as anybody knows it, and the users' pre-authorization. */
export type Applied = {
  app: AppReading;
  clientId: string | undefined;
  assignments: Assignment[];
  /** Undefined where there was nothing to deploy. */
  deployId: string | undefined;
};

/**
 * One deployment, if there is anything to deploy, the app read back, then the access row and the assignments.
 *
 * @param state is kept up to date, for whoever has to say how far it came
 * @throws Failure those of `deploy`; `app_vanished`, `access_row_refused`
 */
export async function apply(
  { plan, current, adapter }: { plan: Plan; current: CurrentState; adapter: AppAdapter },
  request: ConnectRequest,
  dependencies: ConnectDependencies,
  state: ApplyState,
): Promise<Applied> {
  const { connection } = dependencies;
  const deployed = await deployChanges(plan, request, dependencies, state);
  const app = deployed === undefined ? current.app! : await readBack(connection, adapter, plan.wanted.name);
  const clientId = app.clientId ?? deployed?.sentClientId ?? request.clientId ?? current.app?.clientId;
  state.clientId = clientId;
  return { app, clientId, assignments: await authorize(current, app, request, connection), deployId: deployed?.id };
}

/** How a deployment ends that leaves nothing behind. */
const REFUSED = /^(Failed|Canceled|Finalizing(Deploy)?Failed)$/;

/** The org didn't take the deployment, or took all of it back. */
const WITHOUT_TRACE = ['deployment_refused', 'deployment_failed', 'deployment_canceled'] as const;

/** A deployment that succeeded, and the client id that it brought, if any. */
type Deployed = { id: string; sentClientId: string | undefined };

/**
 * Deploys what differs; in a dry run the org only checks it.
 *
 * @returns undefined where nothing differs
 * @throws Failure those of `deploy`
 */
export async function deployChanges(
  { components }: Pick<Plan, 'components'>,
  request: Pick<ConnectRequest, 'apiVersion' | 'appType' | 'dryRun'>,
  dependencies: ConnectDependencies,
  state: ApplyState,
): Promise<Deployed | undefined> {
  if (components.length === 0) return undefined;
  const options = { apiVersion: request.apiVersion, checkOnly: request.dryRun };
  const recorded = dependencies.record.read()?.clientId;
  const run = async (parts: Component[]): Promise<Deployed> => {
    const keep = request.dryRun ? undefined : recorder(clientIdIn(parts), request, dependencies);
    keep?.({});
    const { id, existing } = await deploy(
      dependencies.connection.metadata,
      parts,
      options,
      dependencies,
      (progress) => {
        if (state.deployId === undefined) keep?.({ deployId: progress.id });
        state.deployId = REFUSED.test(progress.status) ? undefined : progress.id;
        dependencies.onDeployment(progress);
      },
    );
    state.deployed = true;
    // Somebody else made the app meanwhile: it keeps the client id that it has, and says nothing of ours.
    const taken = !parts.some((part) => existing.includes(part.type) && clientIdIn([part]) !== undefined);
    const sent = clientIdIn(parts);
    // Or it was a run of ours that was killed, which sent the same one.
    return { id, sentClientId: taken || sent === recorded ? sent : undefined };
  };
  try {
    return await run(components);
  } catch (error) {
    // Some orgs choose the client id themselves, and say so.
    const keyRefused =
      isFailure(error, 'deployment_failed') &&
      clientIdIn(components) !== undefined &&
      /consumer ?key/i.test(error.data.words);
    if (!request.dryRun && WITHOUT_TRACE.some((code) => isFailure(error, code))) dependencies.record.remove();
    if (!keyRefused) throw error;
    return run(components.map(withoutClientId));
  }
}

/** Keeps the client id that a deployment brings, for the run that comes after a kill. Where it can't be kept, that is told. */
function recorder(
  clientId: string | undefined,
  { appType }: Pick<ConnectRequest, 'appType'>,
  { record, onUnrecorded }: Pick<ConnectDependencies, 'record' | 'onUnrecorded'>,
): ((deployment: { deployId?: string }) => void) | undefined {
  if (clientId === undefined) return undefined;
  let isKept = true;
  return (deployment) => {
    try {
      if (isKept) record.write({ appType, clientId, ...deployment });
    } catch (error) {
      if (!isFailure(error)) throw error;
      isKept = false;
      onUnrecorded(clientId, error);
    }
  };
}

async function readBack(connection: Connection, adapter: AppAdapter, name: string): Promise<AppReading> {
  const found = await readApp(connection, adapter, name);
  if (found === undefined) throw new Failure('app_vanished', { name });
  return found;
}

async function authorize(
  { users, permissionSet }: CurrentState,
  app: AppReading,
  request: ConnectRequest,
  connection: Connection,
): Promise<Assignment[]> {
  if (permissionSet === undefined) {
    const opening = request.usersStand === true ? request.app.permissionSets : [];
    for (const name of opening) await ensureAccessRow(connection, { name, users }, app.id);
    return users.map((user) => ({ user, assigned: 'already' }));
  }
  const existing = permissionSet.current ?? (await readPermissionSet(connection, permissionSet.name, users));
  if (existing === undefined) throw new Failure('app_vanished', { name: permissionSet.name });
  if (!(await hasAccessRow(connection, existing.id, app.id))) await createAccessRow(connection, existing.id, app.id);
  return assignUsers(connection, existing, users);
}

async function ensureAccessRow(
  connection: Connection,
  { name, users }: { name: string; users: CurrentState['users'] },
  appId: string,
): Promise<void> {
  const existing = await readPermissionSet(connection, name, users);
  if (existing === undefined || (await hasAccessRow(connection, existing.id, appId))) return;
  await createAccessRow(connection, existing.id, appId);
}

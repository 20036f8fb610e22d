import type { KeyObject } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import type { AppReading, Change } from './app/app.js';
import { clientIdIn, withoutClientId } from './app/client-id.js';
import type { Component } from './app/component.js';
import { deploy, type DeploymentProgress } from './app/deployment.js';
import { doorTo, type Door } from './app/door.js';
import { planOf, read, readApp, type ConnectRequest, type Plan, type Reading } from './connect-plan.js';
import type { WaitsFor } from './connect-login.js';
import type { Connected, ConnectedUser, Unproven } from './connected.js';
import { Failure, isFailure } from './failure.js';
import {
  assignUsers,
  createAccessRow,
  hasAccessRow,
  readPermissionSet,
  type Assignment,
  type OrgUser,
} from './org/pre-authorization.js';
import { meaningOfFailure } from './org/reachability.js';
import type { Patience } from './patience.js';
import type { TokenAnswer } from './token/endpoint.js';

/** One login to try. */
type Login = { clientId: string; username: string; privateKey: KeyObject };

/** What `connect` needs of the world, and whom it tells how it goes. */
export type ConnectWorld = Patience & {
  connection: Connection;
  /** Logs in as a user and returns the last answer of the token endpoint. */
  logIn: (login: Login, waitsFor: WaitsFor) => Promise<TokenAnswer>;
  onPlan: (changes: Change[]) => void;
  onDeployment: (progress: DeploymentProgress) => void;
};

/**
 * Reads what stands in the org, plans the difference, and applies it: one deployment, then the assignments, then a
 * login as each user. A second run finds no difference and deploys nothing.
 *
 * @throws Failure for all that can be known before the deployment; what `deploy` throws; `client_id_unreadable`,
 *   `access_row_refused`, `app_vanished`, what `meaningOfFailure` knows
 */
export async function connect(request: ConnectRequest, world: ConnectWorld): Promise<Connected> {
  try {
    return await readDiffApply(request, world);
  } catch (error) {
    const { connection } = world;
    throw meaningOfFailure(error, { instanceUrl: connection.instanceUrl, username: connection.getUsername() ?? '' });
  }
}

async function readDiffApply(request: ConnectRequest, world: ConnectWorld): Promise<Connected> {
  const door = doorTo(request.appType);
  const reading = await read(request, door, world.connection);
  const { plan, unproven } = await comparePlan(request, door, reading, world);
  world.onPlan(plan.changes);
  const deployment = plan.components.length > 0 ? await deployPlan(plan, request, world) : undefined;
  const deployId = deployment?.id;
  const { name } = plan.wanted;
  const outcome = {
    name,
    status: reading.app === undefined ? 'created' : plan.changes.length > 0 ? 'updated' : 'unchanged',
    changes: plan.changes,
    permissionSet: reading.permissionSet?.name ?? null,
    unproven,
    deployId,
    source: plan.whole,
  } as const;
  if (request.dryRun) {
    const users = reading.users.map((user) => ({
      ...foreseen(user, reading),
      login: undefined,
      certificateReplaced: false,
    }));
    const profiles = [...new Set([...(reading.app?.profiles ?? []), ...request.app.profiles])];
    return {
      ...outcome,
      unconfirmed: [],
      clientId: reading.app?.clientId ?? request.clientId ?? null,
      profiles,
      users,
    };
  }
  const app = deployId === undefined ? reading.app! : await readBack();
  const assignments = await authorize(reading, app, world.connection);
  const clientId = app.clientId ?? deployment?.sentClientId ?? request.clientId;
  if (clientId === undefined) throw unreadable(outcome, assignments);
  const replaced = reading.app !== undefined && plan.changes.some(({ key }) => key === 'certificate');
  const users = await Promise.all(
    assignments.map((assignment) => prove(assignment, clientId, replaced, request, world)),
  );
  const unconfirmed = deployId === undefined ? [] : remaining(plan, door, app);
  return { ...outcome, unconfirmed, clientId, profiles: app.profiles, users };

  async function readBack(): Promise<AppReading> {
    const found = await readApp(world.connection, door, name);
    if (found === undefined) throw new Failure('app_vanished', { name });
    return found;
  }
}

/**
 * The plan. Where the org doesn't show the app's certificate, one login tells whether it's this one; then there is nothing
 * to deploy for its sake.
 */
async function comparePlan(
  request: ConnectRequest,
  door: Door,
  reading: Reading,
  { logIn }: ConnectWorld,
): Promise<{ plan: Plan; unproven: Unproven | undefined }> {
  const plan = planOf(request, door, reading);
  const unseen =
    reading.app !== undefined && plan.changes.some(({ key, from }) => key === 'certificate' && from === undefined);
  if (!unseen) return { plan, unproven: undefined };
  const { privateKey } = request;
  const clientId = reading.app?.clientId ?? request.clientId;
  if (privateKey === undefined) return { plan, unproven: 'noKey' };
  if (clientId === undefined) return { plan, unproven: 'noClientId' };
  const answer = await logIn({ clientId, username: reading.users[0]!.username, privateKey }, 'nothing');
  if (!answer.ok) return { plan, unproven: answer };
  const app = { ...request.app, certificate: { ...request.app.certificate, proven: true } };
  return { plan: planOf({ ...request, app }, door, reading), unproven: undefined };
}

/** A deployment that succeeded, and the client id that it brought, if any. */
type Deployed = { id: string; sentClientId: string | undefined };

async function deployPlan({ components }: Plan, request: ConnectRequest, world: ConnectWorld): Promise<Deployed> {
  const options = { apiVersion: request.apiVersion, checkOnly: request.dryRun };
  const run = async (parts: Component[]): Promise<Deployed> => ({
    id: await deploy(world.connection.metadata, parts, options, world, world.onDeployment),
    sentClientId: clientIdIn(parts),
  });
  try {
    return await run(components);
  } catch (error) {
    // Some orgs choose the client id themselves, and say so.
    const keyRefused =
      isFailure(error, 'deployment_failed') &&
      clientIdIn(components) !== undefined &&
      /consumer ?key/i.test(error.data.words);
    if (!keyRefused) throw error;
    return run(components.map(withoutClientId));
  }
}

async function authorize(reading: Reading, app: AppReading, connection: Connection): Promise<Assignment[]> {
  const { users, permissionSet } = reading;
  if (permissionSet === undefined) return users.map((user) => ({ user, assigned: 'already' }));
  const standing = permissionSet.standing ?? (await readPermissionSet(connection, permissionSet.name, users));
  if (standing === undefined) throw new Failure('app_vanished', { name: permissionSet.name });
  if (!(await hasAccessRow(connection, standing.id, app.id))) await createAccessRow(connection, standing.id, app.id);
  return assignUsers(connection, standing, users);
}

/** All that was asked for stands, but for the proof: what that is, and who is pre-authorized. */
function unreadable({ name, status }: Pick<Connected, 'name' | 'status'>, assignments: Assignment[]): Failure {
  const usernames = (which: (assignment: Assignment) => boolean): string =>
    assignments
      .filter(which)
      .map(({ user }) => user.username)
      .join(', ');
  return new Failure('client_id_unreadable', {
    name,
    status,
    authorized: usernames(({ assigned }) => assigned !== 'failed') || '-',
    failed: usernames(({ assigned }) => assigned === 'failed') || '-',
  });
}

/** What an assignment will come to, for a dry run. */
function foreseen(user: OrgUser, { permissionSet }: Reading): Assignment {
  const has = permissionSet === undefined || permissionSet.standing?.assignees.has(user.id) === true;
  return { user, assigned: has ? 'already' : 'assigned' };
}

async function prove(
  assignment: Assignment,
  clientId: string,
  certificateReplaced: boolean,
  { privateKey }: ConnectRequest,
  { logIn }: ConnectWorld,
): Promise<ConnectedUser> {
  const user = { ...assignment, certificateReplaced };
  if (privateKey === undefined || assignment.assigned === 'failed') return { ...user, login: undefined };
  const waitsFor = certificateReplaced ? 'certificate' : 'propagation';
  return { ...user, login: await logIn({ clientId, username: assignment.user.username, privateKey }, waitsFor) };
}

/** A certificate that the org doesn't give out again can't be compared; the login proves it. */
function remaining({ wanted }: Plan, door: Door, app: AppReading): Change[] {
  const { changes } = door.plan(wanted, app, { contactEmail: '', scopes: [], consumerKey: undefined });
  return changes.filter(({ key, from }) => key !== 'certificate' || from !== undefined);
}

import type { KeyObject } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import { Failure, isFailure } from './failure.js';
import {
  assignUsers,
  createAccessRow,
  hasAccessRow,
  readPermissionSet,
  readUsers,
  type Assignment,
  type OrgUser,
  type PermissionSetReading,
} from './org/pre-authorization.js';
import { meaningOfFailure } from './org/reachability.js';
import type { Patience } from './patience.js';
import type { TokenAnswer, TokenRefusal } from './token/endpoint.js';
import { meaningOf } from './token/meaning.js';
import type { AppPlan, AppReading, AppType, Change, WantedApp } from './app/app.js';
import type { Component } from './app/component.js';
import { deploy, type DeploymentProgress } from './app/deployment.js';
import { doorTo, type Door } from './app/door.js';
import { clientIdIn, withoutClientId } from './app/client-id.js';
import { requireLoginScopes } from './app/requirements.js';

/** What `connect` is asked for. */
export type ConnectRequest = {
  appType: AppType;
  app: WantedApp;
  /** Metadata names of the scopes that a new app gets where none were asked for. */
  newScopes: string[];
  usernames: string[];
  /** The users were named, and not just left to be the one who runs it. */
  usernamesAsked: boolean;
  /** A client id that no other app in the world has, for a new app. */
  newClientId: string;
  apiVersion: string;
  dryRun: boolean;
  privateKey: KeyObject | undefined;
};

/** What `connect` needs of the world, and whom it tells how it goes. */
export type ConnectWorld = Patience & {
  connection: Connection;
  /** Logs in as a user and returns the last answer of the token endpoint. */
  logIn: (clientId: string, username: string, privateKey: KeyObject) => Promise<TokenAnswer>;
  onPlan: (changes: Change[]) => void;
  onDeployment: (progress: DeploymentProgress) => void;
};

/** One user after the work. `login` is the last answer of the token endpoint; undefined where nothing was proven. */
export type ConnectedUser = Assignment & { login: TokenAnswer | undefined };

export type Connected = {
  /** API name of the app as the org spells it */
  name: string;
  status: 'created' | 'updated' | 'unchanged';
  changes: Change[];
  /** What was deployed but does not show when the app is read back. */
  unconfirmed: Change[];
  /** Null in a dry run for an app that doesn't exist yet. */
  clientId: string | null;
  /** Null where the users' approval is left to themselves. */
  permissionSet: string | null;
  profiles: string[];
  users: ConnectedUser[];
  deployId: string | undefined;
  /** The metadata of all that was asked for, whether or not it had to be deployed. */
  source: Component[];
};

/** How one user came out: `pending` is a login that the org's servers may yet learn to accept. */
export type Verdict = { state: 'done' | 'failed' | 'pending'; refusal?: TokenRefusal };

export function verdictOf({ assigned, login }: ConnectedUser): Verdict {
  if (assigned === 'failed') return { state: 'failed' };
  if (login === undefined || login.ok) return { state: 'done' };
  return { state: meaningOf(login).mayPropagate ? 'pending' : 'failed', refusal: login };
}

/** 0 done, 68 some users failed and the rest stands, 69 the org hadn't caught up when the wait was over. */
export function exitCodeOf({ users }: Connected): 0 | 68 | 69 {
  const states = users.map((user) => verdictOf(user).state);
  if (states.includes('failed')) return 68;
  return states.includes('pending') ? 69 : 0;
}

/** Everything that is read before anything is changed. */
type Reading = {
  app: AppReading | undefined;
  users: OrgUser[];
  /** Where the users' pre-authorization goes; `standing` undefined: it doesn't exist yet. */
  permissionSet: { name: string; standing: PermissionSetReading | undefined } | undefined;
  hasAccessRow: boolean;
};

type Plan = AppPlan & { wanted: WantedApp };

/**
 * Reads what stands in the org, plans the difference, and applies it: one deployment, then the assignments, then a
 * login as each user. A second run finds no difference and deploys nothing.
 *
 * @throws Failure for all that can be known before the deployment; what `deploy` throws; `client_id_unreadable`,
 *   `access_row_refused`, `app_vanished`, `org_unreachable`
 */
export async function connect(request: ConnectRequest, world: ConnectWorld): Promise<Connected> {
  try {
    return await readDiffApply(request, world);
  } catch (error) {
    throw meaningOfFailure(error, world.connection.instanceUrl);
  }
}

async function readDiffApply(request: ConnectRequest, world: ConnectWorld): Promise<Connected> {
  const door = doorTo(request.appType);
  const reading = await read(request, door, world.connection);
  const plan = planOf(request, door, reading);
  world.onPlan(plan.changes);
  const deployment = plan.components.length > 0 ? await deployPlan(plan, request, world) : undefined;
  const deployId = deployment?.id;
  const { name } = plan.wanted;
  const outcome = {
    name,
    status: reading.app === undefined ? 'created' : plan.changes.length > 0 ? 'updated' : 'unchanged',
    changes: plan.changes,
    permissionSet: reading.permissionSet?.name ?? null,
    deployId,
    source: plan.whole,
  } as const;
  if (request.dryRun) {
    const users = reading.users.map((user) => ({ ...foreseen(user, reading), login: undefined }));
    const profiles = [...new Set([...(reading.app?.profiles ?? []), ...request.app.profiles])];
    return { ...outcome, unconfirmed: [], clientId: reading.app?.clientId ?? null, profiles, users };
  }
  const app = deployId === undefined ? reading.app! : await readBack();
  const assignments = await authorize(reading, app, world.connection);
  const clientId = app.clientId ?? deployment?.sentClientId;
  if (clientId === undefined) throw new Failure('client_id_unreadable', { name });
  const users = await Promise.all(assignments.map((assignment) => prove(assignment, clientId, request, world)));
  const unconfirmed = deployId === undefined ? [] : remaining(plan, door, app);
  return { ...outcome, unconfirmed, clientId, profiles: app.profiles, users };

  async function readBack(): Promise<AppReading> {
    const found = await door.read(world.connection.metadata, name);
    if (found === undefined) throw new Failure('app_vanished', { name });
    return found;
  }
}

async function read(
  { app, usernames, usernamesAsked }: ConnectRequest,
  door: Door,
  connection: Connection,
): Promise<Reading> {
  const [standing, users] = await Promise.all([
    door.read(connection.metadata, app.name),
    readUsers(connection, usernames),
  ]);
  // A policy that lets users approve themselves is left alone until a flag asks for pre-authorization.
  const leftAlone =
    standing?.adminApproved === false &&
    !usernamesAsked &&
    app.permissionSets.length === 0 &&
    app.profiles.length === 0;
  if (leftAlone) return { app: standing, users, permissionSet: undefined, hasAccessRow: false };
  const name = app.permissionSets[0] ?? standing?.permissionSets[0] ?? standing?.name ?? app.name;
  const permissionSet = await readPermissionSet(connection, name, users);
  return {
    app: standing,
    users,
    permissionSet: { name, standing: permissionSet },
    hasAccessRow:
      standing !== undefined &&
      permissionSet !== undefined &&
      (await hasAccessRow(connection, permissionSet.id, standing.id)),
  };
}

function planOf(request: ConnectRequest, door: Door, { app, users, permissionSet, hasAccessRow: open }: Reading): Plan {
  const asked: WantedApp = { ...request.app, name: app?.name ?? request.app.name };
  const wanted: WantedApp =
    permissionSet === undefined
      ? asked
      : { ...asked, permissionSets: [permissionSet.name, ...asked.permissionSets.slice(1)], adminApproved: true };
  const fresh = { contactEmail: users[0]!.email, scopes: request.newScopes, consumerKey: request.newClientId };
  const { components, changes, whole } = door.plan(wanted, app, fresh);
  requireLoginScopes(components);
  if (permissionSet === undefined) return { wanted, components, changes, whole };
  const { name, standing } = permissionSet;
  if (standing === undefined) {
    // No license: a permission set that has one can't open an app to users of every license.
    const opening: Component = { type: 'PermissionSet', fullName: name, fields: { label: name } };
    components.push(opening);
    whole.push(opening);
    changes.push({ key: 'permissionSet', to: name });
  } else if (app !== undefined && !open && components.length === 0) {
    changes.push({ key: 'accessRow', to: name });
  }
  for (const user of users.filter(({ id }) => standing?.assignees.has(id) !== true)) {
    changes.push({ key: 'assignment', from: user.username, to: name });
  }
  return { wanted, components, changes, whole };
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

/** What an assignment will come to, for a dry run. */
function foreseen(user: OrgUser, { permissionSet }: Reading): Assignment {
  const has = permissionSet === undefined || permissionSet.standing?.assignees.has(user.id) === true;
  return { user, assigned: has ? 'already' : 'assigned' };
}

async function prove(
  assignment: Assignment,
  clientId: string,
  { privateKey }: ConnectRequest,
  { logIn }: ConnectWorld,
): Promise<ConnectedUser> {
  if (privateKey === undefined || assignment.assigned === 'failed') return { ...assignment, login: undefined };
  return { ...assignment, login: await logIn(clientId, assignment.user.username, privateKey) };
}

/** A certificate that the org doesn't give out again can't be compared; the login proves it. */
function remaining({ wanted }: Plan, door: Door, app: AppReading): Change[] {
  const { changes } = door.plan(wanted, app, { contactEmail: '', scopes: [], consumerKey: undefined });
  return changes.filter(({ key, from }) => key !== 'certificate' || from !== undefined);
}

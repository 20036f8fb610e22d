import type { Connection } from '@salesforce/core';
import type { AppReading, Change } from '../app/app.js';
import { canHoldCertificate } from '../app/certificate-swap.js';
import { doorTo, readApp, type Door } from '../app/door.js';
import { deployPlan, settled } from './deploy.js';
import type { ConnectRequest, Plan, Reading } from './plan.js';
import type { ConnectWorld, Trail } from './world.js';
import type { Connected, ConnectedUser } from './connected.js';
import { Failure, isFailure } from '../failure.js';
import { missingPermissions, speaksOfAccess } from '../org/permissions.js';
import {
  assignUsers,
  createAccessRow,
  hasAccessRow,
  isForOtherLicense,
  readPermissionSet,
  type Assignment,
  type OrgUser,
} from '../org/pre-authorization.js';
import { meaningOfFailure } from '../org/reachability.js';
import type { AskedOrg } from '../org/refusal.js';
import type { WaitsFor } from '../token/prover.js';

/**
 * Reads what stands in the org, plans the difference, and applies it: one deployment, then the assignments, then a
 * login as each user. A second run finds no difference and deploys nothing.
 *
 * @throws Failure for all that can be known before the deployment; what `deploy` throws; `client_id_unreadable`,
 *   `access_row_refused`, `app_vanished`, what `meaningOfFailure` knows
 */
export async function connect(request: ConnectRequest, world: ConnectWorld): Promise<Connected> {
  const trail: Trail = { name: request.app.name, deployId: undefined, deployed: false, clientId: undefined };
  try {
    return await readDiffApply(request, world, trail);
  } catch (error) {
    const { connection } = world;
    const org = { instanceUrl: connection.instanceUrl, username: connection.getUsername() ?? '' };
    const meaning = meaningOfFailure(error, org);
    if (trail.deployId !== undefined && !request.dryRun && !SAY_WHAT_STANDS.some((code) => isFailure(meaning, code))) {
      world.onHalfDone(trail);
    }
    throw await withMissingPermissions(meaning, org, connection);
  }
}

/** Failures whose own text tells what became of the deployment. */
const SAY_WHAT_STANDS = ['client_id_unreadable', 'deployment_lost', 'deployment_unfinished'] as const;

/** A refusal for want of a permission, with the name of that permission where the org tells. */
async function withMissingPermissions(meaning: unknown, org: AskedOrg, connection: Connection): Promise<unknown> {
  const refused = isFailure(meaning, 'admin_permission_missing');
  const blamed = isFailure(meaning, 'deployment_failed') && speaksOfAccess(meaning.data.words);
  if (!refused && !blamed) return meaning;
  const missing = await missingPermissions(connection);
  if (missing.length === 0) return meaning;
  const words = meaning.data.words.replaceAll('\n', '; ');
  return new Failure('admin_permission_missing', { ...org, words, missing: missing.join(', ') }, { cause: meaning });
}

async function readDiffApply(request: ConnectRequest, world: ConnectWorld, trail: Trail): Promise<Connected> {
  const door = doorTo(request.appType);
  const { reading, plan, unproven, running } = await settled(request, door, world);
  trail.name = plan.wanted.name;
  await world.onPlan(plan.changes, plan.whole);
  const deploys = plan.components.length > 0 && running.length === 0;
  const deployment = deploys ? await deployPlan(plan, request, world, trail) : undefined;
  const deployId = deployment?.id;
  const { name } = plan.wanted;
  const outcome = {
    name,
    status: reading.app === undefined ? 'created' : plan.changes.length > 0 ? 'updated' : 'unchanged',
    changes: plan.changes,
    permissionSet: reading.permissionSet?.name ?? null,
    unproven,
    deployId,
    running,
  } as const;
  if (request.dryRun) {
    const users = reading.users.map((user) => ({
      ...foreseen(user, reading),
      login: undefined,
      waitedFor: 'nothing' as const,
    }));
    const profiles = [...new Set([...(reading.app?.profiles ?? []), ...request.app.profiles])];
    return {
      ...outcome,
      unconfirmed: [],
      missingPermissions: [],
      clientId: reading.app?.clientId ?? request.clientId ?? null,
      profiles,
      users,
    };
  }
  const app = deployId === undefined ? reading.app! : await readBack();
  const clientId = app.clientId ?? deployment?.sentClientId ?? request.clientId;
  trail.clientId = clientId;
  const assignments = await authorize(reading, app, world.connection);
  if (clientId === undefined) throw unreadable(outcome, assignments);
  const waitsFor = worthTheWait(reading, plan, deployId);
  const users = await Promise.all(
    assignments.map((assignment) => prove(assignment, clientId, waitsFor, request, world)),
  );
  const unconfirmed = deployId === undefined ? [] : remaining(plan, door, app);
  const refusedAccess = users.some(({ error }) => error !== undefined && speaksOfAccess(error));
  const missing = refusedAccess ? await missingPermissions(world.connection) : [];
  return { ...outcome, unconfirmed, missingPermissions: missing, clientId, profiles: app.profiles, users };

  async function readBack(): Promise<AppReading> {
    const found = await readApp(world.connection, door, name);
    if (found === undefined) throw new Failure('app_vanished', { name });
    return found;
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
function foreseen(user: OrgUser, { permissionSet }: Reading): Assignment & Pick<ConnectedUser, 'foreseen'> {
  const standing = permissionSet?.standing;
  if (permissionSet === undefined || standing?.assignees.has(user.id) === true) return { user, assigned: 'already' };
  if (standing === undefined || !isForOtherLicense(standing, user)) return { user, assigned: 'assigned' };
  return { user, assigned: 'failed', foreseen: { permissionSet: standing.name, license: standing.license ?? '' } };
}

/**
 * What may yet mend a refused login. Where the users approve the app themselves and nothing was deployed, no wait does; a
 * pre-authorization may be from a run just before this one.
 */
function worthTheWait({ app, permissionSet }: Reading, { changes }: Plan, deployId: string | undefined): WaitsFor {
  if (permissionSet === undefined && deployId === undefined) return 'nothing';
  const replaced = app !== undefined && canHoldCertificate(app) && changes.some(({ key }) => key === 'certificate');
  return replaced ? 'certificate' : 'propagation';
}

async function prove(
  assignment: Assignment,
  clientId: string,
  waitedFor: WaitsFor,
  { privateKey }: ConnectRequest,
  { logIn }: ConnectWorld,
): Promise<ConnectedUser> {
  const user = { ...assignment, waitedFor };
  if (privateKey === undefined || assignment.assigned === 'failed') return { ...user, login: undefined };
  return { ...user, login: await logIn({ clientId, username: assignment.user.username, privateKey }, waitedFor) };
}

/** A certificate that the org doesn't give out again can't be compared; the login proves it. */
function remaining({ wanted }: Plan, door: Door, app: AppReading): Change[] {
  const { changes } = door.plan(wanted, app, { contactEmail: '', scopes: [], consumerKey: undefined });
  return changes.filter(({ key, from }) => key !== 'certificate' || from !== undefined);
}

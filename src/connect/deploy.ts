import { canHoldCertificate } from '../app/certificate-swap.js';
import { clientIdIn, withoutClientId } from '../app/client-id.js';
import type { Component } from '../app/component.js';
import { deploy, untilDone } from '../app/deployment.js';
import type { Door } from '../app/door.js';
import { runningDeployments } from '../app/running.js';
import { planOf, read, type ConnectRequest, type Plan, type Reading } from './plan.js';
import type { ConnectWorld, Trail } from './world.js';
import type { Unproven } from './connected.js';
import { isFailure } from '../failure.js';

type Settled = { reading: Reading; plan: Plan; unproven: Unproven | undefined; running: string[] };

/** How often deployments that have begun meanwhile are waited for: an admin's pipeline may never pause. */
const JOINS = 3;

/**
 * What stands and what differs, once no deployment of this admin's is under way that could bring the same: what it makes,
 * a client id above all, must not be made a second time. Where nothing differs, nothing is waited for, and a dry run
 * never waits.
 */
export async function settled(request: ConnectRequest, door: Door, world: ConnectWorld): Promise<Settled> {
  const { connection } = world;
  for (let joins = 0; ; joins++) {
    const reading = await read(request, door, connection);
    const compared = await comparePlan(request, door, reading, world);
    const running = compared.plan.components.length > 0 && joins < JOINS ? await runningDeployments(connection) : [];
    if (running.length === 0 || request.dryRun) return { reading, ...compared, running };
    for (const id of running) {
      world.onJoin(id);
      await untilDone(connection.metadata, id, world, world.onDeployment);
    }
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
    reading.app !== undefined &&
    canHoldCertificate(reading.app) &&
    plan.changes.some(({ key, from }) => key === 'certificate' && from === undefined);
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

/** How a deployment ends that leaves nothing behind. */
const REFUSED = /^(Failed|Canceled|Finalizing(Deploy)?Failed)$/;

/** A deployment that succeeded, and the client id that it brought, if any. */
type Deployed = { id: string; sentClientId: string | undefined };

export async function deployPlan(
  { components }: Plan,
  request: ConnectRequest,
  world: ConnectWorld,
  trail: Trail,
): Promise<Deployed> {
  const options = { apiVersion: request.apiVersion, checkOnly: request.dryRun };
  const run = async (parts: Component[]): Promise<Deployed> => {
    const { id, existing } = await deploy(world.connection.metadata, parts, options, world, (progress) => {
      trail.deployId = REFUSED.test(progress.status) ? undefined : progress.id;
      world.onDeployment(progress);
    });
    trail.deployed = true;
    // Somebody else made the app meanwhile: it keeps the client id that it has, and says nothing of ours.
    const taken = !parts.some((part) => existing.includes(part.type) && clientIdIn([part]) !== undefined);
    return { id, sentClientId: taken ? clientIdIn(parts) : undefined };
  };
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

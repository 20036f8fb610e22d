import { DEPLOYMENT_LIMIT, knownDeployment, untilDone } from '../../salesforce/app/deployment.js';
import { runningDeployments } from '../../salesforce/app/running.js';
import type { ConnectDependencies } from './dependencies.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';

/** How often deployments that have begun meanwhile are waited for: an admin's pipeline may never pause. */
const WAITS = 3;

export type Compared = { current: CurrentState; plan: Plan };

/**
 * Waits for the deployment that a run before this one has recorded, if it hasn't ended: its end may come between two
 * questions, and what it makes must be there when the org is read.
 */
export async function afterRecordedDeployment(
  { dryRun }: { dryRun: boolean },
  dependencies: ConnectDependencies,
): Promise<void> {
  const deployId = dependencies.record.read()?.deployId;
  if (deployId === undefined || dryRun) return;
  const { metadata } = dependencies.connection;
  const result = await knownDeployment(metadata, deployId);
  if (result === undefined || result.done) return;
  dependencies.onRunningDeployment(deployId);
  await untilDone(metadata, deployId, dependencies, dependencies.onDeployment);
}

/**
 * Current state and plan, once no deployment of this admin's is under way that could bring the same: what it makes, a
 * client id above all, must not be made a second time. Where nothing differs, nothing is waited for.
 *
 * @param readAndPlan is asked again after each wait
 * @param dryRun never waits, and gives the deployments that it met
 */
export async function afterRunningDeployments(
  readAndPlan: () => Promise<Compared>,
  { dryRun }: { dryRun: boolean },
  dependencies: ConnectDependencies,
): Promise<Compared & { running: string[] }> {
  const { connection, now } = dependencies;
  const deadline = now() + DEPLOYMENT_LIMIT;
  for (let waits = 0; ; waits++) {
    const compared = await readAndPlan();
    const differs = compared.plan.components.length > 0;
    const running = differs && waits < WAITS ? await runningDeployments(connection) : [];
    if (running.length === 0 || dryRun) return { ...compared, running };
    for (const id of running) {
      dependencies.onRunningDeployment(id);
      await untilDone(connection.metadata, id, dependencies, dependencies.onDeployment, deadline);
    }
  }
}

import { isFaulty, type FaultyRow, type OrgRow } from './rows.js';
import { requestFor, type Defaults } from './requests.js';
import { limitOf, watched } from './limit.js';
import { workOff, type Task } from './pace.js';
import { standingOrg } from './standing.js';
import { grant, type Granted, type GrantRequest, type GrantWorld } from '../grant.js';
import type { FleetOutcome, FleetRow } from './outcome.js';

export type FleetOrder = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  /** What the file is called in messages. */
  source: string;
  defaults: Defaults;
  concurrency: number;
  /** Milliseconds for which limits are waited out */
  wait: number;
  /** Leaves out the logins that work. */
  resume: boolean;
};

export type FleetWorld = Omit<GrantWorld, 'onWait'> & {
  onDone: (outcome: FleetOutcome) => void;
  /** A limit of this host, or of something behind it, is waited out. */
  onPause: (host: string, error: Error) => void;
};

/**
 * Logs in to every org of a fleet as `grant` does to one. Whatever happens to a row, the others go on.
 *
 * @returns what became of each row, in their order
 */
export async function grantFleet(order: FleetOrder, world: FleetWorld): Promise<FleetOutcome[]> {
  const outcomes = new Map<OrgRow | FaultyRow, FleetOutcome>();
  const settle = (row: OrgRow | FaultyRow, outcome: FleetOutcome): void => {
    outcomes.set(row, outcome);
    world.onDone(outcome);
  };
  const tasks: Array<Task<FleetOutcome>> = [];
  const rowOf = new Map<Task<FleetOutcome>, OrgRow>();
  for (const row of order.rows) {
    const task = isFaulty(row) ? row.fault : await taskFor(row, order, world).catch((error: unknown) => error as Error);
    if (task instanceof Error) settle(row, { state: 'failed', row: shownRow(row), error: task, waited: 0 });
    else {
      tasks.push(task);
      rowOf.set(task, row as OrgRow);
    }
  }
  const { concurrency, wait } = order;
  await workOff(
    tasks,
    {
      concurrency,
      wait,
      onPause: ({ host }, { result }) => {
        if (result.state === 'failed') world.onPause(host, result.error);
      },
      onDone: (task, { result, waited }) => settle(rowOf.get(task)!, { ...result, waited }),
    },
    world,
  );
  return order.rows.map((row) => outcomes.get(row)!);
}

async function taskFor(row: OrgRow, order: FleetOrder, world: FleetWorld): Promise<Task<FleetOutcome>> {
  const request = await requestFor(row, order.source, order.defaults);
  const host = request.target.loginUrl.origin;
  return {
    host,
    attempt: async () => {
      const { fetch, refused } = watched(world.fetch, world.now);
      const shown = shownRow(row);
      try {
        const done = await attempt(request, order.resume, { ...world, fetch, onWait: () => undefined });
        return { result: { ...done, row: shown, waited: 0 } };
      } catch (error) {
        const limit = limitOf(error, refused(), host);
        return { result: { state: 'failed', row: shown, error: error as Error, request, waited: 0 }, limit };
      }
    },
  };
}

async function attempt(
  request: GrantRequest,
  resume: boolean,
  world: GrantWorld,
): Promise<{ state: 'skipped'; orgId: string } | { state: 'granted'; granted: Granted; request: GrantRequest }> {
  const orgId = resume ? await standingOrg(request, world.fetch) : undefined;
  if (orgId !== undefined) return { state: 'skipped', orgId };
  return { state: 'granted', granted: await grant(request, world), request };
}

function shownRow(row: OrgRow | FaultyRow): FleetRow {
  const { line, username } = row;
  return { line, username, alias: isFaulty(row) ? row.alias : row.values.alias };
}

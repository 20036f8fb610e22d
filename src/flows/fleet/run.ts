import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../clock.js';
import { storeFaultOf } from '../../machine/store/store-fault.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { foreseen } from '../../terminal/unforeseen.js';
import { watched, type Refused } from './limit.js';
import { shownRow, type Outcome } from './outcome.js';
import { workOff, type Limit, type Task } from './pace.js';
import { isFaulty, type FaultyRow, type OrgRow } from './rows.js';

/** The work on one row; what it throws is that row's failure. */
export type RowWork<Done extends { state: string }, Request> = {
  /** Whose limits hold the row up: an origin. */
  host: string;
  request: Request;
  /** May be called again after a limit. */
  attempt: (fetch: Fetch) => Promise<Done>;
};

export type FleetOrder<Done extends { state: string }, Request> = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  concurrency: number;
  /** Rows at a time of one host; undefined: as many as of all. */
  perHost?: number;
  /** Milliseconds for which limits are waited out */
  wait: number;
  /**
   * What is to be done for a row, before anything is asked.
   *
   * @throws Failure what is wrong with the row
   */
  workOn: (row: OrgRow) => Promise<RowWork<Done, Request>>;
  /** The limit that an end shows, if any: then the row is tried again. */
  limitOf: (end: { done: Done } | { error: unknown }, refused: Refused | undefined, host: string) => Limit | undefined;
  /** After so many failures no row is begun any more, and those that are left become `rest`. */
  halt?: { failures: number; rest: Done };
};

export type FleetDependencies<End> = Clock & {
  fetch: Fetch;
  onDone: (outcome: End) => void;
  /** A limit of this host, or of something behind it, is waited out. */
  onPause: (host: string, error: Error) => void;
};

/** The `fetch` of the row at whose work this is, so that the client library's requests count for it as well. */
const ofRow = new AsyncLocalStorage<Fetch>();

/** A `fetch` for what all rows share: each request is seen by the row that it is for. */
export function sharedFetch(fetch: Fetch): Fetch {
  return (url, init) => (ofRow.getStore() ?? fetch)(url, init);
}

/**
 * Does for each row of a fleet what the single command does for one org. Whatever happens to a row, the others go on.
 *
 * @returns what became of each row, in their order
 */
export async function runFleet<Done extends { state: string }, Request>(
  order: FleetOrder<Done, Request>,
  dependencies: FleetDependencies<Outcome<Done, Request>>,
): Promise<Array<Outcome<Done, Request>>> {
  type End = Outcome<Done, Request>;
  const { rows, concurrency, perHost, wait, halt } = order;
  const outcomes = new Map<OrgRow | FaultyRow, End>();
  const rowOf = new Map<Task<End>, OrgRow | FaultyRow>();
  let failures = 0;
  const settle = (task: Task<End>, outcome: End): void => {
    if (outcome.state === 'failed') failures += 1;
    outcomes.set(rowOf.get(task)!, outcome);
    dependencies.onDone(outcome);
  };
  const tasks: Array<Task<End>> = [];
  for (const row of rows) {
    const task = await taskFor(row, order, dependencies);
    rowOf.set(task, row);
    tasks.push(task);
  }
  await workOff(
    tasks,
    {
      concurrency,
      perHost,
      wait,
      isOver: halt && (() => failures >= halt.failures),
      onLeft: (task) => settle(task, { ...halt!.rest, row: shownRow(rowOf.get(task)!), waited: 0 }),
      onPause: ({ host }, { result }) => {
        if (result.state === 'failed') dependencies.onPause(host, (result as { error: Error }).error);
      },
      onDone: (task, { result, waited }) => settle(task, { ...result, waited }),
    },
    dependencies,
  );
  return rows.map((row) => outcomes.get(row)!);
}

async function taskFor<Done extends { state: string }, Request>(
  row: OrgRow | FaultyRow,
  { workOn, limitOf }: Pick<FleetOrder<Done, Request>, 'workOn' | 'limitOf'>,
  { fetch, now }: Pick<FleetDependencies<unknown>, 'fetch' | 'now'>,
): Promise<Task<Outcome<Done, Request>>> {
  const shown = { row: shownRow(row), waited: 0 };
  // A row's message has no room for where an error was thrown, which the environment may ask for.
  const failed = (error: unknown): Outcome<Done, Request> => ({
    ...shown,
    state: 'failed',
    error: foreseen(storeFaultOf(error) ?? error, {}),
  });
  // What is wrong with a row is found out in its turn, too.
  const work = isFaulty(row) ? row.fault : await workOn(row).catch((error: unknown) => error as Error);
  if (work instanceof Error) return { host: '', attempt: () => Promise.resolve({ result: failed(work) }) };
  const { host, request, attempt } = work;
  return {
    host,
    attempt: async () => {
      const watch = watched(fetch, now);
      try {
        const done = await ofRow.run(watch.fetch, () => attempt(watch.fetch));
        return { result: { ...done, ...shown }, limit: limitOf({ done }, watch.refused(), host) };
      } catch (error) {
        return { result: { ...failed(error), request }, limit: limitOf({ error }, watch.refused(), host) };
      }
    },
  };
}

import type { Clock } from '../../clock.js';

/**
 * A limit that an answer showed. `login`: it concerns this one login, whose user has logged in too often. `org`: the org
 * has had too many. `host`: the host takes no more requests for now, whoever they are for. `retryAfter`: how long to stay away, in milliseconds, if it was said.
 */
export type Limit = { scope: 'login' | 'org' | 'host'; retryAfter?: number | undefined };

/** One piece of work; it can be tried again as long as it shows a limit. */
export type Task<Result> = { host: string; attempt: () => Promise<Attempt<Result>> };
export type Attempt<Result> = { result: Result; limit?: Limit | undefined };

/** The last result, and how many milliseconds were waited for limits before it. */
export type Paced<Result> = { result: Result; waited: number };

export type Pace<Result> = {
  /** Tasks at a time, on all hosts together. */
  concurrency: number;
  /** Tasks at a time on one host; undefined: as many as on all. */
  perHost?: number | undefined;
  /** Milliseconds for which limits are waited out. */
  wait: number;
  /** Whether nothing new is to be begun; what has begun is worked off. */
  isOver?: (() => boolean) | undefined;
  /** A task that is never begun. */
  onLeft?: ((task: Task<Result>) => void) | undefined;
  onPause: (task: Task<Result>, attempt: Attempt<Result>) => void;
  onDone: (task: Task<Result>, paced: Paced<Result>) => void;
};

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

type Turn<Result> = {
  task: Task<Result>;
  index: number;
  notBefore: number;
  startedAt: number;
  limits: number;
  limitedSince: number | undefined;
};

/** What is known of a host. `allowed`: how many tasks at a time it gets; it shrinks by half and grows one by one. */
type Lane = {
  allowed: number;
  running: number;
  closedUntil: number;
  limits: number;
  limitedSince: number | undefined;
  reducedAt: number;
  unlimited: number;
};

/**
 * Works off tasks, several at a time, and lets limits slow it down: a task that shows one is tried again later, and
 * doesn't take anybody's place meanwhile. Limits of a login and of an org hold up the task that met them alone; the limit of a host closes the host for as long as it says. After either of the last two the host gets
 * half as many tasks at a time, and one more whenever a round went well. What isn't over after `wait` milliseconds is
 * given up, with the last answer.
 *
 * @returns in the order of the tasks; a task that is left has none
 */
export async function workOff<Result>(
  tasks: ReadonlyArray<Task<Result>>,
  pace: Pace<Result>,
  { now, sleep }: Clock,
): Promise<Array<Paced<Result>>> {
  const results: Array<Paced<Result>> = [];
  const lanes = new Map<string, Lane>();
  const perHost = Math.min(pace.perHost ?? pace.concurrency, pace.concurrency);
  let waiting = tasks.map((task, index): Turn<Result> => {
    if (!lanes.has(task.host)) lanes.set(task.host, newLane(perHost));
    return { task, index, notBefore: 0, startedAt: 0, limits: 0, limitedSince: undefined };
  });
  const running = new Set<Promise<void>>();
  const laneOf = ({ task }: Turn<Result>): Lane => lanes.get(task.host)!;
  const readyAt = (turn: Turn<Result>): number => Math.max(turn.notBefore, laneOf(turn).closedUntil);

  const take = async (turn: Turn<Result>): Promise<void> => {
    const lane = laneOf(turn);
    lane.running += 1;
    turn.startedAt = now();
    const attempt = await turn.task.attempt();
    lane.running -= 1;
    const pause = pauseAfter(attempt.limit, turn, { lane, perHost }, pace.wait, now());
    if (pause === undefined) {
      const waited = turn.limitedSince === undefined ? 0 : now() - turn.limitedSince;
      results[turn.index] = { result: attempt.result, waited };
      pace.onDone(turn.task, results[turn.index]!);
    } else {
      waiting.push(turn);
      pace.onPause(turn.task, attempt);
    }
  };

  const never = new Promise<void>(() => undefined);
  // One at a time, and never later than something is due: a pause that nobody waits for would hold up the end.
  let alarm = { at: Infinity, rings: never };
  while (waiting.length > 0 || running.size > 0) {
    if (pace.isOver?.() === true) waiting = begun(waiting, pace.onLeft);
    // One moment for all of them, or a later one could be ready when an earlier one wasn't yet.
    const moment = now();
    for (let at = 0; at < waiting.length && running.size < pace.concurrency;) {
      const turn = waiting[at]!;
      if (laneOf(turn).running >= laneOf(turn).allowed || readyAt(turn) > moment) {
        at += 1;
        continue;
      }
      waiting.splice(at, 1);
      const taken: Promise<void> = take(turn).finally(() => running.delete(taken));
      running.add(taken);
    }
    const next = firstAfter(moment, waiting, readyAt);
    if (next < alarm.at || alarm.at <= now())
      alarm = { at: next, rings: next === Infinity ? never : sleep(next - now()) };
    if (waiting.length + running.size > 0) await Promise.race([...running, alarm.rings]);
  }
  return results;
}

/** The turns that have begun; the others are left. */
function begun<Result>(waiting: ReadonlyArray<Turn<Result>>, onLeft: Pace<Result>['onLeft']): Array<Turn<Result>> {
  for (const { task, limits } of waiting) if (limits === 0) onLeft?.(task);
  return waiting.filter(({ limits }) => limits > 0);
}

function firstAfter<Each>(now: number, turns: readonly Each[], timeOf: (turn: Each) => number): number {
  let first = Infinity;
  for (const turn of turns) {
    const time = timeOf(turn);
    if (time > now && time < first) first = time;
  }
  return first;
}

function newLane(allowed: number): Lane {
  return {
    allowed,
    running: 0,
    closedUntil: 0,
    limits: 0,
    limitedSince: undefined,
    reducedAt: -Infinity,
    unlimited: 0,
  };
}

/** Notes what an answer says about the limits, and tells the pause before the next try. Undefined: there is none. */
function pauseAfter(
  limit: Limit | undefined,
  turn: Turn<unknown>,
  { lane, perHost }: { lane: Lane; perHost: number },
  wait: number,
  now: number,
): number | undefined {
  if (limit === undefined) {
    widen(lane, perHost);
    return undefined;
  }
  const ofHost = limit.scope === 'host';
  // Several answers to what was asked at the same time are one piece of news.
  if (limit.scope !== 'login' && turn.startedAt >= lane.reducedAt) narrow(lane, now);
  turn.limits += 1;
  turn.limitedSince ??= now;
  if (ofHost) lane.limitedSince ??= now;
  const since = ofHost ? Math.min(turn.limitedSince, lane.limitedSince ?? now) : turn.limitedSince;
  const left = since + wait - now;
  if (left <= 0 || (limit.retryAfter ?? 0) > left) return undefined;
  const growing = Math.min(FIRST_PAUSE * 2 ** ((ofHost ? lane.limits : turn.limits) - 1), LONGEST_PAUSE);
  // Zero, or a date that is past by this clock, is an answer of no use, and taken at its word a storm.
  const asked = limit.retryAfter ?? 0;
  const pause = Math.min(asked < FIRST_PAUSE ? growing : asked, left);
  turn.notBefore = now + pause;
  if (ofHost) lane.closedUntil = Math.max(lane.closedUntil, now + pause);
  return pause;
}

function narrow(lane: Lane, now: number): void {
  lane.allowed = Math.max(1, Math.floor(lane.allowed / 2));
  lane.limits += 1;
  lane.reducedAt = now;
  lane.unlimited = 0;
}

function widen(lane: Lane, most: number): void {
  lane.limits = 0;
  lane.limitedSince = undefined;
  lane.unlimited += 1;
  if (lane.unlimited < lane.allowed) return;
  lane.allowed = Math.min(lane.allowed + 1, most);
  lane.unlimited = 0;
}

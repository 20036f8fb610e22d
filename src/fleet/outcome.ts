import type { Granted, GrantRequest } from '../grant.js';

/** A row as it is shown. */
export type FleetRow = { line: number; username: string | undefined; alias: string | undefined };

/** What became of a row. `waited`: milliseconds that were spent on waiting for limits. */
export type FleetOutcome = { row: FleetRow; waited: number } & (
  | { state: 'granted'; granted: Granted; request: GrantRequest }
  | { state: 'skipped'; orgId: string }
  /** `request` is there as soon as the row was complete. */
  | { state: 'failed'; error: Error; request?: GrantRequest }
);

/** 0: all stand; 1: none does; 68: some do. */
export function exitCodeOf(outcomes: readonly FleetOutcome[]): 0 | 1 | 68 {
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  if (failed === 0) return 0;
  return failed === outcomes.length ? 1 : 68;
}

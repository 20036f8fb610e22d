import { isFaulty, type FaultyRow, type OrgRow } from './rows.js';

/** A row as it is shown. */
export type FleetRow = { line: number; username: string | undefined; alias: string | undefined };

/** A row that failed. `request` is there as soon as the row was complete. */
export type Failed<Request = unknown> = { state: 'failed'; error: Error; request?: Request };

/**
 * What became of a row: what the command's own flow makes of it, or a failure. `waited`: milliseconds that were spent on
 * waiting for limits.
 */
export type Outcome<Done extends { state: string }, Request = unknown> = { row: FleetRow; waited: number } & (
  Done | Failed<Request>
);

export function shownRow(row: OrgRow | FaultyRow): FleetRow {
  const { line, username } = row;
  return { line, username, alias: isFaulty(row) ? row.alias : row.values.alias };
}

/** 0: all stand; 1: none does; 68: some do. */
export function exitCodeOf<Each extends { state: string }>(
  outcomes: readonly Each[],
  hasFailed: (outcome: Each) => boolean = ({ state }) => state === 'failed',
): 0 | 1 | 68 {
  const failed = outcomes.filter(hasFailed).length;
  if (failed === 0) return 0;
  return failed === outcomes.length ? 1 : 68;
}

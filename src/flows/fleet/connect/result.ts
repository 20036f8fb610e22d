import { resultOf as resultOfOne, type JwtConnectResult } from '../../connect/result.js';
import { failedRow, namesOf, type FailedRow } from '../failed-row.js';
import { isFaulty, type FaultyRow, type OrgRow } from '../rows.js';
import type { ConnectOutcome } from './connect.js';

/** What `sf jwt fleet connect --json` returns. Every list is in the order of the file. */
export type JwtFleetConnectResult = {
  /** The rows whose app is set up, each as `sf jwt connect` returns it. */
  connected: Array<
    JwtConnectResult & {
      /** The line at which the row begins in the orgs file, from 1. */
      line: number;
      username?: string;
      alias?: string;
      /** Whether every user of the row is pre-authorized, and can log in where a key proves it. */
      ok: boolean;
    }
  >;
  /** The rows that failed. */
  failed: FailedRow[];
  /** The rows that `--resume` left out, since their users can log in. */
  skipped: Array<{ line: number; username?: string; alias?: string; clientId: string }>;
  /** Absolute path of the copy of the orgs file with the client ids; null where none was written. */
  outputFile: string | null;
  dryRun: boolean;
};

export function resultOf(
  outcomes: readonly ConnectOutcome[],
  { outputFile, dryRun }: { outputFile: string | null; dryRun: boolean },
): JwtFleetConnectResult {
  const result: JwtFleetConnectResult = { connected: [], failed: [], skipped: [], outputFile, dryRun };
  for (const outcome of outcomes) {
    const names = namesOf(outcome.row);
    if (outcome.state === 'failed') result.failed.push(failedRow(outcome));
    else if (outcome.state === 'skipped') result.skipped.push({ ...names, clientId: outcome.clientId });
    else {
      const { connected, certificate, instanceUrl, state } = outcome;
      const ok = state === 'connected';
      result.connected.push({ ...names, ok, ...resultOfOne(connected, { certificate, instanceUrl, dryRun }) });
    }
  }
  return result;
}

/** 0: all are set up; 1: none is; 68: some are, or with some of their users. */
export function exitCodeOf(outcomes: readonly ConnectOutcome[]): 0 | 1 | 68 {
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  if (failed === 0 && outcomes.every(({ state }) => state !== 'partly')) return 0;
  return failed === outcomes.length ? 1 : 68;
}

/** What is known now of the rows, by username: the client ids, and where to log in for rows that don't say. */
export function learntOf(
  outcomes: readonly ConnectOutcome[],
  rows: ReadonlyArray<OrgRow | FaultyRow>,
): Map<string, { 'client-id': string; 'instance-url'?: string }> {
  return new Map(
    outcomes.flatMap((outcome, index) => {
      const row = rows[index]!;
      const clientId = clientIdOf(outcome);
      if (outcome.state === 'failed' || clientId === null || isFaulty(row)) return [];
      const url = row.values['instance-url'] === undefined ? { 'instance-url': outcome.instanceUrl } : {};
      return [[row.username.toLowerCase(), { 'client-id': clientId, ...url }] as const];
    }),
  );
}

function clientIdOf(outcome: ConnectOutcome): string | null {
  if (outcome.state === 'failed') return null;
  return outcome.state === 'skipped' ? outcome.clientId : outcome.connected.clientId;
}

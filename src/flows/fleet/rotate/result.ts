import { relative, dirname, isAbsolute } from 'node:path';
import { resultOf as resultOfOne, type JwtRotateResult } from '../../rotate/result.js';
import { failedRow, namesOf, type FailedRow } from '../failed-row.js';
import type { RotateOutcome } from './rotate.js';

/** What `sf jwt fleet rotate --json` returns. Every list is in the order of the file. */
export type JwtFleetRotateResult = {
  /** The rows whose app has a new key, or needs none yet, each as `sf jwt rotate` returns it. */
  rotated: Array<
    JwtRotateResult & {
      /** The line at which the row begins in the orgs file, from 1. */
      line: number;
      alias?: string;
      /** Whether every login on this machine that had the old key works with the new one. */
      ok: boolean;
    }
  >;
  /** The rows whose rotation failed. */
  failed: FailedRow[];
  /** The rows that were not begun, since --max-failures was reached. */
  notBegun: Array<{ line: number; username?: string; alias?: string }>;
  /** The rows that `--resume` left out, since an earlier run has rotated them. */
  skipped: Array<{ line: number; username?: string; alias?: string; privateKeyFile: string }>;
  /** Absolute path of the copy of the orgs file with the new keys' paths; null where none was written. */
  outputFile: string | null;
  dryRun: boolean;
};

export function resultOf(
  outcomes: readonly RotateOutcome[],
  { outputFile, dryRun }: { outputFile: string | null; dryRun: boolean },
): JwtFleetRotateResult {
  const result: JwtFleetRotateResult = { rotated: [], failed: [], notBegun: [], skipped: [], outputFile, dryRun };
  for (const outcome of outcomes) {
    const names = namesOf(outcome.row);
    if (outcome.state === 'failed') result.failed.push(failedRow(outcome));
    else if (outcome.state === 'notBegun') result.notBegun.push(names);
    else if (outcome.state === 'skipped') result.skipped.push({ ...names, privateKeyFile: outcome.keyFile });
    else {
      const { rotated, username, instanceUrl, state } = outcome;
      const { line, alias } = names;
      result.rotated.push({
        line,
        ...(alias === undefined ? {} : { alias }),
        ok: state !== 'partly',
        ...resultOfOne(rotated, { username, instanceUrl, dryRun }),
      });
    }
  }
  return result;
}

/** 0: every app has a good key; 1: nothing was done; 68: some are done, or some logins aren't in order. */
export function exitCodeOf(outcomes: readonly RotateOutcome[]): 0 | 1 | 68 {
  const good = outcomes.filter(({ state }) => ['rotated', 'unchanged', 'skipped'].includes(state)).length;
  if (good === outcomes.length) return 0;
  return good === 0 && outcomes.every(({ state }) => state !== 'partly') ? 1 : 68;
}

/** The paths of the new keys by username, as a file in `folder` has them. */
export function newKeysOf(outcomes: readonly RotateOutcome[], copy: string): Map<string, { 'jwt-key-file': string }> {
  return new Map(
    outcomes.flatMap((outcome) => {
      const { username } = outcome.row;
      const file = newKeyOf(outcome);
      if (username === undefined || file === undefined) return [];
      return [[username.toLowerCase(), { 'jwt-key-file': fromFolder(dirname(copy), file) }] as const];
    }),
  );
}

function newKeyOf(outcome: RotateOutcome): string | undefined {
  if (outcome.state === 'skipped') return outcome.keyFile;
  return outcome.state === 'rotated' || outcome.state === 'partly'
    ? outcome.rotated.issued?.places.privateKeyFile
    : undefined;
}

/** A path below the folder as it is from there, so that both can be moved together. */
export function fromFolder(folder: string, path: string): string {
  const way = relative(folder, path);
  return way.startsWith('..') || isAbsolute(way) ? path : way;
}

import type { ExplainedFinding } from '../../doctor/explain.js';
import { failedRow, namesOf, type FailedRow } from '../failed-row.js';
import type { DoctorOutcome } from './doctor.js';

/** What `sf jwt fleet doctor --json` returns. Every list is in the order of the file. */
export type JwtFleetDoctorResult = {
  /** Whether every login works. */
  ok: boolean;
  /** The logins that were examined. */
  examined: Array<{
    /** The line at which the row begins in the orgs file, from 1. */
    line: number;
    username?: string;
    alias?: string;
    /** Whether the login works. */
    ok: boolean;
    /** Worst first; the same as those of `sf jwt doctor`. */
    findings: Array<{
      /** Stable, in lower_snake. */
      code: string;
      severity: 'error' | 'warning' | 'ok';
      message: string;
      /** Code of the finding that this one follows from; mending that one mends this. */
      causedBy?: string;
      /** What to do, a line for each step. */
      fix?: string;
      actions: string[];
    }>;
  }>;
  /** The rows that say too little, or what can't be. */
  failed: FailedRow[];
  /** The rows that `--resume` left out, since their login works. */
  skipped: Array<{ line: number; username?: string; alias?: string; orgId: string }>;
  /** With --dry-run, the rows that would be examined. */
  planned: Array<{ line: number; username?: string; alias?: string }>;
  dryRun: boolean;
};

export function resultOf(outcomes: readonly DoctorOutcome[], dryRun: boolean): JwtFleetDoctorResult {
  const result: JwtFleetDoctorResult = {
    ok: !outcomes.some(isBad),
    examined: [],
    failed: [],
    skipped: [],
    planned: [],
    dryRun,
  };
  for (const outcome of outcomes) {
    const names = namesOf(outcome.row);
    if (outcome.state === 'failed') result.failed.push(failedRow(outcome));
    else if (outcome.state === 'skipped') result.skipped.push({ ...names, orgId: outcome.orgId });
    else if (outcome.state === 'planned') result.planned.push(names);
    else result.examined.push({ ...names, ok: outcome.ok, findings: outcome.findings });
  }
  return result;
}

/** Whether a row is one on which something has to be mended. */
export function isBad(outcome: DoctorOutcome): boolean {
  return outcome.state === 'failed' || (outcome.state === 'examined' && !outcome.ok);
}

/** The findings that need a look of their own: neither what is in order nor what follows from another one. */
export function concerns(findings: readonly ExplainedFinding[]): ExplainedFinding[] {
  return findings.filter(({ severity, causedBy }) => severity !== 'ok' && causedBy === undefined);
}

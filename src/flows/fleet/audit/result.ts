import type { Report, ReportRow } from '../../../terminal/report/report.js';
import { Messages } from '../../../terminal/messages.js';
import { reportRows } from '../../audit/report-file.js';
import { resultOf as resultOfAudit, type JwtAuditResult } from '../../audit/result.js';
import { failedRow, namesOf, type FailedRow } from '../failed-row.js';
import type { AuditOutcome } from './audit.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.audit');

/** What `sf jwt fleet audit --json` returns. Every list is in the order of the file. */
export type JwtFleetAuditResult = {
  /** Every org could be audited, and no finding is an error. */
  ok: boolean;
  /** The orgs that were audited, each once. */
  audited: Array<
    {
      /** The line at which the row begins in the orgs file, from 1. */
      line: number;
      username?: string;
      alias?: string;
    } & JwtAuditResult
  >;
  /** The rows whose org couldn't be audited. */
  failed: FailedRow[];
  /** The rows whose org is that of a row before. */
  repeated: Array<{
    line: number;
    username?: string;
    alias?: string;
    /** The line of the row that was audited for it. */
    first: number;
  }>;
};

export function resultOf(outcomes: readonly AuditOutcome[]): JwtFleetAuditResult {
  const result: JwtFleetAuditResult = { ok: !outcomes.some(isBad), audited: [], failed: [], repeated: [] };
  for (const outcome of outcomes) {
    const names = namesOf(outcome.row);
    if (outcome.state === 'failed') result.failed.push(failedRow(outcome));
    else if (outcome.state === 'repeated') result.repeated.push({ ...names, first: outcome.first });
    else result.audited.push({ ...names, ...resultOfAudit(outcome.audit) });
  }
  return result;
}

/** Whether there is something to mend in the org of a row. */
export function isBad(outcome: AuditOutcome): boolean {
  return outcome.state === 'failed' || (outcome.state === 'audited' && !outcome.audit.ok);
}

/** For a file: a row an app of every org, and one for each org that couldn't be audited. */
export function reportOf(
  outcomes: readonly AuditOutcome[],
  about: { command: string; source: string; made: Date },
): Report {
  const rows = outcomes.flatMap((outcome): ReportRow[] => {
    const { line, alias, username } = outcome.row;
    const org = alias ?? username ?? String(line);
    if (outcome.state === 'repeated') return [];
    if (outcome.state === 'audited') return reportRows(outcome.audit, org).map((row) => ({ ...row, line }));
    const { code, message, actions } = failedRow(outcome);
    const findings = [{ code, severity: 'error' as const, message, fix: actions.join('\n') }];
    return [{ org, username, line, state: 'unknown', message, findings }];
  });
  return { title: messages.getMessage('report.title'), ...about, rows };
}

import { Messages } from '../../terminal/messages.js';
import type { ReportRow } from '../../terminal/report/report.js';
import { codeOf, failedRow, type FailedOutcome } from './failed-row.js';
import type { FleetRow } from './outcome.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/** What a report calls a row of a fleet. */
export function placeOf({ line, username, alias }: FleetRow): Pick<ReportRow, 'org' | 'username' | 'line'> {
  return { org: alias ?? username ?? messages.getMessage('report.line', [line]), username, line };
}

/** A row that failed, in a report. */
export function failedReportRow(outcome: FailedOutcome): ReportRow {
  const { message, actions } = failedRow(outcome);
  const findings = [{ code: codeOf(outcome.error), severity: 'error' as const, message, fix: actions.join('\n') }];
  return { ...placeOf(outcome.row), state: 'error', message, findings };
}

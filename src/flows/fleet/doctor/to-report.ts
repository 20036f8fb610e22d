import { Messages } from '../../../terminal/messages.js';
import type { Report, ReportRow } from '../../../terminal/report/report.js';
import { failedReportRow, placeOf } from '../report-row.js';
import type { DoctorOutcome } from './doctor.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.doctor');

type About = { command: string; source: string; made: Date };

/** What was found out about the logins of a fleet, for a file. */
export function doctorReport(outcomes: readonly DoctorOutcome[], about: About): Report {
  return { title: messages.getMessage('report.title'), ...about, rows: outcomes.map(rowOf) };
}

function rowOf(outcome: DoctorOutcome): ReportRow {
  if (outcome.state === 'failed') return failedReportRow(outcome);
  const place = placeOf(outcome.row);
  if (outcome.state === 'planned')
    return { ...place, state: 'unknown', message: messages.getMessage('result.planned') };
  if (outcome.state === 'skipped')
    return { ...place, orgId: outcome.orgId, state: 'ok', message: messages.getMessage('result.skipped') };
  const state = outcome.ok ? 'ok' : 'error';
  return { state, message: '', ...outcome.report, ...place };
}

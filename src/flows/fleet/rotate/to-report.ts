import { Messages } from '../../../terminal/messages.js';
import { endVerdict } from '../../../terminal/report/end-verdict.js';
import type { Report, ReportRow } from '../../../terminal/report/report.js';
import { failedReportRow, placeOf } from '../report-row.js';
import { resultWords } from './report.js';
import type { RotateOutcome } from './rotate.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.rotate');

type About = { command: string; source: string; made: Date; dryRun: boolean };

/** What became of the keys of a fleet, for a file. */
export function rotateReport(outcomes: readonly RotateOutcome[], { dryRun, ...about }: About): Report {
  const rows = outcomes.map((outcome) => rowOf(outcome, about.made, dryRun));
  return { title: messages.getMessage('report.title'), ...about, rows };
}

function rowOf(outcome: RotateOutcome, made: Date, dryRun: boolean): ReportRow {
  if (outcome.state === 'failed') return failedReportRow(outcome);
  const place = placeOf(outcome.row);
  const message = resultWords(outcome, dryRun);
  if (outcome.state === 'notBegun') return { ...place, state: 'notBegun', message };
  if (outcome.state === 'skipped') return { ...place, state: 'ok', message };
  const { current, issued, previous } = outcome.rotated;
  const { notBefore, notAfter } = issued?.certificate ?? previous;
  const certificate = { notBefore, notAfter };
  const end = endVerdict(certificate, made);
  return {
    ...place,
    orgId: current.orgId,
    app: current.app.name,
    clientId: current.clientId,
    certificate,
    state: outcome.state === 'partly' ? 'error' : (end?.state ?? 'ok'),
    message: end === undefined ? message : `${message}. ${end.message}`,
  };
}

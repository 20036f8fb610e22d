import { Messages } from '../../../terminal/messages.js';
import { endVerdict } from '../../../terminal/report/end-verdict.js';
import type { Report, ReportRow } from '../../../terminal/report/report.js';
import { failedReportRow, placeOf } from '../report-row.js';
import type { ConnectOutcome } from './connect.js';
import { resultWords } from './report.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.connect');

type About = { command: string; source: string; made: Date; dryRun: boolean };

/** What became of the apps of a fleet, for a file. */
export function connectReport(outcomes: readonly ConnectOutcome[], { dryRun, ...about }: About): Report {
  const rows = outcomes.map((outcome) => rowOf(outcome, about.made, dryRun));
  return { title: messages.getMessage('report.title'), ...about, rows };
}

function rowOf(outcome: ConnectOutcome, made: Date, dryRun: boolean): ReportRow {
  if (outcome.state === 'failed') return failedReportRow(outcome);
  const message = resultWords(outcome, dryRun, true);
  if (outcome.state === 'skipped') return { ...placeOf(outcome.row), clientId: outcome.clientId, state: 'ok', message };
  const { connected } = outcome;
  const { notBefore, notAfter } = outcome.certificate;
  const certificate = { notBefore, notAfter };
  const end = endVerdict(certificate, made);
  const state = outcome.state === 'partly' ? 'error' : (end?.state ?? 'ok');
  return {
    ...placeOf(outcome.row),
    app: connected.name,
    clientId: connected.clientId ?? undefined,
    certificate,
    state,
    message: end === undefined ? message : `${message}. ${end.message}`,
  };
}

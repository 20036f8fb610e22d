import { Messages } from '../../terminal/messages.js';
import type { Report, ReportRow, ReportState } from '../../terminal/report/report.js';
import { readKnownApp } from '../../machine/store/known-apps.js';
import { doctorCommand, rotateCommand } from './next-steps.js';
import { SOON } from './one-line.js';
import { knownEnd, lifeOf, type LoginRow } from './report.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.list');

/** @param judged whether somebody asked which certificates are due */
export function listReport(
  rows: LoginRow[],
  { bin, command, made, judged }: { bin: string; command: string; made: Date; judged: boolean },
): Report {
  const title = messages.getMessage('report.title');
  return { title, command, made, rows: rows.map((row) => reportRow(row, judged, bin)) };
}

type Verdict = { state: ReportState; message: string; command?: string };

function reportRow(row: LoginRow, judged: boolean, bin: string): ReportRow {
  const { username, aliases, org, clientId } = row;
  return {
    org: aliases[0] ?? (org?.name || username),
    orgId: org?.id,
    username,
    app: clientId === null ? undefined : readKnownApp(clientId).name,
    clientId: clientId ?? undefined,
    certificate: lifeOf(row),
    ...verdictOf(row, judged, bin),
  };
}

function verdictOf(row: LoginRow, judged: boolean, bin: string): Verdict {
  const { org, key, login, error, expiring } = row;
  if (org === null || login === 'fails') {
    const message = error?.message ?? '';
    return { state: 'error', message, ...(org === null ? {} : { command: doctorCommand(row, bin) }) };
  }
  const unusable = key?.error?.message;
  if (unusable !== undefined) return { state: 'error', message: unusable };
  const end = knownEnd(row);
  if (end === undefined) return unknownEnd(row, judged);
  const command = rotateCommand(row, bin);
  const day = end.notAfter.slice(0, 10);
  if (end.daysLeft < 0) return { state: 'error', message: messages.getMessage('report.ended', [day]), command };
  if (expiring || (!judged && end.daysLeft <= SOON))
    return { state: 'warning', message: messages.getMessage('report.due', [day]), command };
  if (login === 'untried') return { state: 'unknown', message: messages.getMessage('report.untried') };
  return { state: 'ok', message: messages.getMessage(login === 'works' ? 'report.works' : 'report.notTried') };
}

/** A login that works is in order, unless the end of its certificate was the question. */
function unknownEnd({ login, certificate }: LoginRow, judged: boolean): Verdict {
  const why = certificate?.error?.message ?? messages.getMessage('report.endUnknown');
  if (login === 'works' && !judged) return { state: 'ok', message: `${messages.getMessage('report.works')} ${why}` };
  return { state: 'unknown', message: why };
}

import { Messages } from '../../terminal/messages.js';
import type { Report, ReportRow, ReportState } from '../../terminal/report/report.js';
import type { Audit } from './audit.js';
import type { ExplainedFinding } from './explain.js';
import type { AuditedApp } from './facts.js';
import { byEnd } from './result.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.audit');

/** What an audit found out, for a file: a row an app, and one for what is said of the audit itself. */
export function reportOf(audit: Audit, { command, org }: { command: string; org: string }): Report {
  return {
    title: messages.getMessage('report.title', [org]),
    command,
    made: audit.facts.now,
    rows: reportRows(audit, org),
  };
}

/** @param org what a person calls it */
export function reportRows({ facts, findings }: Audit, org: string): ReportRow[] {
  const ofAudit = findings.filter(({ app }) => app === undefined);
  const place = { org, orgId: facts.org.id || undefined };
  const rows = byEnd(facts.apps).map((app) => appRow(app, findings, place));
  return ofAudit.length === 0 ? rows : [...rows, { ...place, ...summary(ofAudit, 'unknown') }];
}

function appRow(app: AuditedApp, findings: ExplainedFinding[], place: Pick<ReportRow, 'org' | 'orgId'>): ReportRow {
  const { certificate, lastLogin } = app;
  return {
    ...place,
    username: app.logins[0]?.username ?? (lastLogin || undefined)?.username,
    app: app.name,
    clientId: app.clientId,
    certificate:
      typeof certificate === 'object'
        ? { notBefore: new Date(certificate.notBefore), notAfter: new Date(certificate.notAfter) }
        : undefined,
    ...summary(
      findings.filter((each) => each.app === app.name),
      'ok',
    ),
  };
}

/** The worst finding says how things are and what to do first. */
function summary(
  findings: ExplainedFinding[],
  otherwise: ReportState,
): Pick<ReportRow, 'state' | 'message' | 'command' | 'findings'> {
  const [worst] = findings;
  const state = worst === undefined || worst.severity === 'note' ? otherwise : worst.severity;
  return {
    state,
    message: worst === undefined || state === 'ok' ? messages.getMessage('report.ok') : worst.message,
    command: state === 'ok' ? undefined : /(?:^|: )(sf .*)$/.exec(worst?.actions[0] ?? '')?.[1],
    findings: findings.map(({ code, severity, message, actions }) => ({
      code,
      severity: severity === 'note' ? 'ok' : severity,
      message,
      fix: actions.join('\n'),
    })),
  };
}

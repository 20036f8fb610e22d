import { createHash } from 'node:crypto';
import { presentable } from './presentable.js';
import type { Report, ReportFinding, ReportRow } from './report.js';
import { messages, nameOf } from './words.js';

/** What a row without findings has in the place of one. */
const ROW_RULES = { error: 'row_not_in_order', warning: 'row_not_in_order', unknown: 'row_not_checked' } as const;

type Problem = { code: string; level: 'error' | 'warning' | 'note'; words: string };

/** SARIF 2.1.0 (OASIS), as code scanning takes it: each result has a place in a file, and a fingerprint that stays. */
export function sarifReport(report: Report): string {
  const { command, made, source, rows } = presentable(report);
  const found = rows.flatMap((row) => problemsOf(row).map((problem) => ({ row, problem })));
  const rules = [...new Set(found.map(({ problem }) => problem.code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sf-plugin-jwt report', rules: rules.map(ruleOf) } },
        invocations: [{ commandLine: command, endTimeUtc: made.toISOString(), executionSuccessful: true }],
        results: found.map(({ row, problem }) => ({
          ruleId: problem.code,
          ruleIndex: rules.indexOf(problem.code),
          level: problem.level,
          message: { text: `${nameOf(row)}: ${problem.words}` },
          locations: [placeOf(row, source)],
          partialFingerprints: { 'row/v1': fingerprintOf(row, problem.code) },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function problemsOf(row: ReportRow): Problem[] {
  const findings = (row.findings ?? []).filter(
    (one): one is ReportFinding & { severity: 'error' | 'warning' } => one.severity !== 'ok',
  );
  const next = row.command === undefined ? [] : [row.command];
  const lines = (...words: string[]): string => words.filter((word) => word !== '').join('\n');
  if (findings.length > 0)
    return findings.map(({ code, severity, message, fix }) => ({
      code,
      level: severity,
      words: lines(message, ...(fix === undefined ? next : [fix])),
    }));
  if (row.state === 'ok' || row.state === 'notBegun') return [];
  const level = row.state === 'unknown' ? 'note' : row.state;
  return [{ code: ROW_RULES[row.state], level, words: lines(row.message, ...next) }];
}

function ruleOf(code: string) {
  const words = code.replaceAll('_', ' ');
  const text =
    code === ROW_RULES.error
      ? messages.getMessage('rule.row')
      : code === ROW_RULES.unknown
        ? messages.getMessage('rule.unchecked')
        : `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  return { id: code, shortDescription: { text } };
}

/** Code scanning shows no result without a file; an org that comes from none has a name that looks like one. */
function placeOf(row: ReportRow, source: string | undefined) {
  const uri = source === undefined ? `orgs/${encodeURIComponent(row.org)}` : encodeURI(source.replaceAll('\\', '/'));
  return {
    physicalLocation: { artifactLocation: { uri }, region: { startLine: row.line ?? 1 } },
    logicalLocations: [{ name: row.org, fullyQualifiedName: nameOf(row), kind: 'resource' }],
  };
}

function fingerprintOf({ org, orgId, username = '', app = '', clientId = '' }: ReportRow, code: string): string {
  return createHash('sha256')
    .update([orgId ?? org, username, app, clientId, code].join('\0'))
    .digest('hex')
    .slice(0, 32);
}

import { withoutSecrets } from '../../keys/secrets.js';
import { inLine, inLines } from '../printable.js';
import type { Report, ReportRow, ReportState } from './report.js';

/** The most pressing first. */
const STATES: readonly ReportState[] = ['error', 'warning', 'unknown', 'notBegun', 'ok'];

/** What no XML may hold, even escaped, and halves of characters, which no UTF-8 does. */
const NO_CHARACTERS = /[\ufffe\uffff]/g;

/** The report with each secret masked, whoever wrote it into a text, and without dates that are none. */
export function masked(report: Report): Report {
  const isDate = (date: Date | undefined): date is Date => date !== undefined && !Number.isNaN(date.getTime());
  const rows = report.rows.map(({ certificate, ...row }) => {
    if (!isDate(certificate?.notAfter)) return row;
    const { notBefore, notAfter } = certificate;
    return { ...row, certificate: { notAfter, ...(isDate(notBefore) ? { notBefore } : {}) } };
  });
  return mapTexts({ ...report, rows }, withoutSecrets);
}

/** The report as people read it: each text steers nothing and turns nothing, and all but a `fix` is on one line. */
export function presentable(report: Report): Report {
  const rows = report.rows.map((row) => ({
    ...mapTexts({ ...row, findings: undefined }, oneLine),
    findings: row.findings?.map(({ fix, ...finding }) => ({
      ...mapTexts(finding, oneLine),
      fix: fix === undefined || fix === '' ? undefined : wellFormed(inLines(fix)),
    })),
  }));
  return { ...mapTexts({ ...report, rows: [] }, oneLine), rows };
}

const wellFormed = (text: string): string => text.toWellFormed().replace(NO_CHARACTERS, '\ufffd');
const oneLine = (text: string): string => wellFormed(inLine(text).replaceAll('\t', ' '));

/** By state, then what ends first, then as they came. */
export function byUrgency(rows: readonly ReportRow[]): ReportRow[] {
  const end = ({ certificate }: ReportRow): number => certificate?.notAfter.getTime() ?? Number.MAX_VALUE;
  const rank = ({ state }: ReportRow): number => STATES.indexOf(state);
  return rows.toSorted((one, other) => rank(one) - rank(other) || end(one) - end(other));
}

/** How many rows there are of each state. */
export function countsOf(rows: readonly ReportRow[]): Record<ReportState, number> {
  const counts = { error: 0, warning: 0, unknown: 0, notBegun: 0, ok: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}

function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item as unknown, change)])) as T;
}

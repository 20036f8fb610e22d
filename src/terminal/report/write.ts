import { appendFileSync, statSync } from 'node:fs';
import { isFailure } from '../../failure.js';
import { writeTogether } from '../../machine/files/replace-together.js';
import { reasonOf } from '../../machine/files/write-failure.js';
import { explain } from '../explain.js';
import type { Output } from '../output.js';
import { calendarReport } from './calendar.js';
import type { ReportFile, ReportFormat } from './file.js';
import { jsonReport } from './json.js';
import { junitReport } from './junit.js';
import { markdownReport } from './markdown.js';
import { pageReport } from './page.js';
import { masked } from './presentable.js';
import type { Report } from './report.js';
import { sarifReport } from './sarif.js';
import { messages } from './words.js';

const WRITERS: Record<ReportFormat, (report: Report) => string> = {
  html: pageReport,
  ics: calendarReport,
  json: jsonReport,
  junit: junitReport,
  markdown: markdownReport,
  sarif: sarifReport,
};

/** Bytes that GitHub takes of the summary of one step, all that its programs write into it together; more, and it shows none. */
const SUMMARY_LIMIT = 1024 * 1024;

/** Where a report goes: files, and the file of the summary of a step in GitHub Actions. */
export type Targets = { files: readonly ReportFile[]; summary: string | undefined };

/**
 * Writes the files, all of them or none, and the summary. What can't be written is a warning.
 *
 * @returns whether the files were written; nobody asked for the summary
 */
export function writeReport(output: Output, { files, summary }: Targets, report: Report): boolean {
  const clean = masked(report);
  if (summary !== undefined) appendSummary(output, summary, clean);
  return files.length === 0 || writeFiles(output, files, clean);
}

function writeFiles(output: Output, files: readonly ReportFile[], report: Report): boolean {
  const distinct = [...new Map(files.map((file) => [file.path, file])).values()];
  const texts = distinct.map(({ path, format }) => ({ path, data: WRITERS[format](report), mode: 0o644 as const }));
  try {
    writeTogether(texts, { overwrite: true });
  } catch (error) {
    if (!isFailure(error)) throw error;
    output.warn(explain(error));
    return false;
  }
  for (const { path } of distinct) output.log(messages.getMessage('written', [path]));
  return true;
}

function appendSummary(output: Output, path: string, report: Report): void {
  try {
    const room = SUMMARY_LIMIT - (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    const text = markdownWithin(report, room);
    if (text === undefined) output.warn(messages.getMessage('summary.full'));
    else appendFileSync(path, text);
  } catch (error) {
    output.warn(messages.getMessage('summary.failed', [reasonOf(error)]));
  }
}

/** As many rows as there is room for, the most pressing first; undefined if not even one fits. */
function markdownWithin(report: Report, room: number): string | undefined {
  for (let rows = report.rows.length; ; rows = Math.floor(rows / 2)) {
    const text = `\n${markdownReport(report, rows)}`;
    if (Buffer.byteLength(text) <= room) return text;
    if (rows <= 1) return undefined;
  }
}

import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure } from '../../failure.js';
import { isQuotable } from '../../machine/files/path-value.js';
import { checkTargets } from '../../machine/files/replace-together.js';
import { writeFailure } from '../../machine/files/write-failure.js';

export type ReportFormat = 'html' | 'ics' | 'json' | 'junit' | 'markdown' | 'sarif';

/** A file that a report goes to: its absolute path. */
export type ReportFile = { path: string; format: ReportFormat };

const ENDINGS: ReadonlyArray<[ending: RegExp, format: ReportFormat]> = [
  [/\.html?$/i, 'html'],
  [/\.ics$/i, 'ics'],
  [/\.xml$/i, 'junit'],
  [/\.(md|markdown)$/i, 'markdown'],
  [/\.sarif(\.json)?$/i, 'sarif'],
  [/\.json$/i, 'json'],
];

/** What stands in the head of a report, by which the next one knows what it may replace. */
const MARK =
  /<!-- sf-plugin-jwt report -->|content="sf-plugin-jwt report"|-\/\/sf-plugin-jwt report\/\/|"name": "sf-plugin-jwt report"|"generator": "sf-plugin-jwt"/;

/** Characters of a report in which its mark stands. */
const HEAD = 2000;

/**
 * A file to write a report to. All that can be wrong with it is found here, before the command does anything.
 *
 * @throws Failure `report_format_unknown`, `report_file_other` for a file that is there and no report, and those of
 *   `checkTargets`; `write_failed` for a folder that can't be written to
 */
export function reportFileAt(path: string): ReportFile {
  const format = ENDINGS.find(([ending]) => ending.test(path))?.[1];
  if (format === undefined) {
    const flag = '--report';
    throw isQuotable(path, 'input')
      ? new Failure('report_format_unknown', { path, flag })
      : new Failure('report_format_unknown', { path: '', flag, variant: 'unquoted' });
  }
  const absolute = resolve(path);
  checkTargets([absolute], true);
  requireReport(absolute);
  requireWritable(absolute);
  return { path: absolute, format };
}

/** An orgs file, say, has endings of reports too. */
function requireReport(path: string): void {
  if (!existsSync(path)) return;
  let head: string;
  try {
    head = readFileSync(path, 'utf8').slice(0, HEAD);
  } catch (error) {
    throw writeFailure(path, error);
  }
  if (head.trim() !== '' && !MARK.test(head)) throw new Failure('report_file_other', { path });
}

/** Of folders that are missing, the one that they are made in counts. */
function requireWritable(path: string): void {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    if (!statSync(folder).isDirectory()) throw new Error('not a directory');
  } catch (error) {
    throw writeFailure(path, error);
  }
}

import { Failure } from '../../failure.js';
import type { Column } from './columns.js';
import { requireColumn, requireRowCount, type OrgsFile, type RawRow } from './rows.js';

/** Characters of a row: far more than any org needs. */
const LONGEST_RECORD = 1024 * 1024;

/** CSV (RFC 4180) with a header; spreadsheets in some languages put semicolons or tabs in place of the commas. */
export async function csvRows({ text, source }: OrgsFile): Promise<RawRow[]> {
  const records = await csvRecords(text, source);
  const [header, ...rest] = records;
  if (header === undefined) return [];
  const columns: Column[] = [];
  for (const name of header.values) columns.push(requireColumn(name, { source, line: header.line }, columns));
  if (!columns.includes('username'))
    throw new Failure('orgs_column_missing', { source, line: header.line, column: 'username' });
  return rest.map(({ line, values }): RawRow => {
    const pairs = columns.flatMap((column, index) => (values[index] ? [[column, values[index]]] : []));
    const row = { line, values: Object.fromEntries(pairs) as RawRow['values'] };
    if (values.length === columns.length) return row;
    const counts = { expected: columns.length, found: values.length };
    // Nobody knows which of its values is which.
    return { line, values: {}, fault: new Failure('orgs_row_columns', { source, line, ...counts }) };
  });
}

/** A record with the line at which it begins, and the bytes of the text that are its own and the lines' before it. */
export type CsvRecord = { line: number; values: string[]; from: number; to: number };

/**
 * Records with the lines at which they begin; the parser knows those at which they end. Those without any value are left
 * out: they are what spreadsheets write for rows whose cells were cleared.
 *
 * @throws Failure `orgs_file_damaged`, `orgs_file_too_many_rows`
 */
export async function csvRecords(text: string, source: string): Promise<CsvRecord[]> {
  const { CsvError, parse } = await import('csv-parse/sync');
  let last = { lines: 0, without: 0, bytes: 0 };
  const beginning = (without: number): number => last.lines + 1 + without - last.without;
  const records: CsvRecord[] = [];
  try {
    parse(text, {
      delimiter: delimiterOf(text),
      comment: '#',
      comment_no_infix: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: LONGEST_RECORD,
      // Not by the parser's own option, which would keep their lines from being counted here.
      on_record: (values: string[], { lines, bytes, ...counters }) => {
        const without = linesWithout(counters);
        if (values.some((value) => value.trim() !== ''))
          records.push({ line: beginning(without), values, from: last.bytes, to: bytes });
        // But for the header
        requireRowCount(records.length - 1, source);
        last = { lines, without, bytes };
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // After the colon the parser quotes what it can't read, and that may be a key.
    const [reason = ''] = error.message.split(':');
    const line = beginning(linesWithout(error as InstanceType<typeof CsvError> & Counters));
    throw new Failure('orgs_file_damaged', { source, line, reason: reason.toLowerCase() });
  }
  return records;
}

/** What the parser has counted so far; an error of its has the same. */
type Counters = { empty_lines: number; comment_lines: number };

/** Lines that belong to no record. */
function linesWithout({ empty_lines: empty, comment_lines: comments }: Counters): number {
  return empty + comments;
}

/** What stands between the values, by the header. */
export function delimiterOf(text: string): string {
  const header = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

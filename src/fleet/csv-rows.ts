import { Failure } from '../failure.js';
import type { Column } from './columns.js';
import type { OrgsFile } from './orgs-file.js';
import { requireColumn, type RawRow } from './rows.js';

/** CSV (RFC 4180) with a header; spreadsheets in some languages put semicolons or tabs in place of the commas. */
export async function csvRows({ text, source }: OrgsFile): Promise<RawRow[]> {
  const records = await parseRecords(text, source);
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

/** Records with the lines at which they begin; the parser knows those at which they end. */
async function parseRecords(text: string, source: string): Promise<Array<{ line: number; values: string[] }>> {
  const { CsvError, parse } = await import('csv-parse/sync');
  let last = { lines: 0, without: 0 };
  const records: Array<{ line: number; values: string[] }> = [];
  try {
    parse(text, {
      delimiter: delimiterOf(text),
      comment: '#',
      comment_no_infix: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (values: string[], { lines, empty_lines, comment_lines }) => {
        const without = empty_lines + comment_lines;
        records.push({ line: last.lines + 1 + without - last.without, values });
        last = { lines, without };
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // After the colon the parser quotes what it can't read, and that may be a key.
    const [reason = ''] = error.message.split(':');
    throw new Failure('orgs_file_damaged', { source, line: last.lines + 1, reason: reason.toLowerCase() });
  }
  return records;
}

function delimiterOf(text: string): string {
  const header = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

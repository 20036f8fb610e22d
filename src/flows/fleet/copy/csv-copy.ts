import { columnOf, type Column } from '../columns.js';
import { csvRecords, delimiterOf } from '../csv-rows.js';
import type { OrgsFile } from '../rows.js';
import type { ValuesOf } from './values.js';

/**
 * The text with other values in some of its rows. Rows, comments and lines that stay are copied as they are; a column that
 * the file doesn't have is the last one of each row.
 */
export async function csvCopy(
  { text, source }: OrgsFile,
  columns: readonly Column[],
  valuesOf: ValuesOf,
): Promise<string> {
  const delimiter = delimiterOf(text);
  const bytes = Buffer.from(text);
  const [header, ...records] = await csvRecords(text, source);
  if (header === undefined) return text;
  const names = header.values.map(columnOf);
  const added = columns.filter((column) => !names.includes(column));
  const quoted = (value: string): string => quotedIn(value, delimiter);
  const parts = [bytes.subarray(0, header.from).toString(), withMore(bytes.subarray(header.from, header.to), added)];
  let at = header.to;
  for (const { values, from, to } of records) {
    const raw = bytes.subarray(from, to).toString();
    const row = Object.fromEntries(names.flatMap((name, index) => (name === undefined ? [] : [[name, values[index]]])));
    const changes = values.length === names.length ? valuesOf(row) : undefined;
    const more = added.map((column) => quoted(changes?.[column] ?? ''));
    const inPlace = names.some((name) => name !== undefined && changes?.[name] !== undefined);
    const [before, own] = withoutLead(raw);
    const cells = inPlace ? values.map((value, index) => quoted(changes?.[names[index]!] ?? value)) : undefined;
    parts.push(bytes.subarray(at, from).toString());
    parts.push(
      cells === undefined
        ? withMore(Buffer.from(raw), more)
        : before + [...cells, ...more].join(delimiter) + endOf(own),
    );
    at = to;
  }
  parts.push(bytes.subarray(at).toString());
  return parts.join('');

  function withMore(record: Buffer, cells: readonly string[]): string {
    const whole = record.toString();
    const end = endOf(whole);
    return [whole.slice(0, whole.length - end.length), ...cells].join(delimiter) + end;
  }
}

/** Empty lines and comments before a record, and the record. */
function withoutLead(raw: string): [lead: string, own: string] {
  const [lead = ''] = /^(?:[ \t]*(?:#[^\n]*)?\n)*/.exec(raw) ?? [];
  return [lead, raw.slice(lead.length)];
}

function endOf(record: string): string {
  return record.endsWith('\n') ? '\n' : '';
}

/** RFC 4180, section 2; what a comment begins with or is trimmed away is quoted, too. */
function quotedIn(value: string, delimiter: string): string {
  const needs = value.includes(delimiter) || /["\n]|^#|^\s|\s$/.test(value);
  return needs ? `"${value.replaceAll('"', '""')}"` : value;
}

import { Failure } from '../../failure.js';
import { secretIn } from '../../keys/credential/secret-text.js';
import { isStorable } from '../../machine/store/username.js';
import { APP_TYPES } from '../../salesforce/app/app.js';
import { COLUMNS, columnOf, severalIn, type Column } from './columns.js';

/** The text of an orgs file, with LF at the end of its lines, and what it is called in messages. */
export type OrgsFile = {
  text: string;
  source: string;
  format: Format;
  /** How the file itself is written. */
  written?: { crlf: boolean; byteOrderMark: boolean };
};

export type Format = 'yaml' | 'csv';

/** A row as it stands in the file: the line at which it begins, its values, and what is wrong with it, if anything. */
export type RawRow = { line: number; values: Partial<Record<Column, string>>; fault?: Failure };

/** A row that may be tried. */
export type OrgRow = { line: number; username: string; values: Partial<Record<Column, string>> };

/** A row that can't be tried. What it holds is shown only where it has the shape of a username. */
export type FaultyRow = { line: number; username: string | undefined; alias: string | undefined; fault: Failure };

/** Rows of a file: more than anybody's fleet has, and few enough for any machine's memory. */
export const MOST_ROWS = 20_000;

/** What a value has to be, in the columns in which not every text is one. */
const WANTED: Partial<Record<Column, (value: string) => boolean>> = {
  'app-type': (value) => (APP_TYPES as readonly string[]).includes(value),
  'users': (value) => severalIn(value).every(isStorable),
  // A URI with a scheme (RFC 3986 section 3.1), and something behind it.
  'signer': (value) => /^[a-z][a-z\d+.-]*:\S/i.test(value),
  'days': (value) => /^[1-9]\d{0,5}$/.test(value),
};

/** A private key in base64, somewhere in a value. */
const KEY_INSIDE = /LS0tLS1CRUdJTi/;
/** A PIN in the URI of a token (RFC 7512 section 2.4); `pin-source` names a file. */
const PIN_INSIDE = /[;?&]pin-value=/i;

/** @throws Failure `orgs_file_too_many_rows` */
export function requireRowCount(count: number, source: string): void {
  if (count > MOST_ROWS) throw new Failure('orgs_file_too_many_rows', { source, limit: MOST_ROWS });
}

/**
 * The column of a name in the file.
 *
 * @param taken the columns before it
 * @throws Failure `orgs_column_unknown`, `orgs_column_repeated`
 */
export function requireColumn(name: string, at: { source: string; line: number }, taken: readonly Column[]): Column {
  const column = columnOf(name);
  if (column === undefined)
    throw new Failure('orgs_column_unknown', { ...at, column: shown(name), columns: COLUMNS.join(', ') });
  if (taken.includes(column)) throw new Failure('orgs_column_repeated', { ...at, column });
  return column;
}

/**
 * Sorts the rows that can be tried from those that can't: a key where a path belongs, no username, a value that can't be
 * one of its column, the same org or alias once more. The same order as before.
 */
export function checkRows(rows: readonly RawRow[], source: string): Array<OrgRow | FaultyRow> {
  const seen = new Map<string, RawRow>();
  const firstOf = (key: string, row: RawRow): RawRow => {
    if (!seen.has(key)) seen.set(key, row);
    return seen.get(key)!;
  };
  return rows.map((row) => {
    const { line, values } = row;
    const { username, alias } = values;
    const at = { source, line };
    const fault = row.fault ?? secretOf(row, source);
    if (fault !== undefined) return faulty(row, fault);
    if (username === undefined) return faulty(row, new Failure('orgs_row_incomplete', { ...at, column: 'username' }));
    if (!isStorable(username)) return faulty(row, new Failure('username_illegal', { username }));
    const illegal = illegalIn(values);
    if (illegal !== undefined) return faulty(row, new Failure('orgs_row_value_illegal', { ...at, ...illegal }));
    for (const [column, value, key] of [
      ['username', username, `username ${username.toLowerCase()}`],
      ['alias', alias ?? '', `alias ${alias ?? ''}`],
    ] as const) {
      const first = value === '' ? row : firstOf(key, row);
      if (first !== row)
        return faulty(row, new Failure('orgs_row_repeated', { ...at, column, value, first: first.line }));
    }
    return { line, username, values };
  });
}

export function isFaulty(row: OrgRow | FaultyRow): row is FaultyRow {
  return 'fault' in row;
}

function illegalIn(values: RawRow['values']): { column: string; value: string; variant: string } | undefined {
  const column = COLUMNS.find((each) => values[each] !== undefined && WANTED[each]?.(values[each]) === false);
  return column && { column, value: values[column] ?? '', variant: column === 'app-type' ? 'appType' : column };
}

function secretOf({ line, values }: RawRow, source: string): Failure | undefined {
  const column = COLUMNS.find((each) => isSecret(values[each]));
  return column && new Failure('orgs_row_holds_key', { source, line, column });
}

function faulty({ line, values: { username, alias } }: RawRow, fault: Failure): FaultyRow {
  // What went wrong may be that a key has got into the wrong place.
  const known = username !== undefined && isStorable(username) ? username : undefined;
  return {
    line,
    username: known,
    alias: known === undefined || isSecret(alias) ? undefined : alias,
    fault,
  };
}

function isSecret(value: string | undefined): boolean {
  return value !== undefined && (secretIn(value) !== undefined || KEY_INSIDE.test(value) || PIN_INSIDE.test(value));
}

/** The start of a name, unless it may be key material. */
function shown(name: string): string {
  return isSecret(name) || /[\w+/=]{40}/.test(name) ? '[…]' : name.trim().slice(0, 40);
}

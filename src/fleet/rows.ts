import { Failure } from '../failure.js';
import { isStorable } from '../store/username.js';
import { COLUMNS, columnOf, type Column } from './columns.js';

/** A row as it stands in the file: the line at which it begins, its values, and what is wrong with it, if anything. */
export type RawRow = { line: number; values: Partial<Record<Column, string>>; fault?: Failure };

/** A row that may be tried. */
export type OrgRow = { line: number; username: string; values: Partial<Record<Column, string>> };

/** A row that can't be tried. What it holds is shown only where it has the shape of a username. */
export type FaultyRow = { line: number; username: string | undefined; alias: string | undefined; fault: Failure };

/** A private key as PEM, or as base64 of one. */
const KEY_MATERIAL = /-----BEGIN|LS0tLS1CRUdJTi/;

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
 * Sorts the rows that can be tried from those that can't: a key where a path belongs, no username, the same org or alias
 * once more. The same order as before.
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

function secretOf({ line, values }: RawRow, source: string): Failure | undefined {
  const column = COLUMNS.find((each) => KEY_MATERIAL.test(values[each] ?? ''));
  return column && new Failure('orgs_row_holds_key', { source, line, column });
}

function faulty({ line, values: { username, alias } }: RawRow, fault: Failure): FaultyRow {
  // What went wrong may be that a key has got into the wrong place.
  const known = username !== undefined && isStorable(username) ? username : undefined;
  return {
    line,
    username: known,
    alias: known === undefined || KEY_MATERIAL.test(alias ?? '') ? undefined : alias,
    fault,
  };
}

/** The start of a name, unless it may be key material. */
function shown(name: string): string {
  return KEY_MATERIAL.test(name) || /[\w+/=]{40}/.test(name) ? '[…]' : name.trim().slice(0, 40);
}

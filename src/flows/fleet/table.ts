import { styleText } from 'node:util';
import { naturalWidth, onOneLine, type Column } from '../../terminal/one-line.js';
import { Messages } from '../../terminal/messages.js';
import type { FleetRow } from './outcome.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/** Characters of a login that are left on any terminal. */
const LEAST_LOGIN = 12;

/** The cells that every table of a fleet has. `login`: what stands for the row where there is room for one name. */
export type FleetCells = Record<'line' | 'username' | 'alias' | 'login' | 'result', string>;

/** A row of a table; `color` marks its result. */
export type FleetLine<Key extends string> = {
  cells: Record<Key, string> & FleetCells;
  color?: 'red' | 'yellow' | undefined;
};

export function cellsOf({ line, username, alias }: FleetRow): Omit<FleetCells, 'result'> {
  return {
    line: String(line),
    username: username ?? '',
    alias: alias ?? '',
    login: alias ?? username ?? '',
  };
}

const NARROW: Array<Column<keyof FleetCells>> = [
  { key: 'line', name: messages.getMessage('table.line') },
  { key: 'login', name: messages.getMessage('table.login'), least: LEAST_LOGIN },
  { key: 'result', name: messages.getMessage('table.result') },
];

/**
 * A line for each row of the file. Where a line hasn't room for all, the alias stands for the username, and the result is
 * what must not be cut.
 *
 * @param between columns that this table has between the alias and the result
 * @param width characters of the terminal, for one line a row; undefined: whatever it takes
 */
export function fleetTable<Key extends string>(
  lines: ReadonlyArray<FleetLine<Key>>,
  between: ReadonlyArray<{ key: Key; name: string }>,
  width: number | undefined,
) {
  type Any = Key | keyof FleetCells;
  const cells = lines.map((line): Record<Any, string> => line.cells);
  const own = (key: keyof FleetCells): Column<Any> => ({ key, name: messages.getMessage(`table.${key}`) });
  const wideColumns: Array<Column<Any>> = [own('line'), own('username'), own('alias'), ...between, own('result')];
  const wide = width === undefined || naturalWidth(wideColumns, cells) <= width;
  // Words that are longer than the line begin with what is wrong, and stand below in full.
  const shown = wide ? cells : cells.map((row) => ({ ...row, result: begin(row.result, roomForResult(cells, width)) }));
  const columns: Array<Column<Any>> = wide ? wideColumns : NARROW;
  return {
    columns: columns.map(({ key, name }) => ({ key, name })),
    data: onOneLine(columns, shown, width).map((line, index) => {
      const { color } = lines[index]!;
      return { ...line, result: color === undefined ? line.result : styleText(color, line.result) };
    }),
    overflow: 'wrap' as const,
  };
}

/** What a narrow table leaves for the result if the login gives as much as it may. */
function roomForResult(cells: ReadonlyArray<Record<keyof FleetCells, string>>, width: number): number {
  const others = cells.map((row) => ({ ...row, login: row.login.slice(0, LEAST_LOGIN), result: '' }));
  return width - naturalWidth(NARROW, others) + messages.getMessage('table.result').length;
}

const begin = (text: string, size: number): string => (text.length <= size ? text : `${text.slice(0, size - 1)}…`);

import { Messages } from '../../terminal/messages.js';
import { styleText } from 'node:util';
import type { Due } from '../../keys/credential/due.js';
import { naturalWidth, onOneLine, type Column } from '../../terminal/one-line.js';
import { knownEnd, lifeOf, signerState, type LoginRow } from './report.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.list');

/** Days from which on an end is told in color, where nobody asked for another number. */
export const SOON = 30;

type Key = 'username' | 'alias' | 'login' | 'org' | 'ends' | 'days' | 'timeLine' | 'state';

const column = (key: Key, least?: number): Column<Key> => ({
  key,
  name: messages.getMessage(`table.${key}`),
  ...(least === undefined ? {} : { least }),
});

const WIDE = [column('username'), column('alias'), column('org'), column('ends'), column('days'), column('state')];
/** Where a line hasn't room for both, the alias stands for the username. */
const NARROW = [column('login', 12), column('org', 8), column('ends'), column('days'), column('state')];

/** Characters of a time line: fewer tell nothing, and more say no more. */
const TIME_LINE = { least: 16, most: 36 };
/** What a column takes beside its text. */
const COLUMN_FRAME = 3;

/** Draws a time line for each certificate, of so many characters. */
type Draw = (certificates: ReadonlyArray<ReturnType<typeof lifeOf>>, width: number) => string[];

/**
 * A line a login, and what ends first on top.
 *
 * @param width characters of the terminal; undefined: what a line needs
 * @param draw draws time lines, where the terminal has room for them
 */
export function oneLineTable(rows: LoginRow[], due: Due | undefined, width: number | undefined, draw?: Draw) {
  const sorted = byEnd(rows);
  const cells = sorted.map(cellsOf);
  const roomIn = (columns: Array<Column<Key>>): number =>
    width === undefined ? Infinity : width - naturalWidth(columns, cells);
  const certain = draw !== undefined && width !== undefined && sorted.some((row) => knownEnd(row) !== undefined);
  // Where there isn't room for all, the time line goes before the usernames of logins that have an alias.
  const drawn = certain ? [WIDE, NARROW].find((each) => roomIn(each) >= TIME_LINE.least + COLUMN_FRAME) : undefined;
  const plain = drawn ?? (roomIn(WIDE) >= 0 ? WIDE : NARROW);
  if (draw !== undefined && drawn !== undefined) {
    const lines = draw(sorted.map(lifeOf), Math.min(roomIn(drawn) - COLUMN_FRAME, TIME_LINE.most));
    for (const [index, cell] of cells.entries()) cell.timeLine = lines[index]!;
  }
  const withLine = (each: Column<Key>): Array<Column<Key>> =>
    each.key === 'days' ? [each, column('timeLine')] : [each];
  const columns = drawn === undefined ? plain : drawn.flatMap(withLine);
  const lines = onOneLine(columns, cells, width);
  return {
    columns: columns.map(({ key, name }) => ({ key, name })),
    data: lines.map((line, index) => colored(line, sorted[index]!, due)),
  };
}

/** The first to end first; then those whose end isn't known; each by username. */
export function byEnd(rows: LoginRow[]): LoginRow[] {
  const end = (row: LoginRow): number => knownEnd(row)?.daysLeft ?? Infinity;
  return [...rows].sort((one, other) => (end(one) === end(other) ? 0 : end(one) - end(other)));
}

function cellsOf(row: LoginRow): Record<Key, string> {
  const { username, aliases, org } = row;
  const end = knownEnd(row);
  return {
    username,
    alias: aliases.join(', '),
    login: aliases[0] ?? username,
    org: org?.name ?? '',
    ends: end?.notAfter.slice(0, 10) ?? messages.getMessage('certificate.unknown'),
    days: end === undefined ? '' : String(end.daysLeft),
    timeLine: '',
    state: stateOf(row),
  };
}

/** What matters most: that the login fails or can't be read, what keeps the key from being used, where it is; and an end. */
function stateOf(row: LoginRow): string {
  const ended = (knownEnd(row)?.daysLeft ?? 0) < 0 ? messages.getMessage('state.ended') : '';
  return [stateOfLogin(row), ended].filter((word) => word !== '').join(', ');
}

function stateOfLogin({ org, key, login, signer }: LoginRow): string {
  if (org === null) return messages.getMessage('entry.damaged');
  if (login !== null) return messages.getMessage(`login.${login}`);
  if (key === null) return '';
  if (signer !== undefined) return signerState(signer);
  if (key.state !== 'usable') return messages.getMessage('state.key', [messages.getMessage(`key.${key.state}`)]);
  return key.storage === 'copy' ? messages.getMessage('state.key', [messages.getMessage('key.copy')]) : '';
}

/** The columns that show how near an end is. */
const DATED = ['ends', 'days', 'timeLine'] as const;

function colored(line: Record<Key, string>, row: LoginRow, due: Due | undefined): Record<Key, string> {
  const daysLeft = knownEnd(row)?.daysLeft;
  const soon = due === undefined || !('days' in due) ? SOON : due.days;
  const isSoon = daysLeft === undefined ? due !== undefined : row.expiring || daysLeft <= soon;
  const ended = daysLeft !== undefined && daysLeft < 0;
  const paint = (text: string): string => (ended ? styleText('red', text) : isSoon ? styleText('yellow', text) : text);
  const broken =
    row.org === null || row.login === 'fails' || (row.key !== null && !['usable', 'none'].includes(row.key.state));
  const works = row.login === 'works';
  const painted = DATED.filter((key) => key in line).map((key) => [key, paint(line[key])]);
  return {
    ...line,
    ...(Object.fromEntries(painted) as Partial<Record<Key, string>>),
    state: broken ? styleText('red', line.state) : works ? styleText('green', line.state) : line.state,
  };
}

/** How a row of a table becomes one line of a terminal, whatever its width. */

/** A column of texts; one that may be cut, down to `least` characters, where the terminal is narrow. */
export type Column<Key extends string> = { key: Key; name: string; least?: number };

/** What a table's frame takes of a line besides the cells. */
const frameOf = (columns: number): number => 3 * columns + 1;

/** The columns of a terminal; undefined for a pipe, and a terminal that doesn't tell. */
export function terminalWidth({
  columns,
  isTTY,
}: {
  columns?: number | undefined;
  isTTY?: boolean;
}): number | undefined {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : undefined;
}

/** The characters that a table takes if nothing is cut. */
export function naturalWidth<Key extends string>(
  columns: Array<Column<Key>>,
  rows: Array<Record<Key, string>>,
): number {
  return frameOf(columns.length) + sum(columns.map((column) => widthOf(column, rows)));
}

/**
 * The rows with cells short enough for a terminal: the widest of the columns that may be cut are cut first.
 *
 * @param width characters; undefined: nothing is cut
 */
export function onOneLine<Key extends string>(
  columns: Array<Column<Key>>,
  rows: Array<Record<Key, string>>,
  width: number | undefined,
): Array<Record<Key, string>> {
  const widths = new Map(columns.map((column) => [column.key, widthOf(column, rows)]));
  let over = width === undefined ? 0 : frameOf(columns.length) + sum([...widths.values()]) - width;
  while (over > 0) {
    const [widest] = columns
      .filter(({ key, least }) => least !== undefined && widths.get(key)! > least)
      .sort((one, other) => widths.get(other.key)! - widths.get(one.key)!);
    if (widest === undefined) break;
    widths.set(widest.key, widths.get(widest.key)! - 1);
    over -= 1;
  }
  return rows.map((row) => {
    const cells = columns.map(({ key }) => [key, cut(row[key], widths.get(key)!)] as const);
    return Object.fromEntries(cells) as Record<Key, string>;
  });
}

function widthOf<Key extends string>({ key, name }: Column<Key>, rows: Array<Record<Key, string>>): number {
  // No arguments of `Math.max`, of which there can't be as many as rows.
  return rows.reduce((widest, row) => Math.max(widest, cellsIn(row[key])), cellsIn(name));
}

/** Names that belong together begin alike, and often end alike: what is left out is told by an ellipsis in the middle. */
function cut(text: string, size: number): string {
  const characters = charactersOf(text);
  if (sum(characters.map(cellsOf)) <= size) return text;
  const begin = fitting(characters, Math.ceil((size - 1) / 2));
  const end = fitting(characters.toReversed(), size - 1 - sum(begin.map(cellsOf))).reverse();
  return [...begin, '…', ...end].join('');
}

/** As many of the first characters as take no more than this. */
function fitting(characters: string[], size: number): string[] {
  let left = size;
  const first = characters.findIndex((character) => (left -= cellsOf(character)) < 0);
  return first === -1 ? characters : characters.slice(0, first);
}

const SEGMENTER = new Intl.Segmenter();

/** What a reader takes for characters. */
function charactersOf(text: string): string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** How much of a line a character takes: those of East Asia and emoji are twice as wide as others. */
function cellsOf(character: string): number {
  const wide =
    /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uFF01-\uFF60]/u;
  return wide.test(character) ? 2 : 1;
}

function cellsIn(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : sum(charactersOf(text).map(cellsOf));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

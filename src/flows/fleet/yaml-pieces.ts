import { Failure } from '../../failure.js';
import { requireRowCount } from './rows.js';

type Yaml = typeof import('yaml');

/** A text that the parser takes as a file of its own, and where its characters stand in the file that it's of. */
export type Piece = { text: string; offsetInFile: (offset: number) => number };

/** Brackets within brackets: an org is an object in a list, which may be in an object. */
const DEEPEST = 50;
export const TOO_DEEP = 'nested too deeply';
/** Characters of a text without quotes: more than any key in a wrong place has, which is told as such. */
const LONGEST_TEXT = 65_536;
/** Characters that the parser gets at once at most: what it makes of them takes fifty times as much memory. */
const LONGEST_WHOLE = 1024 * 1024;
/** Orgs and characters of a piece. */
const [ITEMS, CHARACTERS] = [500, 256 * 1024];
/** Characters around the list, which each piece repeats. */
const LONGEST_AROUND = 16 * 1024;

/** The list of orgs in a text: where each item begins, and the end of the last one. */
type List = { depth: number; column: number; cuts: number[]; end: number };

/**
 * The text in pieces with some of its orgs each, whatever stands around its list, since the parser holds on to all that it
 * gets. A text whose parts refer to each other, or that is no list, is one piece.
 *
 * @throws Failure `orgs_file_damaged` for what nests or goes on far beyond any list of orgs; `orgs_file_too_large` for what
 *   can't be taken apart and is too much at once, `orgs_file_too_many_rows`
 */
export function piecesOf(text: string, source: string, yaml: Yaml): Piece[] {
  const list = listIn(text, source, yaml);
  const ranges = list === undefined ? [] : rangesOf(list);
  if (list === undefined || list.cuts[0]! + text.length - list.end > LONGEST_AROUND) requireWhole(text, source);
  else if (ranges.length > 1) return cutInto(ranges, list, text);
  return [{ text, offsetInFile: (offset) => offset }];
}

/** @throws Failure `orgs_file_too_large` */
function requireWhole({ length }: string, source: string): void {
  if (length > LONGEST_WHOLE) throw new Failure('orgs_file_too_large', { source, limit: LONGEST_WHOLE });
}

function cutInto(ranges: Array<[from: number, to: number]>, { cuts, end }: List, text: string): Piece[] {
  const [head, tail] = [text.slice(0, cuts[0]), text.slice(end)];
  return ranges.map(([from, to]) => ({
    text: head + text.slice(from, to) + tail,
    offsetInFile: (offset) => {
      if (offset < head.length) return offset;
      const within = offset - head.length;
      return within < to - from ? from + within : end + within - (to - from);
    },
  }));
}

/** From one item to the last that is in the same piece. */
function rangesOf({ cuts, end }: List): Array<[from: number, to: number]> {
  const ranges: Array<[from: number, to: number]> = [];
  let items = ITEMS;
  for (const [index, from] of cuts.entries()) {
    const to = cuts[index + 1] ?? end;
    const last = ranges.at(-1);
    if (last !== undefined && items < ITEMS && to - last[0] <= CHARACTERS) {
      last[1] = to;
      items += 1;
    } else {
      ranges.push([from, to]);
      items = 1;
    }
  }
  return ranges;
}

/** What one part says of another, or that there are several files in one. */
const TOGETHER = new Set(['anchor', 'alias', 'tag', 'directive-line', 'byte-order-mark', 'doc-end']);

/** The first list, which isn't deeper than in an object; undefined where the text can't be taken apart. */
function listIn(text: string, source: string, { Lexer, CST }: Yaml): List | undefined {
  let [depth, at] = [0, 0];
  let isScalar = false;
  const line = { start: 0, isBlank: true, dashes: 0 };
  let list: List | undefined;
  let isOne = false;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token) ?? '';
    if (type === 'flow-map-start' || type === 'flow-seq-start') depth += 1;
    const isTooLong = isScalar && token.length > LONGEST_TEXT;
    if (type === 'seq-item-ind') line.dashes += 1;
    if (depth + line.dashes > DEEPEST || isTooLong)
      throw damaged(text, source, at, isTooLong ? 'text too long' : TOO_DEEP);
    isOne ||= TOGETHER.has(type) || (type === 'doc-start' && list !== undefined);
    if (text.length > LONGEST_WHOLE) requireFew(isOne ? undefined : list, text, source, isOne ? Infinity : at);
    const indent = type === 'seq-item-ind' && depth === 0 && line.isBlank ? at - line.start : undefined;
    if (list === undefined && type === 'flow-seq-start') list = { depth, column: -1, cuts: [at + 1], end: text.length };
    else if (list === undefined && indent !== undefined)
      list = { depth: 0, column: indent, cuts: [at - indent], end: text.length };
    else if (list !== undefined && list.depth === depth) {
      if (type === 'comma') list.cuts.push(at + 1);
      if (type === 'flow-seq-end') list.end = at;
      if (indent !== undefined && indent === list.column) list.cuts.push(at - indent);
    }
    if (type === 'flow-map-end' || type === 'flow-seq-end') depth -= 1;
    // A mark, which says what the next token is, and stands for nothing in the file.
    isScalar = type === 'scalar';
    if (isScalar || type === 'doc-mode' || type === 'flow-error-end') continue;
    const lineBreak = token.lastIndexOf('\n');
    if (lineBreak >= 0) Object.assign(line, { start: at + lineBreak + 1, isBlank: true, dashes: 0 });
    line.isBlank &&= /^ *$/.test(token.slice(lineBreak + 1));
    at += token.length;
  }
  return isOne || list === undefined || list.depth > 2 ? undefined : list;
}

/**
 * What is too much at once is refused as soon as that is known.
 *
 * @param at how far the text has been looked at
 */
function requireFew(list: List | undefined, text: string, source: string, at: number): void {
  if (list === undefined && at > LONGEST_AROUND) requireWhole(text, source);
  if (list === undefined) return;
  // The last cut may be behind a comma with nothing behind it.
  requireRowCount(list.cuts.length - 1, source);
  const last = list.cuts.at(-1)!;
  if (Math.min(at, list.end) - last > LONGEST_WHOLE) throw damaged(text, source, last, 'text too long');
}

function damaged(text: string, source: string, at: number, reason: string): Failure {
  return new Failure('orgs_file_damaged', { source, line: text.slice(0, at).split('\n').length, reason });
}

import { malformed } from './errors.js';

export type Token =
  | { kind: 'word'; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'date'; ms: number }
  | { kind: 'symbol'; text: string };

const ESCAPES: Record<string, string> = {
  'n': '\n',
  'N': '\n',
  'r': '\r',
  'R': '\r',
  't': '\t',
  'T': '\t',
  'b': '\b',
  'B': '\b',
  'f': '\f',
  'F': '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
};

const DATE = /\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?/y;
const NUMBER = /[+-]?\d+(?:\.\d+)?/y;
const WORD = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::\d+)?/y;
const SYMBOL = /<=|>=|!=|<>|[=<>(),]/y;

export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(query)?.[0];
    if (found !== undefined) offset += found.length;
    return found;
  };
  while (offset < query.length) {
    if (/\s/.test(query.charAt(offset))) {
      offset += 1;
      continue;
    }
    if (query.charAt(offset) === "'") {
      const [value, end] = readString(query, offset + 1);
      tokens.push({ kind: 'string', value });
      offset = end;
      continue;
    }
    const date = take(DATE);
    const number = date === undefined ? take(NUMBER) : undefined;
    const word = date === undefined && number === undefined ? take(WORD) : undefined;
    if (date !== undefined) tokens.push({ kind: 'date', ms: Date.parse(date) });
    else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else {
      const text = take(SYMBOL);
      if (text === undefined) throw malformed(`unexpected token: '${query.charAt(offset)}'`);
      tokens.push({ kind: 'symbol', text });
    }
  }
  return tokens;
}

/** Reads up to the closing quote. `\_` and `\%` stay escaped: LIKE needs to tell them from wildcards. */
function readString(query: string, start: number): [value: string, end: number] {
  let value = '';
  for (let offset = start; offset < query.length; offset += 1) {
    const char = query.charAt(offset);
    if (char === "'") return [value, offset + 1];
    if (char === '\n' || char === '\r') throw malformed('Line breaks not allowed in string literals');
    if (char !== '\\') {
      value += char;
      continue;
    }
    offset += 1;
    const next = query.charAt(offset);
    const escaped = next === '_' || next === '%' ? WILDCARD_ESCAPE + next : ESCAPES[next];
    if (escaped === undefined) {
      throw malformed(
        `Invalid string literal '${query.slice(start, offset + 1)}'. Illegal character sequence '\\${next}' in string literal.`,
      );
    }
    value += escaped;
  }
  throw malformed(`Unterminated string literal: '${query.slice(start)}'`);
}

/** Marks a literal `%` or `_` inside a string token; a private-use character no query contains. */
export const WILDCARD_ESCAPE = '\uE000';

export const plainText = (value: string): string => value.replaceAll(WILDCARD_ESCAPE, '');

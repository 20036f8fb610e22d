import { AGGREGATES, type Aggregate } from './aggregate.js';
import { malformed } from './errors.js';
import { type Token, tokenize } from './lexer.js';

export type Operand =
  { kind: 'literal'; value: string | number | boolean | null } | { kind: 'date'; from: number; to: number };

export type Condition =
  | { kind: 'and'; left: Condition; right: Condition }
  | { kind: 'or'; left: Condition; right: Condition }
  | { kind: 'not'; condition: Condition }
  | { kind: 'compare'; field: string; operator: CompareOperator; operand: Operand }
  | { kind: 'in'; field: string; negated: boolean; operands: Operand[] | Query };

export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like';

/** What a query selects: a field, or what is made of it over a group; `field` is empty for `COUNT()`. */
export interface SelectItem {
  field: string;
  aggregate: Aggregate | undefined;
  alias: string | undefined;
}

export interface Query {
  select: SelectItem[];
  /** Those of `select` that are no aggregates. */
  fields: string[];
  /** `COUNT()` without a field: only the size is returned. */
  countOnly: boolean;
  from: string;
  where: Condition | undefined;
  groupBy: string[];
  orderBy: Array<{ field: string; aggregate: Aggregate | undefined; descending: boolean; nullsLast: boolean }>;
  limit: number | undefined;
  offset: number;
}

export function parseQuery(text: string, now: number): Query {
  const parser = new Parser(tokenize(text), now);
  const query = parser.query();
  parser.end();
  return query;
}

const DAY = 24 * 60 * 60 * 1000;

class Parser {
  private position = 0;

  public constructor(
    private readonly tokens: Token[],
    private readonly now: number,
  ) {}

  public query(): Query {
    this.keyword('SELECT');
    const { select, countOnly } = this.fieldList();
    const fields = select.filter(({ aggregate }) => aggregate === undefined).map(({ field }) => field);
    this.keyword('FROM');
    const from = this.word('an object');
    const where = this.accept('WHERE') ? this.disjunction() : undefined;
    const groupBy = this.accept('GROUP') ? this.grouping() : [];
    const orderBy = this.accept('ORDER') ? this.ordering() : [];
    const limit = this.accept('LIMIT') ? this.integer() : undefined;
    const offset = this.accept('OFFSET') ? this.integer() : 0;
    return { select, fields, countOnly, from, where, groupBy, orderBy, limit, offset };
  }

  public end(): void {
    const rest = this.tokens[this.position];
    if (rest) throw malformed(`unexpected token: '${describe(rest)}'`);
  }

  private fieldList(): { select: SelectItem[]; countOnly: boolean } {
    const select: SelectItem[] = [];
    do {
      const field = this.word('a field');
      const aggregate = aggregateNamed(field);
      if (aggregate === undefined || !this.symbol('(')) {
        select.push({ field, aggregate: undefined, alias: this.alias() });
        continue;
      }
      if (aggregate === 'COUNT' && this.symbol(')')) return { select: [], countOnly: true };
      const inner = this.word('a field');
      this.expectSymbol(')');
      select.push({ field: inner, aggregate, alias: this.alias() });
    } while (this.symbol(','));
    return { select, countOnly: false };
  }

  private alias(): string | undefined {
    const token = this.tokens[this.position];
    if (token?.kind !== 'word' || this.peekWord('FROM')) return undefined;
    this.position += 1;
    return token.text;
  }

  private grouping(): string[] {
    this.keyword('BY');
    const fields: string[] = [];
    do fields.push(this.word('a field'));
    while (this.symbol(','));
    return fields;
  }

  private disjunction(): Condition {
    return this.chain();
  }

  /** SOQL has no precedence between AND and OR: mixing them needs parentheses. */
  private chain(): Condition {
    let left = this.negation();
    let used: 'and' | 'or' | undefined;
    for (;;) {
      const kind = this.accept('AND') ? 'and' : this.accept('OR') ? 'or' : undefined;
      if (!kind) return left;
      if (used && used !== kind) throw malformed(`unexpected token: '${kind}'`);
      used = kind;
      left = { kind, left, right: this.negation() };
    }
  }

  private negation(): Condition {
    if (this.accept('NOT')) return { kind: 'not', condition: this.negation() };
    if (!this.symbol('(')) return this.comparison();
    const inner = this.chain();
    this.expectSymbol(')');
    return inner;
  }

  private comparison(): Condition {
    const field = this.word('a field');
    if (this.accept('NOT')) {
      this.keyword('IN');
      return { kind: 'in', field, negated: true, operands: this.list() };
    }
    if (this.accept('IN')) return { kind: 'in', field, negated: false, operands: this.list() };
    if (this.accept('LIKE')) return { kind: 'compare', field, operator: 'like', operand: this.operand() };
    const token = this.next();
    const operator = token.kind === 'symbol' ? (token.text === '<>' ? '!=' : token.text) : '';
    if (!isComparison(operator)) throw malformed(`unexpected token: '${describe(token)}'`);
    return { kind: 'compare', field, operator, operand: this.operand() };
  }

  private list(): Operand[] | Query {
    this.expectSymbol('(');
    if (this.peekWord('SELECT')) {
      const query = this.query();
      this.expectSymbol(')');
      return query;
    }
    const operands: Operand[] = [];
    do operands.push(this.operand());
    while (this.symbol(','));
    this.expectSymbol(')');
    return operands;
  }

  private operand(): Operand {
    const token = this.next();
    if (token.kind === 'string' || token.kind === 'number') return { kind: 'literal', value: token.value };
    if (token.kind === 'date') return { kind: 'date', from: token.ms, to: token.ms };
    if (token.kind === 'word') {
      const word = token.text.toUpperCase();
      if (word === 'NULL') return { kind: 'literal', value: null };
      if (word === 'TRUE' || word === 'FALSE') return { kind: 'literal', value: word === 'TRUE' };
      const range = this.dateLiteral(word);
      if (range) return range;
    }
    throw malformed(`unexpected token: '${describe(token)}'`);
  }

  private dateLiteral(word: string): Operand | undefined {
    const today = Math.floor(this.now / DAY) * DAY;
    if (word === 'TODAY') return { kind: 'date', from: today, to: today + DAY - 1 };
    if (word === 'YESTERDAY') return { kind: 'date', from: today - DAY, to: today - 1 };
    const days = /^LAST_N_DAYS:(\d+)$/.exec(word)?.[1];
    return days === undefined ? undefined : { kind: 'date', from: today - Number(days) * DAY, to: today + DAY - 1 };
  }

  private ordering(): Query['orderBy'] {
    this.keyword('BY');
    const keys: Query['orderBy'] = [];
    do {
      const word = this.word('a field');
      const aggregate = this.symbol('(') ? aggregateNamed(word) : undefined;
      const field = aggregate === undefined ? word : this.word('a field');
      if (aggregate !== undefined) this.expectSymbol(')');
      const descending = this.accept('DESC') || (this.accept('ASC') && false);
      const nulls = this.accept('NULLS') ? this.word('FIRST or LAST').toUpperCase() : 'FIRST';
      keys.push({ field, aggregate, descending, nullsLast: nulls === 'LAST' });
    } while (this.symbol(','));
    return keys;
  }

  private integer(): number {
    const token = this.next();
    if (token.kind !== 'number' || !Number.isInteger(token.value) || token.value < 0) {
      throw malformed(`unexpected token: '${describe(token)}'`);
    }
    return token.value;
  }

  private next(): Token {
    const token = this.tokens[this.position];
    if (!token) throw malformed("unexpected token: '<EOF>'");
    this.position += 1;
    return token;
  }

  private word(expected: string): string {
    const token = this.next();
    if (token.kind !== 'word') throw malformed(`unexpected token: '${describe(token)}', expected ${expected}`);
    return token.text;
  }

  private peekWord(keyword: string): boolean {
    const token = this.tokens[this.position];
    return token?.kind === 'word' && token.text.toUpperCase() === keyword;
  }

  private accept(keyword: string): boolean {
    const found = this.peekWord(keyword);
    if (found) this.position += 1;
    return found;
  }

  private keyword(keyword: string): void {
    if (this.accept(keyword)) return;
    const token = this.tokens[this.position];
    throw malformed(`unexpected token: '${token ? describe(token) : '<EOF>'}', expected ${keyword}`);
  }

  private symbol(text: string): boolean {
    const token = this.tokens[this.position];
    const found = token?.kind === 'symbol' && token.text === text;
    if (found) this.position += 1;
    return found;
  }

  private expectSymbol(text: string): void {
    if (!this.symbol(text)) throw malformed(`expecting '${text}'`);
  }
}

function aggregateNamed(word: string): Aggregate | undefined {
  return AGGREGATES.find((name) => name === word.toUpperCase());
}

function isComparison(text: string): text is Exclude<CompareOperator, 'like'> {
  return ['=', '!=', '<', '<=', '>', '>='].includes(text);
}

function describe(token: Token): string {
  if (token.kind === 'word' || token.kind === 'symbol') return token.text;
  return token.kind === 'date' ? new Date(token.ms).toISOString() : String(token.value);
}

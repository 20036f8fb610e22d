import type { Alias, CST, Document, Node, YAMLMap } from 'yaml';
import { Failure, isFailure } from '../../failure.js';
import { takesSeveral, type Column } from './columns.js';
import { piecesOf, TOO_DEEP } from './yaml-pieces.js';
import { requireColumn, requireRowCount, type OrgsFile, type RawRow } from './rows.js';

export type Yaml = typeof import('yaml');
type Token = CST.Token;
type Reading = {
  yaml: Yaml;
  source: string;
  /** What an alias stands for; every other node stands for itself. */
  resolved: (node: unknown) => unknown;
  lineOf: (node: unknown) => number;
};

/** A list of orgs, or an object whose `orgs` is one; YAML 1.2, of which JSON is a part. */
export async function yamlRows(file: OrgsFile): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for await (const { row } of yamlItems(file)) rows.push(row);
  return rows;
}

/** A row, and what it was read from: a node with offsets in its piece, and where those are in the text. */
export type YamlItem = { row: RawRow; node: unknown; offsetInFile: (offset: number) => number };

/**
 * The same with the places of the rows in the text.
 *
 * @throws Failure as `rowsOf`
 */
export async function* yamlItems({ text, source }: OrgsFile): AsyncGenerator<YamlItem> {
  const yaml = await import('yaml');
  const lines = linesOf(text, yaml);
  let count = 0;
  for (const { text: part, offsetInFile } of piecesOf(text, source, yaml)) {
    const lineAt = (offset: number): number => lines.linePos(offsetInFile(offset)).line;
    for (const item of itemsOfPiece(part, source, lineAt, yaml)) {
      requireRowCount((count += 1), source);
      yield { ...item, offsetInFile };
    }
  }
}

function linesOf(text: string, { LineCounter }: Yaml): InstanceType<Yaml['LineCounter']> {
  const lines = new LineCounter();
  for (let start = 0; start >= 0; start = text.indexOf('\n', start) + 1 || -1) lines.addNewLine(start);
  return lines;
}

function itemsOfPiece(
  text: string,
  source: string,
  lineAt: (offset: number) => number,
  yaml: Yaml,
): Array<Pick<YamlItem, 'row' | 'node'>> {
  const { document, error } = parsed(text, yaml);
  if (error !== undefined) {
    const [words = ''] = error.message.split(/[:;] /);
    const reason = /call stack/i.test(words) ? TOO_DEEP : words;
    throw new Failure('orgs_file_damaged', {
      source,
      line: lineAt(error.at),
      reason: `${reason[0]?.toLowerCase() ?? ''}${reason.slice(1)}`,
    });
  }
  const lineOf = (node: unknown): number => {
    const { range } = (node ?? {}) as Partial<Node>;
    return range ? lineAt(range[0]) : 1;
  };
  const reading = { yaml, source, resolved: aliasesOf(document, yaml), lineOf };
  const { contents } = document;
  if (contents === null || (yaml.isScalar(contents) && contents.value === null)) return [];
  const items = itemsOf(contents, reading);
  requireRowCount(items.length, source);
  return items.map((node) => ({ row: rowOf(node, reading), node }));
}

type ParseError = { at: number; message: string };

/** Ends the parser's work at the first error. */
class Stop extends Error {}

/**
 * The document, or the first error of it. The parser collects all errors, and a damaged file of a megabyte may have hundreds of
 * thousands, each with a trace.
 */
function parsed(text: string, { Parser, Composer }: Yaml): { document: Document; error: ParseError | undefined } {
  let error: ParseError | undefined;
  // Each key would be compared with all before it; `rowOf` finds a repeated one as well.
  const composer = new Composer({ uniqueKeys: false });
  const onError = (at: ErrorPlace, code: string, message: string, isWarning?: boolean): void => {
    if (isWarning === true) return;
    error ??= { at: typeof at === 'number' ? at : 'offset' in at ? at.offset : at[0], message };
    throw new Stop(code);
  };
  Object.defineProperty(composer, 'onError', { value: onError });
  const tokens = function* (): Generator<Token> {
    for (const token of new Parser().parse(text)) {
      // Which the composer keeps, one by one, to the end of the document.
      if (token.type === 'error') onError(token.offset, 'UNEXPECTED_TOKEN', token.message);
      yield token;
    }
  };
  const documents: Document[] = [];
  try {
    for (const document of composer.compose(tokens(), true, text.length)) {
      const [first] = document.errors;
      if (first !== undefined) onError(first.pos[0], first.code, first.message);
      if (documents.length > 0) onError(document.range[0], 'MULTIPLE_DOCS', 'Source contains multiple documents');
      documents.push(document);
    }
  } catch (stopped) {
    if (error === undefined) throw stopped;
  }
  return { document: documents[0]!, error };
}

type ErrorPlace = number | readonly [number, number, ...number[]] | { offset: number };

/** Looks all aliases up in one walk: each by itself would walk through the whole document. */
function aliasesOf(document: Document, yaml: Yaml): Reading['resolved'] {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  yaml.visit(document, {
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_, node) => {
      targets.set(node, anchors.get(node.source));
    },
  });
  return (node) => (yaml.isAlias(node) ? targets.get(node) : node);
}

function itemsOf(contents: unknown, { yaml, source, resolved, lineOf }: Reading): unknown[] {
  let list = contents;
  if (yaml.isMap(contents)) {
    const [first, ...others] = contents.items;
    const odd = [first, ...others].find((pair) => textOf(pair?.key, yaml) !== 'orgs');
    if (odd !== undefined) throw new Failure('orgs_file_not_a_list', { source, line: lineOf(odd.key) });
    if (others[0] !== undefined) throw new Failure('orgs_file_not_a_list', { source, line: lineOf(others[0].key) });
    list = resolved(first?.value);
  }
  if (yaml.isSeq(list)) return list.items;
  throw new Failure('orgs_file_not_a_list', { source, line: lineOf(list) });
}

function rowOf(item: unknown, reading: Reading): RawRow {
  const { yaml, source, resolved, lineOf } = reading;
  const line = lineOf(item);
  const row = resolved(item);
  if (!yaml.isMap(row)) return { line, values: {}, fault: new Failure('orgs_row_not_an_org', { source, line }) };
  return { line, ...valuesOf(row, line, reading) };
}

function valuesOf(row: YAMLMap, line: number, reading: Reading): Omit<RawRow, 'line'> {
  const { yaml, source, resolved, lineOf } = reading;
  const values: RawRow['values'] = {};
  const taken: Column[] = [];
  let fault: Failure | undefined;
  for (const { key, value } of row.items) {
    const column = columnOrFault(textOf(key, yaml) ?? '', { source, line: lineOf(key) }, taken);
    if (isFailure(column)) {
      fault ??= column;
      continue;
    }
    taken.push(column);
    const node = resolved(value);
    const list = takesSeveral(column) ? listOf(node, reading) : undefined;
    if (node !== null && node !== undefined && !yaml.isScalar(node) && list === undefined)
      fault ??= new Failure('orgs_row_value_nested', { source, line: lineOf(value), column });
    const text = list ?? textOf(node, yaml);
    if (text) values[column] = text;
  }
  if (row.items.length === 0) fault ??= new Failure('orgs_row_incomplete', { source, line, column: 'username' });
  return { values, ...(fault === undefined ? {} : { fault }) };
}

/** Several values as a row of CSV has them; undefined for what is no list of texts. */
function listOf(node: unknown, { yaml, resolved }: Reading): string | undefined {
  if (!yaml.isSeq(node)) return undefined;
  const texts = node.items.map((item) => textOf(resolved(item), yaml));
  return texts.every((text) => text !== undefined) ? texts.join(' ') : undefined;
}

/** Each row has names of its own here, so a wrong one is wrong with that row alone. */
function columnOrFault(...args: Parameters<typeof requireColumn>): Column | Failure {
  try {
    return requireColumn(...args);
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
}

/** A scalar as it was written: an alias `007` is no number. Undefined for null and for what is no scalar. */
function textOf(node: unknown, { isScalar }: Yaml): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return (typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value))).trim();
}

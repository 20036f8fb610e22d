import type { Document, Node, YAMLMap } from 'yaml';
import { Failure, isFailure } from '../failure.js';
import type { Column } from './columns.js';
import type { OrgsFile } from './orgs-file.js';
import { requireColumn, type RawRow } from './rows.js';

type Yaml = typeof import('yaml');
type Reading = { yaml: Yaml; source: string; document: Document; lineOf: (node: unknown) => number };

/** A list of orgs, or an object whose `orgs` is one; YAML 1.2, of which JSON is a part. */
export async function yamlRows({ text, source }: OrgsFile): Promise<RawRow[]> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  // Pretty errors quote the file, and there may be a key in it.
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const reason = error.message.split(/[:;] /)[0]!;
    const line = lines.linePos(error.pos[0]).line;
    throw new Failure('orgs_file_damaged', {
      source,
      line,
      reason: `${reason[0]?.toLowerCase() ?? ''}${reason.slice(1)}`,
    });
  }
  const lineOf = (node: unknown): number => {
    const { range } = (node ?? {}) as Partial<Node>;
    return range ? lines.linePos(range[0]).line : 1;
  };
  const reading = { yaml, source, document: document as Document, lineOf };
  const { contents } = reading.document;
  if (contents === null || (yaml.isScalar(contents) && contents.value === null)) return [];
  return itemsOf(contents, reading).map((item) => rowOf(item, reading));
}

function itemsOf(contents: unknown, { yaml, source, document, lineOf }: Reading): unknown[] {
  let list = contents;
  if (yaml.isMap(contents)) {
    const [first, ...others] = contents.items;
    const odd = [first, ...others].find((pair) => textOf(pair?.key, yaml) !== 'orgs');
    if (odd !== undefined) throw new Failure('orgs_file_not_a_list', { source, line: lineOf(odd.key) });
    list = yaml.isAlias(first?.value) ? first.value.resolve(document) : first?.value;
  }
  if (yaml.isSeq(list)) return list.items;
  throw new Failure('orgs_file_not_a_list', { source, line: lineOf(list) });
}

function rowOf(item: unknown, reading: Reading): RawRow {
  const { yaml, source, document, lineOf } = reading;
  const line = lineOf(item);
  const row = yaml.isAlias(item) ? item.resolve(document) : item;
  if (!yaml.isMap(row)) return { line, values: {}, fault: new Failure('orgs_row_not_an_org', { source, line }) };
  return { line, ...valuesOf(row, line, reading) };
}

function valuesOf(row: YAMLMap, line: number, { yaml, source, document, lineOf }: Reading): Omit<RawRow, 'line'> {
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
    const node = yaml.isAlias(value) ? value.resolve(document) : value;
    if (node !== null && node !== undefined && !yaml.isScalar(node))
      fault ??= new Failure('orgs_row_value_nested', { source, line: lineOf(value), column });
    const text = textOf(node, yaml);
    if (text) values[column] = text;
  }
  if (row.items.length === 0) fault ??= new Failure('orgs_row_incomplete', { source, line, column: 'username' });
  return { values, ...(fault === undefined ? {} : { fault }) };
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

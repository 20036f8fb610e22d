import type { Node, Pair, YAMLMap } from 'yaml';
import { columnOf, type Column } from '../columns.js';
import type { OrgsFile } from '../rows.js';
import { yamlItems, type Yaml, type YamlItem } from '../yaml-rows.js';
import type { ValuesOf } from './values.js';

/** A part of the text that gets another one. */
type Edit = { from: number; to: number; text: string };

/** The text of YAML or JSON with other values in some of its rows; all else is copied as it is. */
export async function yamlCopy(file: OrgsFile, valuesOf: ValuesOf): Promise<string> {
  const yaml = await import('yaml');
  const edits: Edit[] = [];
  for await (const item of yamlItems(file)) {
    const changes = valuesOf(item.row.values);
    if (changes === undefined || !yaml.isMap(item.node)) continue;
    for (const [column, value] of Object.entries(changes) as Array<[Column, string]>)
      edits.push(editOf(item.node, { column, value }, { ...item, text: file.text, yaml }));
  }
  return applied(file.text, edits);
}

type Place = Pick<YamlItem, 'offsetInFile'> & { text: string; yaml: Yaml };

function editOf(
  row: YAMLMap,
  { column, value }: { column: Column; value: string },
  { offsetInFile, text, yaml }: Place,
): Edit {
  const pair = row.items.find((each) => yaml.isScalar(each.key) && columnOf(String(each.key.value)) === column);
  const start = offsetInFile(row.range![0]);
  const isFlow = row.flow === true;
  const written = JSON.stringify(value);
  if (pair !== undefined) return replacement(pair, written, { offsetInFile, text });
  const isJson = isFlow && /^\{\s*"/.test(text.slice(start, start + 200));
  const key = isJson ? JSON.stringify(column) : column;
  if (isFlow) {
    const more = row.items.length === 0 ? '' : ', ';
    return { from: start + 1, to: start + 1, text: `${key}: ${written}${more}` };
  }
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  return { from: start, to: start, text: `${key}: ${written}\n${' '.repeat(indent)}` };
}

function replacement(pair: Pair, written: string, { offsetInFile, text }: Omit<Place, 'yaml'>): Edit {
  const [from, to] = (pair.value as Node).range!.map(offsetInFile) as [number, number];
  const end = text.slice(from, to).endsWith('\n') ? '\n' : '';
  // Where nothing stands behind the colon, a space belongs between.
  const space = from === to && !/\s/.test(text[from - 1] ?? '') ? ' ' : '';
  return { from, to, text: space + written + end };
}

function applied(text: string, edits: Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to, text: next } of edits.sort((one, other) => one.from - other.from)) {
    parts.push(text.slice(at, from), next);
    at = to;
  }
  return [...parts, text.slice(at)].join('');
}

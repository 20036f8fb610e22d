import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { Failure, isFailure } from '../../../failure.js';
import { checkTargets, writeTogether } from '../../../machine/files/replace-together.js';
import type { Column } from '../columns.js';
import { formatByName, readOrgsFile, rowsOf } from '../orgs-file.js';
import type { OrgsFile, RawRow } from '../rows.js';
import { csvCopy } from './csv-copy.js';
import type { Values, ValuesOf } from './values.js';
import { yamlCopy } from './yaml-copy.js';

/** Where a copy of an orgs file goes, and what a run before this one has written there. */
export type CopyTarget = {
  /** Absolute */
  path: string;
  /** What the copy has of the columns that are learnt, by username. */
  known: ReadonlyMap<string, Values>;
};

/**
 * Checks that a copy may be written: to a new file, over the orgs file itself, or over a copy that a run before this one has
 * made of it.
 *
 * @param columns those that are learnt, and in which a copy may differ
 * @throws Failure `orgs_copy_format`, `orgs_copy_exists`, those of `checkTargets`
 */
export async function planCopy(
  output: string,
  file: OrgsFile,
  columns: readonly Column[],
  overwrite: boolean,
): Promise<CopyTarget> {
  const path = resolve(output);
  const format = formatByName(path);
  // JSON is YAML, but not the other way round.
  const needsJson = extname(path).toLowerCase() === '.json' && !/^\s*[[{]/.test(file.text);
  if (needsJson || (format !== undefined && format !== file.format))
    throw new Failure('orgs_copy_format', { path: output });
  checkTargets([path], true);
  if (!existsSync(path) || path === resolve(file.source)) return { path, known: new Map() };
  const rows = await rowsIn(output);
  const without = (row: RawRow): string =>
    JSON.stringify(
      Object.entries(row.values)
        .filter(([column]) => !columns.includes(column as Column))
        .sort(),
    );
  const expected = (await rowsOf(file)).map(without);
  const isCopy = rows !== undefined && rows.map(without).join('\n') === expected.join('\n');
  if (!isCopy && !overwrite) throw new Failure('orgs_copy_exists', { path: output });
  const known = isCopy ? rows.map(({ values }) => [nameOf(values), only(values, columns)] as const) : [];
  return { path, known: new Map(known) };
}

/**
 * Writes the copy, whole or not at all. A row of which nothing was learnt stays as it was.
 *
 * @param learnt by username
 * @throws Failure `orgs_copy_impossible`, those of `writeTogether`
 */
export async function writeCopy(
  file: OrgsFile,
  target: CopyTarget,
  columns: readonly Column[],
  learnt: ReadonlyMap<string, Values>,
): Promise<void> {
  const text = await copyWith(file, columns, new Map([...target.known, ...learnt]));
  const { crlf = false, byteOrderMark = false } = file.written ?? {};
  const data = `${byteOrderMark ? '\uFEFF' : ''}${crlf ? text.replaceAll('\n', '\r\n') : text}`;
  writeTogether([{ path: target.path, data, mode: modeOf(target.path) }], { overwrite: true });
}

/**
 * The text of the file with what was learnt in it.
 *
 * @throws Failure `orgs_copy_impossible` for a file whose rows refer to each other
 */
export async function copyWith(
  file: OrgsFile,
  columns: readonly Column[],
  learnt: ReadonlyMap<string, Values>,
): Promise<string> {
  const rows = await rowsOf(file);
  const text = await (file.format === 'csv'
    ? csvCopy(file, usedIn(columns, learnt), onceEach(learnt))
    : yamlCopy(file, onceEach(learnt)));
  const again = await rowsOf({ ...file, text }).catch((error: unknown) => {
    if (isFailure(error)) return [];
    throw error;
  });
  const valuesOf = onceEach(learnt);
  const wanted = rows.map(({ values }) => ({ ...values, ...valuesOf(values) }));
  if (
    !isSame(
      again.map(({ values }) => values),
      wanted,
    )
  )
    throw new Failure('orgs_copy_impossible', { source: file.source });
  return text;
}

function usedIn(columns: readonly Column[], learnt: ReadonlyMap<string, Values>): Column[] {
  return columns.filter((column) => [...learnt.values()].some((values) => values[column] !== undefined));
}

/** For the first row of each username, since every later one is a mistake. */
function onceEach(learnt: ReadonlyMap<string, Values>): ValuesOf {
  const left = new Map(learnt);
  return (row) => {
    const name = nameOf(row);
    const values = left.get(name);
    left.delete(name);
    return values !== undefined && Object.keys(values).length > 0 ? values : undefined;
  };
}

/** By what a row is found again. */
export function nameOf({ username = '' }: Values): string {
  return username.toLowerCase();
}

function only(values: Values, columns: readonly Column[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([column]) => columns.includes(column as Column)));
}

function isSame(some: readonly Values[], others: readonly Values[]): boolean {
  const text = (rows: readonly Values[]): string =>
    rows.map((row) => JSON.stringify(Object.entries(row).sort())).join('\n');
  return text(some) === text(others);
}

/** Undefined for what is no orgs file. */
async function rowsIn(path: string): Promise<RawRow[] | undefined> {
  try {
    return await rowsOf(await readOrgsFile(path, process.stdin));
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** A file that others may read stays so; a new one is its user's own. */
function modeOf(path: string): 0o600 | 0o644 {
  return existsSync(path) && (statSync(path).mode & 0o044) !== 0 ? 0o644 : 0o600;
}

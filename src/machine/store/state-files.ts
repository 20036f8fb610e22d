import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockInit } from '@salesforce/core';
import { Failure, isFailure } from '../../failure.js';
import { interruptedFiles, writeTogether, type NewFile } from '../files/replace-together.js';
import { giveBack, giveFolderTo, ownerAround } from '../files/owner.js';
import { reasonOf, writeFailure } from '../files/write-failure.js';

/**
 * How several of sf's state files are changed as one.
 *
 * Core itself opens a state file, empties it and writes it anew. A kill in between leaves half a file, and then every
 * sf command fails. So nothing here goes through core's writers: each file's lock is taken as core takes it, which keeps
 * other sf commands out; the files are read; the new ones are written in full under temporary names; and one rename each
 * puts them in place, back to back. After a kill each file is the old one or the new one, whole, and since they are
 * renamed in the order given, what is named by a later one is there already. After an error all are the old ones.
 */

export type Json = Record<string, unknown>;

/** What goes first, what takes the place of what, and what isn't needed any more afterwards: absolute paths. */
export type Change = { removed?: string[]; files: NewFile[]; obsolete: string[] };

/**
 * Changes files under their locks, which are taken in the order of `locks`: the same everywhere, so that no two
 * processes wait for each other. Core never holds two.
 *
 * @param change reads what it needs with {@link readState}; synchronous, so that nothing comes in between
 * @throws Failure `store_locked`; `store_unwritable`, after which everything is as before; `store_unfinished`, after which
 *   a part is done, since nothing brings back what was removed; and what `change` throws
 */
export async function changeTogether(locks: string[], change: () => Change): Promise<void> {
  const release: Array<() => Promise<void>> = [];
  let begun = false;
  try {
    for (const path of locks) release.push(await lock(path));
    const { removed = [], files, obsolete } = change();
    for (const path of removed) begun = remove(path) || begun;
    // Locked, so whatever lies there is of a run that was killed.
    for (const { path } of files) for (const left of interruptedFiles(path)) remove(left);
    writeTogether(files, { overwrite: true, locked: true });
    begun ||= files.length > 0;
    for (const path of obsolete) begun = remove(path) || begun;
  } catch (error) {
    if (!isFailure(error, 'write_failed')) throw error;
    throw new Failure(begun ? 'store_unfinished' : 'store_unwritable', error.data, { cause: error.cause });
  } finally {
    for (const unlock of release.reverse()) await unlock();
  }
}

/**
 * Runs an action while a file is locked.
 *
 * @throws Failure `store_locked`, `store_unwritable`
 */
export async function whileLocked<T>(path: string, action: () => Promise<T>): Promise<T> {
  const unlock = await lock(path);
  try {
    return await action();
  } finally {
    await unlock();
  }
}

/**
 * The content of a state file; empty where there is none. A byte order mark, as some editors write it, counts for nothing.
 *
 * @throws Failure `store_damaged`
 */
export function readState(path: string): Json {
  return parse(path, (readIfThere(path) ?? '').replace(/^\uFEFF/, ''));
}

/**
 * As {@link readState}, and only what core can read as well.
 *
 * @throws Failure `store_damaged`
 */
export function readStrictState(path: string): Json {
  const text = readIfThere(path) ?? '';
  if (!text.startsWith('\uFEFF')) return parse(path, text);
  throw new Failure('store_damaged', {
    path,
    reason: 'it begins with a byte order mark, which the CLI takes for an error',
  });
}

function parse(path: string, text: string): Json {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch (error) {
    // The parser quotes what it can't read, and in an entry that may be a part of a token.
    const position = /position \d+/.exec((error as Error).message)?.[0];
    throw new Failure('store_damaged', { path, reason: ['invalid JSON', position].filter(Boolean).join(', ') });
  }
  throw new Failure('store_damaged', { path, reason: 'not a JSON object' });
}

/**
 * A state file with new content: where a link leads to, with the mode and the owner it has. A new one is readable by nobody
 * else, and belongs to whom its folder belongs to: root may run this in a user's HOME.
 */
export function stateFile(path: string, content: string): NewFile {
  const target = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? realpathSync(path) : path;
  const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o600;
  return { path: target, data: content, mode: (mode & 0o077) === 0 ? 0o600 : 0o644 };
}

/**
 * Finds out whether a state file could be replaced: that it is a file, or a link to one, or isn't there.
 *
 * @throws Failure `store_damaged`
 */
export function checkStateFile(path: string): void {
  let target;
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    target = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, error);
  }
  if (target === undefined) throw new Failure('store_damaged', { path, reason: 'a link to a file that is not there' });
  if (!target.isFile()) throw new Failure('store_damaged', { path, reason: 'no file' });
}

/** Whether there was anything to remove. */
function remove(path: string): boolean {
  const there = existsSync(path);
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw writeFailure(path, error);
  }
  return there;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

/** A state file that can't be read. Where a file stands in the place of its folder, that's what is to be moved away. */
function unreadable(path: string, error: unknown): Failure<'store_damaged'> {
  const inTheWay = (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? nearestThere(path) : path;
  return new Failure('store_damaged', { path: inTheWay, reason: reasonOf(error) }, { cause: error });
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

/** Core waits up to ten seconds for a lock, which is when it takes the lock of a dead process for stale. */
const LOCK_ATTEMPTS = 3;

async function lock(path: string): Promise<() => Promise<void>> {
  makeFolder(dirname(path));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await lockInit(path)).unlock;
    } catch (error) {
      const locked = (error as NodeJS.ErrnoException).code === 'ELOCKED';
      if (!locked) throw new Failure('store_unwritable', { path, reason: reasonOf(error) }, { cause: error });
      if (attempt === LOCK_ATTEMPTS) throw new Failure('store_locked', { path });
    }
  }
}

/** Before core makes it for its lock, which would be root's in a user's HOME. */
function makeFolder(folder: string): void {
  try {
    const owner = ownerAround(join(folder, 'any'));
    const topmost = mkdirSync(folder, { recursive: true });
    if (topmost === undefined) giveBack(folder);
    else giveFolderTo(owner, folder, topmost);
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure('store_unwritable', { path: folder, reason: reasonOf(error) }, { cause: error });
  }
}

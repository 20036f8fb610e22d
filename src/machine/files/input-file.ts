import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, isFailure } from '../../failure.js';
import { keepKeyMaterial } from '../../keys/secrets.js';
import { reasonOf } from './write-failure.js';

/** Bytes: larger than any key, certificate or bundle of them; what is larger was given by mistake. */
const LARGEST_INPUT = 1024 * 1024;

/** How long a pipe or the standard input may stay silent, and how often a pipe is asked, in milliseconds. */
const SILENCE = 10_000;
const INTERVAL = 20;

/** Links that lead from one to the next. */
const MOST_LINKS = 16;

/** What was read, and whether it lies in a regular file that its path will lead to again. */
export type InputFile = { content: Buffer; regular: boolean };

/**
 * Reads a file, or what comes through a pipe, such as `<(command)` of a shell. Neither an endless device nor a pipe that
 * nobody writes to can hold it up.
 *
 * @param silence milliseconds that a pipe may stay silent
 * @param enough bytes after which nothing more is read; without it, more than `largest` is a failure
 * @throws Failure `file_missing`, `file_is_directory`, `file_unreadable`, `file_without_data`, `input_too_large`
 */
export async function openInputFile(
  path: string,
  silence = SILENCE,
  enough?: number,
  largest = LARGEST_INPUT,
): Promise<InputFile> {
  let handle: number | undefined;
  try {
    // Without this flag, opening a pipe waits for its writer, and nothing can end that wait. Windows has no such flag.
    handle = openSync(path, constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0));
    const stat = fstatSync(handle);
    if (stat.isDirectory()) throw new Failure('file_is_directory', { path });
    const content = await readAvailable(handle, path, stat.isFile() ? 0 : silence, { enough, largest });
    if (enough === undefined) keepKeyMaterial(content);
    return { content, regular: stat.isFile() && !isOfProcess(path) };
  } catch (error) {
    throw isFailure(error) ? error : inputFailure(path, error);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Whether a path leads through the open files of this process, as `/dev/stdin` and `/dev/fd/3` do: to another file next time. */
function isOfProcess(path: string): boolean {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    if (/^\/(dev|proc)\//.test(at)) return true;
    try {
      at = resolve(dirname(at), readlinkSync(at));
    } catch {
      return false;
    }
  }
  return false;
}

/** The content alone; see {@link openInputFile}. */
export async function readInputFile(path: string, largest = LARGEST_INPUT): Promise<Buffer> {
  return (await openInputFile(path, SILENCE, undefined, largest)).content;
}

/** The content of a file, or of the standard input for `-`; see {@link openInputFile}. */
export async function readInput(path: string, stdin: InputStream): Promise<Buffer> {
  return path === '-' ? readStream(stdin, 'stdin') : readInputFile(path);
}

/** A stream, which may be the terminal at which a person types. */
export type InputStream = AsyncIterable<Buffer | string> & { isTTY?: boolean; destroy?: () => unknown };

/**
 * Reads a stream to its end. One that stays silent, as the standard input of a CI job may for ever, is given up.
 *
 * @param silence milliseconds between two chunks; a person at a terminal may take longer
 * @throws Failure `input_too_large`, `file_without_data`
 */
export async function readStream(
  stream: InputStream,
  source: string,
  silence = SILENCE,
  largest = LARGEST_INPUT,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const iterator = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = iterator.next();
    const result = stream.isTTY === true ? await next : await unlessSilent(next, silence);
    if (result === 'silent') {
      // What is being read would keep the process alive.
      next.catch(() => undefined);
      stream.destroy?.();
      throw new Failure('file_without_data', { path: source, seconds: silence / 1000 });
    }
    if (result.done === true) break;
    const chunk = result.value;
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)!.length;
    if (size > largest) throw new Failure('input_too_large', { source, limit: largest });
  }
  const content = Buffer.concat(chunks);
  keepKeyMaterial(content);
  return content;
}

async function unlessSilent<T>(next: Promise<T>, silence: number): Promise<T | 'silent'> {
  const ended = new AbortController();
  try {
    return await Promise.race([next, sleep(silence, 'silent' as const, { signal: ended.signal })]);
  } finally {
    ended.abort();
  }
}

/** Reads to the end. A pipe whose writer isn't there yet looks like one that has ended, until the silence is over. */
async function readAvailable(
  handle: number,
  path: string,
  silence: number,
  { enough, largest }: { enough: number | undefined; largest: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (let waited = 0; ;) {
    const chunk = readChunk(handle);
    if (chunk !== undefined && chunk.length > 0) {
      chunks.push(chunk);
      size += chunk.length;
      if (enough !== undefined && size >= enough) return Buffer.concat(chunks);
      if (size > largest) throw new Failure('input_too_large', { source: path, limit: largest });
      continue;
    }
    const ended = chunk !== undefined && (size > 0 || silence === 0);
    if (ended) return Buffer.concat(chunks);
    if (waited >= silence) throw new Failure('file_without_data', { path, seconds: silence / 1000 });
    await sleep(INTERVAL);
    waited += INTERVAL;
  }
}

/** @returns undefined while there is nothing to read yet */
function readChunk(handle: number): Buffer | undefined {
  const buffer = Buffer.alloc(64 * 1024);
  try {
    return buffer.subarray(0, readSync(handle, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

function inputFailure(path: string, error: unknown): Failure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Failure('file_missing', { path }, { cause: error });
  if (code === 'EISDIR') return new Failure('file_is_directory', { path }, { cause: error });
  return new Failure('file_unreadable', { path, reason: reasonOf(error) }, { cause: error });
}

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, isFailure } from '../failure.js';
import { reasonOf } from './write-failure.js';

/** Larger than any key, certificate or bundle of them; what is larger was given by mistake. */
const LARGEST_INPUT = 1024 * 1024;

/** How long a pipe may stay silent, and how often it is asked, in milliseconds. */
const SILENCE = 30_000;
const INTERVAL = 20;

/** What was read, and whether it lies in a regular file, so that it can be read again. */
export type InputFile = { content: Buffer; regular: boolean };

/**
 * Reads a file, or what comes through a pipe, such as `<(command)` of a shell. Neither an endless device nor a pipe that
 * nobody writes to can hold it up.
 *
 * @param silence milliseconds that a pipe may stay silent
 * @throws Failure `file_missing`, `file_is_directory`, `file_unreadable`, `file_without_data`, `input_too_large`
 */
export async function openInputFile(path: string, silence = SILENCE): Promise<InputFile> {
  let handle: number | undefined;
  try {
    // Without this flag, opening a pipe waits for its writer, and nothing can end that wait. Windows has no such flag.
    handle = openSync(path, constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0));
    const stat = fstatSync(handle);
    if (stat.isDirectory()) throw new Failure('file_is_directory', { path });
    const content = await readAvailable(handle, path, stat.isFile() ? 0 : silence);
    return { content, regular: stat.isFile() };
  } catch (error) {
    throw isFailure(error) ? error : inputFailure(path, error);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** The content alone; see {@link openInputFile}. */
export async function readInputFile(path: string): Promise<Buffer> {
  return (await openInputFile(path)).content;
}

/** The content of a file, or of the standard input for `-`; see {@link openInputFile}. */
export async function readInput(path: string, stdin: AsyncIterable<Buffer | string>): Promise<Buffer> {
  return path === '-' ? readStream(stdin, 'stdin') : readInputFile(path);
}

/** @throws Failure `input_too_large` */
export async function readStream(stream: AsyncIterable<Buffer | string>, source: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)!.length;
    if (size > LARGEST_INPUT) throw new Failure('input_too_large', { source, limit: LARGEST_INPUT });
  }
  return Buffer.concat(chunks);
}

/** Reads to the end. A pipe whose writer isn't there yet looks like one that has ended, until the silence is over. */
async function readAvailable(handle: number, path: string, silence: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (let waited = 0; ;) {
    const chunk = readChunk(handle);
    if (chunk !== undefined && chunk.length > 0) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST_INPUT) throw new Failure('input_too_large', { source: path, limit: LARGEST_INPUT });
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

import { statSync } from 'node:fs';
import { Failure, isFailure } from '../../failure.js';
import { checkPassphrase, type Passphrase } from '../../keys/credential/private-key.js';
import { keepSecret } from '../../keys/secrets.js';
import { openInputFile } from './input-file.js';
import { reasonOf } from './write-failure.js';

/** Windows' editors and PowerShell begin UTF-8 with it. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** More than a passphrase can have. */
const MOST_BYTES = 4096;

/** Where a passphrase can come from, in the order in which they are asked. */
export type PassphraseSources = {
  /** A file that holds it and nothing else. */
  file?: string | undefined;
  /** The value of `SF_JWT_KEY_PASSPHRASE`. */
  variable?: string | undefined;
  /** Asks a person; absent where nobody can answer. */
  prompt?: (() => Promise<string>) | undefined;
};

/** Asks a person for a passphrase; says first that the one before was `wrong`. */
export type AskPassphrase = (wrong?: boolean) => Promise<string>;

/** How often a person may try. */
const ATTEMPTS = 3;

/**
 * Opens something with what a person types, who is asked again for a wrong passphrase, three times in all.
 *
 * @param isWrong whether what `open` threw means that
 * @returns undefined for an empty answer
 */
export async function openWithAnswer<T>(
  ask: AskPassphrase,
  open: (answer: string) => T,
  isWrong: (error: unknown) => boolean,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(attempt > 1);
    if (answer === '') return undefined;
    try {
      return open(answer);
    } catch (error) {
      if (!isWrong(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Reads a passphrase file: {@link readPassphraseFile}, or one of {@link passphraseFileReader}. */
export type ReadPassphraseFile = (path: string) => Promise<Buffer>;

/**
 * Takes the passphrase from the first source there is, and checks its length.
 *
 * @returns undefined when there is no source.
 * @throws Failure `passphrase_file_unreadable`, `passphrase_empty`, `passphrase_too_long`.
 */
export async function findPassphrase(
  { file, variable, prompt }: PassphraseSources,
  readFile: ReadPassphraseFile = readPassphraseFile,
): Promise<Passphrase | undefined> {
  const passphrase = file !== undefined ? await readFile(file) : (variable ?? (await prompt?.()));
  if (passphrase !== undefined) checkPassphrase(passphrase);
  return passphrase;
}

/**
 * As {@link findPassphrase}, for a key that is about to be encrypted: a person is asked twice.
 *
 * @param sources.ask asks for the passphrase, or for the same `again`; undefined where nobody can answer.
 * @throws Failure those of `findPassphrase`; `passphrase_missing`, `passphrase_mismatch`.
 */
export async function findNewPassphrase(
  sources: Pick<PassphraseSources, 'file' | 'variable'> & { ask: ((again: boolean) => Promise<string>) | undefined },
  readFile: ReadPassphraseFile = readPassphraseFile,
): Promise<Passphrase> {
  const { ask, ...others } = sources;
  const passphrase = await findPassphrase({ ...others, prompt: ask && (() => askTwice(ask)) }, readFile);
  if (passphrase === undefined) throw new Failure('passphrase_missing', {});
  return passphrase;
}

async function askTwice(ask: (again: boolean) => Promise<string>): Promise<string> {
  const passphrase = await ask(false);
  checkPassphrase(passphrase);
  if ((await ask(true)) !== passphrase) throw new Failure('passphrase_mismatch', {});
  return passphrase;
}

/** Whether people other than the owner can read a file. Unknown, so false, on Windows and for what isn't a plain file. */
export function isReadableByOthers(path: string): boolean {
  if (process.platform === 'win32') return false;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && (stat.mode & 0o044) !== 0;
}

/**
 * The bytes of the file, without a byte order mark at its start and one line end at its end. Reads from pipes too, and
 * never more than it needs.
 */
export async function readPassphraseFile(path: string): Promise<Buffer> {
  const read = await readStart(path);
  const bytes = read.subarray(read.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0);
  keepSecret(bytes.toString());
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

async function readStart(path: string): Promise<Buffer> {
  try {
    const { content } = await openInputFile(path, undefined, MOST_BYTES);
    return content.subarray(0, MOST_BYTES);
  } catch (error) {
    if (!isFailure(error)) throw error;
    const reason = isFailure(error, 'file_without_data')
      ? `silent for ${error.data.seconds} seconds`
      : reasonOf(error.cause ?? error);
    throw new Failure('passphrase_file_unreadable', { path, reason }, { cause: error.cause });
  }
}

/** For a run that needs one file for several things: reads each file once, since what a pipe gave is gone afterwards. */
export function passphraseFileReader(): ReadPassphraseFile {
  const contents = new Map<string, Promise<Buffer>>();
  return (path) => {
    const content = contents.get(path) ?? readPassphraseFile(path);
    contents.set(path, content);
    return content;
  };
}

import { SfError } from '@salesforce/core';
import { Messages } from './messages.js';
import { isFailure } from '../failure.js';
import { secretIn } from '../keys/credential/secret-text.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'arguments');

const WRONG_FLAGS = 2;

/** How a flag is written; what else begins with a dash may be a key's first line, or a passphrase. */
const FLAG = /^(-[A-Za-z]|--[a-z][a-z0-9-]{0,40})$/;

/** A word that an error may repeat in a flag's place. */
const LONGEST_WORD = 60;

/** What oclif's parser adds to its errors. */
type ParserError = Error & {
  args?: unknown;
  flags?: unknown;
  parse?: { input?: { argv?: string[] } };
  oclif?: { exit?: number };
};

/**
 * oclif's parser repeats what it doesn't understand: a key that a shell put among the arguments, and every word of a
 * passphrase that had no quotes. Its errors say the same without those words; every other error passes unchanged, unless
 * it holds one of the arguments that look like a secret.
 */
export function withoutArguments(error: Error, argv: readonly string[] = process.argv.slice(2)): Error {
  if (isFailure(error)) return error;
  const { args, flags, parse, oclif } = error as ParserError;
  if (error.message.startsWith('Unexpected argument') && Array.isArray(args)) {
    return parserError(
      error,
      messages.getMessage('unexpected', [args.length]),
      messages.getMessages('unexpected.actions'),
    );
  }
  if (error.message.startsWith('Nonexistent flag') && Array.isArray(flags))
    return nonexistent(error, flags.map(String));
  const secrets = [...argv, ...(parse?.input?.argv ?? [])]
    .flatMap((word) => [word, word.slice(word.indexOf('=') + 1)])
    .filter((word) => !isPresentable(word) && error.message.includes(word));
  if (secrets.length === 0) return error;
  const message = secrets.reduce((text, word) => text.replaceAll(word, messages.getMessage('hidden')), error.message);
  return parserError(error, message, actionsOf(error), oclif?.exit ?? (error instanceof SfError ? error.exitCode : 1));
}

function nonexistent(error: Error, flags: string[]): SfError {
  const known = flags.filter((flag) => FLAG.test(flag));
  const isKey = flags.some((flag) => secretIn(flag) === 'private_key');
  const words = [
    ...known,
    ...(known.length < flags.length ? [messages.getMessage(isKey ? 'hidden.key' : 'hidden')] : []),
  ].join(', ');
  return parserError(
    error,
    messages.getMessage('nonexistent', [words]),
    messages.getMessages(known.length < flags.length ? 'nonexistent.hidden.actions' : 'nonexistent.actions'),
  );
}

/** The new error has no cause: with --json that would be shown whole. */
function parserError({ name }: Error, message: string, actions: string[], exitCode = WRONG_FLAGS): SfError {
  return SfError.create({ name, message, actions, exitCode });
}

function actionsOf(error: Error): string[] {
  return error instanceof SfError ? (error.actions ?? []) : [];
}

function isPresentable(word: string): boolean {
  if (secretIn(word) !== undefined || /[\r\n]/.test(word)) return false;
  return word.length <= LONGEST_WORD || /^https?:/.test(word);
}

/** By oclif's words, since its classes don't tell them all apart; the first that fits. */
const CODES: ReadonlyArray<[words: RegExp, code: string]> = [
  [/Nonexistent flag/, 'flag_unknown'],
  [/Unexpected argument/, 'argument_unexpected'],
  [/Missing required flag/, 'flag_missing'],
  [/Missing \d+ required arg/, 'argument_missing'],
  [/expects a value/, 'flag_value_missing'],
  [/cannot also be provided|must be provided when using|Exactly one of|can only be specified once/i, 'flags_unsuited'],
];

/**
 * Gives an error about the command line a code, as every failure has one: `data.code` with `--json`. All else stays. Other
 * errors come back as they are.
 */
export function withCode(error: Error): Error {
  const { oclif, data } = error as ParserError & { data?: unknown };
  const exitCode = error instanceof SfError ? error.exitCode : oclif?.exit;
  if (isFailure(error) || exitCode !== WRONG_FLAGS || data !== undefined) return error;
  const code = CODES.find(([words]) => words.test(error.message))?.[1] ?? 'flag_value_wrong';
  return Object.assign(error, { data: { code } });
}

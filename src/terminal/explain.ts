import { SfError } from '@salesforce/core';
import { isFailure, type Failure } from '../failure.js';
import { storeFaultOf } from '../machine/store/store-fault.js';
import { Messages } from './messages.js';
import { withoutArguments } from './parser-error.js';
import { inLine, inLines } from './printable.js';
import { shellLine, shellQuote } from './shell-quote.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'errors');

/** How a login is described on the command line, with what is known of it. */
const LOGIN_FLAGS =
  '--username {username:shell} --client-id {clientId:shell} --jwt-key-file {keyFile:shell}' +
  ' --signer {signer:shell} --passphrase-file {passphraseFile:shell}';

/** An action that begins with `{?name}` needs that value, and is left out where it's empty. */
const CONDITION = /^\{\?(\w+)\}/;

/**
 * `{name}` is the value on one line, `{name:lines}` on its own lines, `{name:shell}` as it can be pasted; an empty one takes
 * the flag before it along.
 */
const PLACEHOLDER = /( --[\w-]+ (?=\{\w+:shell\}))?\{(\w+)(:shell|:lines)?\}/g;

/**
 * Turns a `Failure` into the `SfError` that sf shows: name, sentence and actions from `messages/errors.md`, the code and
 * the values as `data`. A failure with a `variant` has a sentence of its own, `error.CODE.VARIANT`. Core's errors about its
 * own files are failures too; of every other error only what might be a secret is taken out.
 */
export function explain(error: Failure, platform?: NodeJS.Platform): SfError;
export function explain(error: Error, platform?: NodeJS.Platform): Error;
export function explain(error: Error, platform: NodeJS.Platform = process.platform): Error {
  const failure = isFailure(error) ? error : storeFaultOf(error);
  if (failure === undefined) return withoutArguments(error);
  const { code } = failure;
  const data: Values = { code, ...failure.data };
  return SfError.create({
    name: errorName(code),
    message: fillAdvice(messages.getMessage(`error.${code}${variantOf(failure)}`), data, platform),
    actions: adviceOf(messages.getMessages(`error.${code}.actions`), data, platform),
    data,
    cause: failure.cause,
  });
}

/** Whether an error is the explanation of a failure, with its code as `data`. */
export function isExplained(error: Error): boolean {
  return error instanceof SfError && typeof (error.data as { code?: unknown } | undefined)?.code === 'string';
}

type Values = Record<string, string | number | Array<Record<string, string>>>;

/** The actions that apply to these values, as they can be pasted. */
export function adviceOf(actions: string[], values: Values, platform: NodeJS.Platform = process.platform): string[] {
  return actions
    .filter((action) => {
      const [, needed] = CONDITION.exec(action) ?? [];
      return needed === undefined || ![undefined, '', 0].includes(values[needed] as string | undefined);
    })
    .map((action) => fillAdvice(shellLine(action.replace(CONDITION, ''), platform), values, platform));
}

function fillAdvice(text: string, values: Values, platform: NodeJS.Platform): string {
  return text
    .replace('{login}', LOGIN_FLAGS)
    .replace(PLACEHOLDER, (placeholder, flag = '', key: string, form: string | undefined) => {
      const value = values[key] ?? placeholder;
      const words = typeof value === 'object' ? JSON.stringify(value) : String(value);
      if (form !== ':shell') return `${flag}${form === ':lines' ? inLines(words) : inLine(words)}`;
      return words === '' ? '' : `${flag}${shellQuote(words, platform)}`;
    });
}

function variantOf({ data }: Failure): string {
  const { variant } = data as { variant?: string };
  return variant === undefined ? '' : `.${variant}`;
}

/** `file_exists` → `FileExistsError` */
function errorName(code: string): string {
  return `${code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Error`;
}

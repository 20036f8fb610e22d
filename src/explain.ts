import { Messages, SfError } from '@salesforce/core';
import { isFailure, type Failure } from './failure.js';
import { shellQuote } from './shell-quote.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'errors');

/** `{name}` is the value as it is, `{name:shell}` as it can be pasted; an empty one takes the flag before it along. */
const PLACEHOLDER = /( --[\w-]+ (?=\{\w+:shell\}))?\{(\w+)(:shell)?\}/g;

/**
 * Turns a `Failure` into the `SfError` that sf shows: name, sentence and actions from `messages/errors.md`, the code and
 * the values as `data`. Every other error passes unchanged.
 */
export function explain(error: Failure): SfError;
export function explain(error: Error): Error;
export function explain(error: Error): Error {
  if (!isFailure(error)) return error;
  const { code } = error;
  const data: Record<string, string | number | Array<Record<string, string>>> = { code, ...error.data };
  const fill = (text: string): string =>
    text.replace(PLACEHOLDER, (placeholder, flag = '', key: string, shell: string | undefined) => {
      const value = data[key] ?? placeholder;
      const words = printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
      if (shell === undefined) return `${flag}${words}`;
      return words === '' ? '' : `${flag}${shellQuote(words)}`;
    });
  return SfError.create({
    name: errorName(code),
    message: fill(messages.getMessage(`error.${code}`)),
    actions: messages.getMessages(`error.${code}.actions`).map(fill),
    data,
    cause: error.cause,
  });
}

/** What a server says is shown, but it doesn't get to steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\uFFFD');
}

/** `file_exists` → `FileExistsError` */
function errorName(code: string): string {
  return `${code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Error`;
}

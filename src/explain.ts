import { Messages, SfError } from '@salesforce/core';
import { isFailure, type Failure } from './failure.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'errors');

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
    text.replace(/\{(\w+)\}/g, (placeholder, key: string) => {
      const value = data[key] ?? placeholder;
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    });
  return SfError.create({
    name: errorName(code),
    message: fill(messages.getMessage(`error.${code}`)),
    actions: messages.getMessages(`error.${code}.actions`).map(fill),
    data,
    cause: error.cause,
  });
}

/** `file_exists` → `FileExistsError` */
function errorName(code: string): string {
  return `${code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Error`;
}

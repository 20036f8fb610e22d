import { Flags } from '@salesforce/sf-plugins-core';
import { Messages } from '../messages.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.audit');

/** Days before the end of a certificate from which on it has to be renewed, where no flag says so. */
export const EXPIRES_WITHIN = 30;

/** The most days that a date can be away from another. */
const MOST = 100_000_000;

/** `--expires-within`: whole days, with or without a `d` behind them. */
export const expiresWithinDaysFlag = (byItself: number) =>
  Flags.custom<number>({
    parse: (input) => {
      const days = Number(/^(\d+)d?$/i.exec(input.trim())?.[1]);
      if (Number.isSafeInteger(days) && days <= MOST) return Promise.resolve(days);
      throw Object.assign(messages.createError('flags.expires-within.invalid', [input]), { exitCode: 2 });
    },
  })({
    default: byItself,
    summary: messages.getMessage('flags.expires-within.summary'),
  });

import { Flags } from '@salesforce/sf-plugins-core';
import type { Due } from '../../keys/credential/due.js';
import { Messages } from '../messages.js';
import { bare } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** Days that no certificate outlives. */
const MOST_DAYS = 100_000;

/** When a certificate is due, as `30d` and `66%` say it; `isPlain` for a number alone, which means days. */
export type GivenDue = Due & { isPlain: boolean };

/** For a flag whose value is a number of days or a share of a certificate's life. */
export const dueFlag = Flags.custom<GivenDue>({
  parse: (input) => {
    const due = parseDue(bare(input));
    if (due !== undefined) return Promise.resolve(due);
    throw Object.assign(messages.createError('flags.due.invalid', [input]), { exitCode: 2 });
  },
});

/** @returns undefined for what is neither */
export function parseDue(text: string): GivenDue | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,6})\s*(d|%)?$/i.exec(text) ?? [];
  if (digits === '') return undefined;
  const number = Number(digits);
  if (unit === '%') return number > 100 ? undefined : { usedPercent: number, isPlain: false };
  return number > MOST_DAYS ? undefined : { days: number, isPlain: unit === '' };
}

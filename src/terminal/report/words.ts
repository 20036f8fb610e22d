import { Messages } from '../messages.js';
import { endsWithin } from '../../keys/credential/certificate.js';
import { DAY } from './certificate-life.js';
import type { ReportRow } from './report.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);

/** The words that the formats of a report have in common. */
export const messages = Messages.loadMessages('sf-plugin-jwt', 'report');

/** `2027-11-26` */
export const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** `2027-11-26 09:30` */
export const minuteOf = (date: Date): string => date.toISOString().slice(0, 16).replace('T', ' ');

/** Who logs in to an org, and through which app. */
export function loginOf({ username, app, clientId }: ReportRow): string {
  const through =
    app === undefined ? (username === undefined ? clientId : undefined) : messages.getMessage('app', [app]);
  return [username, through].filter((word) => word !== undefined && word !== '').join(', ');
}

/** `in 12 days`, `today`, `1 day ago` */
export function distanceOf({ notAfter }: { notAfter: Date }, now: Date): string {
  const left = notAfter.getTime() - now.getTime();
  const days = Math.floor(Math.abs(left) / DAY);
  if (days === 0) return messages.getMessage('days.today');
  return messages.getMessage(`days.${left < 0 ? 'ago' : 'left'}${days === 1 ? '.one' : ''}`, [days]);
}

/** How soon the certificates end, in a line each for what there is. */
export function endsIn(rows: readonly ReportRow[], now: Date): string[] {
  const known = rows.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  const ended = known.filter(({ notAfter }) => notAfter.getTime() < now.getTime());
  const left = known.filter((one) => !ended.includes(one));
  const within = (days: number): number => left.filter(({ notAfter }) => endsWithin(notAfter, days, now)).length;
  const next = rows
    .filter(({ certificate }) => certificate !== undefined && left.includes(certificate))
    .toSorted((one, other) => one.certificate!.notAfter.getTime() - other.certificate!.notAfter.getTime())[0];
  return [
    ...(ended.length === 0 ? [] : [messages.getMessage('ends.ended', [ended.length])]),
    ...[30, 90].map((days) => messages.getMessage('ends.within', [days, within(days)])),
    ...(known.length === rows.length ? [] : [messages.getMessage('ends.unknown', [rows.length - known.length])]),
    ...(next === undefined
      ? []
      : [messages.getMessage('ends.first', [nameOf(next), dayOf(next.certificate!.notAfter)])]),
  ];
}

/** A row in a few words: its org, and who logs in to it. */
export function nameOf(row: ReportRow): string {
  const login = loginOf(row);
  return login === '' ? row.org : `${row.org} (${login})`;
}

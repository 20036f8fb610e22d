import { createHash } from 'node:crypto';
import { presentable } from './presentable.js';
import type { Report, ReportRow } from './report.js';
import { messages } from './words.js';

/** Octets of a line without its end (RFC 5545, section 3.1) */
const LINE = 75;
/** Days before an end at which a calendar reminds of it. */
const REMINDERS = [30, 7];

/** Milliseconds */
const MINUTE = 60_000;

type Ending = { app: string; org: string; rows: [ReportRow, ...ReportRow[]]; notAfter: Date; id: string };

/** An event for each certificate that ends, of which the next report's is the same one (RFC 5545). */
export function calendarReport(report: Report): string {
  const { title, command, made, rows } = presentable(report);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//sf-plugin-jwt report//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${escapeText(title)}`,
    ...endingsOf(rows).flatMap((ending) => eventOf(ending, command, made)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** A certificate is an app's: its logins in the org share the event. */
function endingsOf(rows: readonly ReportRow[]): Ending[] {
  const dated = rows.filter(({ certificate }) => certificate !== undefined);
  const key = ({ org, orgId, app, clientId, username }: ReportRow): string =>
    [orgId ?? org, clientId ?? app ?? username ?? ''].join('\0');
  const groups = Map.groupBy(dated, (row) => `${key(row)}\0${row.certificate!.notAfter.getTime()}`);
  const seen = new Map<string, number>();
  return [...groups.values()].map((group) => {
    const [first] = group as [ReportRow, ...ReportRow[]];
    // Two certificates of one app, of which one is known only for some of its logins, are two events.
    const more = seen.get(key(first)) ?? 0;
    seen.set(key(first), more + 1);
    const id = createHash('sha256')
      .update(more === 0 ? key(first) : `${key(first)}\0${more}`)
      .digest('hex')
      .slice(0, 32);
    const app = first.app ?? first.username ?? first.clientId ?? first.org;
    return {
      app,
      org: first.org,
      rows: group as [ReportRow, ...ReportRow[]],
      notAfter: first.certificate!.notAfter,
      id,
    };
  });
}

function eventOf({ app, org, rows, notAfter, id }: Ending, command: string, made: Date): string[] {
  const name = app === org ? org : `${app} (${org})`;
  const users = rows.flatMap(({ username }) => (username === undefined ? [] : [username]));
  const next = rows.find((row) => row.command !== undefined)?.command;
  const description = [
    ...(users.length === 0 ? [] : [messages.getMessage('calendar.logins', [[...new Set(users)].join(', ')])]),
    ...(next === undefined ? [] : [next]),
    `${messages.getMessage('made', [made.toISOString()])} ${command}`,
  ].join('\n');
  return [
    'BEGIN:VEVENT',
    `UID:${id}@sf-plugin-jwt`,
    `DTSTAMP:${timeOf(made)}`,
    `LAST-MODIFIED:${timeOf(made)}`,
    // Of two states of an event, calendars take the one with the higher number.
    `SEQUENCE:${Math.floor(made.getTime() / MINUTE)}`,
    `DTSTART:${timeOf(notAfter)}`,
    `SUMMARY:${escapeText(messages.getMessage('calendar.ends', [name]))}`,
    `DESCRIPTION:${escapeText(description)}`,
    'TRANSP:TRANSPARENT',
    ...REMINDERS.flatMap((days) => [
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      `TRIGGER:-P${days}D`,
      `DESCRIPTION:${escapeText(messages.getMessage('calendar.remind', [name, days]))}`,
      'END:VALARM',
    ]),
    'END:VEVENT',
  ];
}

/** `20271126T093000Z` */
const timeOf = (date: Date): string => date.toISOString().replace(/[-:]|\.\d+/g, '');

/** RFC 5545, section 3.3.11 */
const escapeText = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');

/** Breaks a line into pieces that are short enough, and no character into two. */
function folded(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    // The blank at the beginning of each further piece counts.
    if (octets + size > LINE - (pieces.length === 0 ? 0 : 1)) {
      pieces.push(piece);
      piece = '';
      octets = 0;
    }
    piece += character;
    octets += size;
  }
  return [...pieces, piece].join('\r\n ');
}

import { escaped } from '../printable.js';
import { daysLeft, lifeUsed } from './certificate-life.js';
import { countsOf } from './presentable.js';
import type { Report } from './report.js';

/** What JSON leaves as it is, and what steers a terminal or turns its text around. */
const STEERING = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** For programs; a later `version` may have more fields. Dates are ISO 8601, and what isn't known is absent. */
export function jsonReport({ title, command, made, source, rows }: Report): string {
  const report = {
    generator: 'sf-plugin-jwt',
    version: 1,
    title,
    command,
    made,
    source,
    counts: countsOf(rows),
    rows: rows.map(({ certificate, ...row }) => ({
      ...row,
      certificate: certificate && {
        ...certificate,
        daysLeft: daysLeft(certificate, made),
        lifeUsed: lifeUsed(certificate, made),
      },
    })),
  };
  return `${JSON.stringify(report, null, 2).replace(STEERING, escaped)}\n`;
}

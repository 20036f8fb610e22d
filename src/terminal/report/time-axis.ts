import { DAY } from './certificate-life.js';
import type { ReportRow } from './report.js';

/** The time that all certificates of a report are drawn over; what lies outside it is cut at its edge. */
export type TimeAxis = {
  /** Where a moment is, from 0 to 1. */
  at: (moment: Date | number) => number;
  begin: number;
  end: number;
};

const YEAR = 365 * DAY;
/** Days from today to the end of the bands. */
export const BANDS = [30, 90] as const;

/** From the first beginning to the last end, at most one year back and two ahead, and with both bands in it. */
export function timeAxis(rows: ReadonlyArray<Pick<ReportRow, 'certificate'>>, now: Date): TimeAxis {
  const today = now.getTime();
  const known = rows.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  // No arguments of `Math.min`, of which there can't be as many as rows.
  const first = known.reduce(
    (least, { notBefore, notAfter }) => Math.min(least, (notBefore ?? notAfter).getTime()),
    today,
  );
  const last = known.reduce((most, { notAfter }) => Math.max(most, notAfter.getTime()), today);
  const begin = Math.max(Math.min(first, today - 30 * DAY), today - YEAR);
  const end = Math.min(Math.max(last, today + 120 * DAY), today + 2 * YEAR);
  return { begin, end, at: (moment) => Math.min(1, Math.max(0, (Number(moment) - begin) / (end - begin))) };
}

/** Beginnings of months along the axis, at most seven of them. */
export function monthsOf({ begin, end }: TimeAxis): Date[] {
  const step = [1, 2, 3, 6, 12].find((months) => (end - begin) / (months * 30.4 * DAY) <= 7) ?? 12;
  const first = new Date(begin);
  const months: Date[] = [];
  for (let month = Math.ceil((first.getUTCMonth() + 1) / step) * step; ; month += step) {
    const beginning = new Date(Date.UTC(first.getUTCFullYear(), month, 1));
    if (beginning.getTime() > end) return months;
    months.push(beginning);
  }
}

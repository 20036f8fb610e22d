import { element, escapeMarkup as text } from './markup.js';
import type { ReportRow } from './report.js';
import { BANDS, monthsOf, type TimeAxis } from './time-axis.js';
import { DAY } from './certificate-life.js';
import { messages } from './words.js';

/** Drawn in parts of its own width, so that it fits whatever room there is. What it shows stands beside it in words. */
const svg = (height: number, content: string): string =>
  element('svg', { 'class': 'line', 'width': '100%', height, 'aria-hidden': 'true', 'focusable': 'false' }, content);

const percent = (part: number): string => `${Math.round(part * 10_000) / 100}%`;

/** Of a month's name at the right edge no more than a part would be seen. */
const LAST_NAME = 0.9;

/** The months along the axis, and today. */
export function axisHead(axis: TimeAxis, now: Date): string {
  const names = monthsOf(axis)
    .filter((month) => axis.at(month) < LAST_NAME)
    .map((month) => element('text', { x: percent(axis.at(month)), y: 11 }, month.toISOString().slice(0, 7)));
  return svg(16, `${names.join('')}${todayMark(axis, now, 16)}`);
}

export function axisLegend(): string {
  const parts = [
    ['today', messages.getMessage('legend.today')],
    ...BANDS.map((days) => [`within${days}`, messages.getMessage('legend.within', [days])]),
  ] as Array<[string, string]>;
  const items = parts.map(([name, words]) => `${element('i', { class: name }, '')} ${text(words)}`);
  return element('p', { class: 'legend' }, [text(messages.getMessage('legend')), ...items].join(' '));
}

/** A certificate's life over the bands of the next days. */
export function lifeBar({ certificate, state }: ReportRow, axis: TimeAxis, now: Date): string {
  const today = now.getTime();
  const height = 22;
  const bands = BANDS.toReversed().map((days) => {
    const from = axis.at(today);
    return element('rect', {
      class: `within${days}`,
      x: percent(from),
      y: 0,
      width: percent(axis.at(today + days * DAY) - from),
      height,
    });
  });
  if (certificate === undefined) return svg(height, `${bands.join('')}${todayMark(axis, now, height)}`);
  const { notBefore, notAfter } = certificate;
  const from = axis.at(notBefore ?? axis.begin);
  const to = axis.at(notAfter);
  const bar = element('rect', {
    class: `bar ${state}`,
    x: percent(from),
    y: 7,
    width: percent(Math.max(0, to - from)),
    height: 8,
    rx: 2,
  });
  const isCut = notAfter.getTime() > axis.end;
  const end = isCut ? '' : element('circle', { class: `bar ${state}`, cx: percent(to), cy: 11, r: 5 });
  return svg(height, `${bands.join('')}${bar}${todayMark(axis, now, height)}${end}`);
}

function todayMark(axis: TimeAxis, now: Date, height: number): string {
  const x = percent(axis.at(now));
  return element('line', { class: 'today', x1: x, x2: x, y1: 0, y2: height });
}

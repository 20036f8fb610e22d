import { DAY, type CertificateLife } from './certificate-life.js';
import { BANDS, timeAxis, type TimeAxis } from './time-axis.js';

/** How a time line is drawn in a terminal: with how many characters, and whether with those of Unicode. */
export type TextLine = { width: number; unicode: boolean };

const UNICODE = { empty: '·', past: '─', left: '━', end: '●', today: '│', crossed: '┿', band: '┊' };
const ASCII: typeof UNICODE = { empty: '.', past: '-', left: '=', end: 'o', today: '|', crossed: '+', band: ':' };

/** The characters that each line has: for a legend. */
export const charactersOf = ({ unicode }: Pick<TextLine, 'unicode'>): typeof UNICODE => (unicode ? UNICODE : ASCII);

/** A line for each, all over the same time. */
export function textLines(
  certificates: ReadonlyArray<CertificateLife | undefined>,
  now: Date,
  line: TextLine,
): string[] {
  const axis = timeAxis(
    certificates.map((certificate) => ({ certificate })),
    now,
  );
  return certificates.map((certificate) => textLine(certificate, { axis, now }, line));
}

/** A certificate's life: thin where it's past, thick where it's left; today, and the ends of the bands, stand in it or beside it. */
export function textLine(
  certificate: CertificateLife | undefined,
  { axis, now }: { axis: TimeAxis; now: Date },
  line: TextLine,
): string {
  const characters = charactersOf(line);
  const cell = (moment: Date | number): number => Math.min(line.width - 1, Math.floor(axis.at(moment) * line.width));
  const today = cell(now);
  const bands = BANDS.map((days) => cell(now.getTime() + days * DAY)).filter((at) => at > today);
  const from = certificate === undefined ? 0 : cell(certificate.notBefore ?? axis.begin);
  const to = certificate === undefined ? -1 : cell(certificate.notAfter);
  const isCut = certificate !== undefined && certificate.notAfter.getTime() > axis.end;
  return Array.from({ length: line.width }, (_, at) => {
    const isAlive = at >= from && at <= to;
    if (at === to && !isCut) return characters.end;
    if (at === today) return isAlive ? characters.crossed : characters.today;
    if (isAlive) return at < today ? characters.past : characters.left;
    return bands.includes(at) ? characters.band : characters.empty;
  }).join('');
}

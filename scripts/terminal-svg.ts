const COLUMNS = 112;
const CHARACTER = 7.85;
const LINE = 18;
const MARGIN = 18;

/** The colors that the commands use, by their ANSI code. */
const COLORS: Record<string, string> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '34': '#79c0ff',
  '36': '#76e3ea',
  '90': '#8b949e',
};

type Style = { color?: string; bold?: boolean };
type Span = Style & { text: string };

/** A terminal's output as a picture: its colors kept, long lines folded. */
export function terminalSvg(output: string): string {
  const lines = output
    .trim()
    .split('\n')
    .flatMap((line) => fold(spansOf(lastState(line))));
  const width = Math.round(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const rows = lines.map((spans, index) => {
    const y = MARGIN + LINE * (index + 0.8);
    return `  <text x="${MARGIN}" y="${y.toFixed(1)}">${spans.map(tspan).join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '  <title>The demo: keygen, connect and grant against a local org</title>',
    '  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    '  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#e6edf3" xml:space="preserve">',
    ...rows,
    '  </g>',
    '</svg>',
    '',
  ].join('\n');
}

/** What stands in a line after a spinner has rewritten it. */
function lastState(line: string): string {
  return line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
}

function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let style: Style = {};
  for (const [, codes, text] of line.matchAll(/(?:\u001b\[([\d;]*)m)?([^\u001b]*)/g)) {
    for (const code of codes?.split(';') ?? []) style = styled(style, code);
    if (text) spans.push({ ...style, text });
  }
  return spans;
}

function styled(style: Style, code: string): Style {
  if (code === '0' || code === '') return {};
  if (code === '1') return { ...style, bold: true };
  if (code === '22') return { ...style, bold: false };
  if (code === '39') {
    const { color: _, ...rest } = style;
    return rest;
  }
  const color = COLORS[code.replace(/^9(\d)$/, '3$1')] ?? COLORS[code];
  return color === undefined ? style : { ...style, color };
}

function fold(spans: Span[]): Span[][] {
  const lines: Span[][] = [[]];
  let room = COLUMNS;
  for (const span of spans) {
    for (let text = span.text; text !== '';) {
      if (room === 0) {
        lines.push([]);
        room = COLUMNS;
      }
      lines.at(-1)!.push({ ...span, text: text.slice(0, room) });
      const taken = Math.min(room, text.length);
      text = text.slice(taken);
      room -= taken;
    }
  }
  return lines;
}

function tspan({ text, color, bold }: Span): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const attributes = `${color === undefined ? '' : ` fill="${color}"`}${bold === true ? ' font-weight="bold"' : ''}`;
  return `<tspan${attributes}>${escaped}</tspan>`;
}

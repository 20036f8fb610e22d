/** What stands on a terminal in the end: prompts draw themselves again and again, and spinners go. */

const SEQUENCE = /\x1b\[([?\d;]*)([A-Za-z])|\x1b[^[]|[\r\n\b]|[^\x1b\r\n\b]+/g;

/** @param output what a program wrote to a terminal that breaks no lines */
export function screenOf(output: string): string[] {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  const put = (text: string): void => {
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
  };
  const move = (command: string, count: number): void => {
    if (command === 'A') row = Math.max(0, row - count);
    else if (command === 'B') row += count;
    else if (command === 'C') column += count;
    else if (command === 'D') column = Math.max(0, column - count);
    else if (command === 'G') column = count - 1;
    while (lines.length <= row) lines.push('');
  };
  for (const [text, parameters = '', command] of output.matchAll(SEQUENCE)) {
    if (command === 'J') {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? '').slice(0, column);
    } else if (command === 'K') lines[row] = parameters === '2' ? '' : (lines[row] ?? '').slice(0, column);
    else if (command !== undefined) move(command, Number(parameters.split(';')[0] || '1'));
    else if (text === '\r') column = 0;
    else if (text === '\b') column = Math.max(0, column - 1);
    else if (text === '\n') {
      row += 1;
      while (lines.length <= row) lines.push('');
    } else if (!text.startsWith('\x1b')) put(text);
  }
  return lines.map((line) => line.trimEnd());
}

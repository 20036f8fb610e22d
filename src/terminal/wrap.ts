/** A command to paste: a line break in it would end it. */
const COMMAND = /^(sf|openssl|keytool|chmod|git|export|set|sudo|ssh-keygen|w32tm) /;

/**
 * Breaks a text into lines of a width, at blanks. A command stays one line, and gets one of its own where it follows a
 * colon: the terminal may break it on the screen, but not in the clipboard.
 *
 * @param width columns; undefined leaves the text as it is
 */
export function wrap(text: string, width: number | undefined): string[] {
  if (width === undefined || COMMAND.test(text)) return [text];
  const [lead, command] = splitCommand(text);
  const lines: string[] = [];
  let line = '';
  for (const word of lead.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line, ...(command === undefined ? [] : [command])];
}

function splitCommand(text: string): [lead: string, command?: string] {
  for (const { index } of text.matchAll(/: /g)) {
    if (COMMAND.test(text.slice(index + 2))) return [text.slice(0, index + 1), text.slice(index + 2)];
  }
  return [text];
}

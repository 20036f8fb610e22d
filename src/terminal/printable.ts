/** What steers a terminal: control characters but tab and line feed, in their one-byte forms too, and line separators. */
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\r(?!\n)/g;
/** As {@link CONTROLS}, but for the colors that our own texts have. */
const CONTROLS_BUT_COLORS = /(?!\x1b\[[\d;]*m)[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\r(?!\n)/g;
/** Marks that turn the text around them, and so show another one (CVE-2021-42574). */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LINE_BREAKS = /\s*[\r\n\x0b\x0c\x85\u2028\u2029]\s*/g;

/** A text of ours as it may reach a terminal: lines and colors stay. */
export function printable(text: string): string {
  return shown(text, CONTROLS_BUT_COLORS);
}

/** A value from outside as it may stand in a text of ours: on one line, and it steers nothing. */
export function inLine(value: string): string {
  return shown(value.replace(LINE_BREAKS, ' '), CONTROLS);
}

/** As {@link inLine}, for a value of several lines of its own. */
export function inLines(value: string): string {
  return value.split('\n').map(inLine).join('\n');
}

function shown(text: string, controls: RegExp): string {
  return text.replace(controls, '\uFFFD').replace(TURNING, escaped);
}

/** A character as JSON, JavaScript and `$'…'` of a shell write it. */
export function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

import { powerShellLine, powerShellWord } from './power-shell.js';
import { escaped } from './printable.js';

/**
 * An argument as a person can paste it into the shell of the platform: unchanged when that is safe, else in quotes.
 * On Windows that is PowerShell. What would steer the terminal that shows it, or begin a line of its own, is written as `$'…'`,
 * which bash, zsh and POSIX.1-2024 know.
 */
export function shellQuote(argument: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return powerShellWord(argument);
  if (/^[\w./:+,@%=-]+$/.test(argument)) return argument;
  if (!STEERING.test(argument)) return `'${argument.replaceAll("'", `'\\''`)}'`;
  const word = argument.replace(/[\\']/g, '\\$&').replace(new RegExp(STEERING, 'g'), escaped);
  return `$'${word}'`;
}

const STEERING = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** A line of a text that has a command, written for a POSIX shell, as a person can paste it into the shell of the platform. */
export function shellLine(line: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? powerShellLine(line) : line;
}

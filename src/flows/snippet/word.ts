import { Failure } from '../../failure.js';
import { shellQuote } from '../../terminal/shell-quote.js';

/** Where a CI would begin to read an expression of its own, also within the quotes of the shell. */
const EXPRESSION = /\$(?=[({[])|<(?=<)|#(?=#)/g;

/**
 * A value as one word of a POSIX shell that no CI reads anything into: between the two characters that begin an
 * expression (`${{`, `$(`, `$[`, `<<`, `##`) the quotes are closed and opened again, which the shell doesn't see.
 */
export function word(value: string): string {
  return shellQuote(value, 'linux').replace(EXPRESSION, "$&''");
}

/**
 * Refuses what YAML and Groovy have no plain way to hold, and no username, client ID, URL or path should.
 *
 * @param what the flag that the value belongs to
 * @throws Failure `value_unprintable`
 */
export function checkPrintable(what: string, value: string): void {
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\uFEFF]/u.test(value)) {
    throw new Failure('value_unprintable', { what, value: JSON.stringify(value) });
  }
}

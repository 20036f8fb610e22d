import { inLine, inLines } from './printable.js';
import { shellQuote } from './shell-quote.js';

/** Puts values into a text from `messages/`: `{name}` is the value on one line, `{name:lines}` on its own lines, `{name:shell}` as it can be pasted. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(:shell|:lines)?\}/g, (placeholder, name: string, form: string | undefined) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    const text = String(value);
    if (form === ':shell') return shellQuote(text);
    return form === ':lines' ? inLines(text) : inLine(text);
  });
}

import { shellQuote } from './shell-quote.js';

/** Puts values into a text from `messages/`: `{name}` is the value as it is, `{name:shell}` as it can be pasted. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(:shell)?\}/g, (placeholder, name: string, shell: string | undefined) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    return shell === undefined ? String(value) : shellQuote(String(value));
  });
}

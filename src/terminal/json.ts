import { ux } from '@oclif/core/ux';
import { withoutSecrets } from '../keys/secrets.js';
import { escaped, inLines } from './printable.js';

/** What JSON leaves as it is, and what steers a terminal or turns its text around. */
const STEERING = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The value with every text in it masked. @param given secrets that stay */
export function masked(value: unknown, given: ReadonlySet<string>): unknown {
  return mapTexts(value, (text) => withoutSecrets(text, given));
}

/**
 * Writes JSON to standard output. For programs it says what was said, with everything escaped that steers a terminal.
 *
 * @param writeColored writes JSON in colors, for a person at a terminal
 */
export function writeJson(json: unknown, writeColored: (json: unknown) => void): void {
  if (process.stdout.isTTY) writeColored(mapTexts(json, inLines));
  else ux.stdout(JSON.stringify(json, null, 2).replace(STEERING, escaped));
}

/** Plain data as JSON sees it, each of its texts as `change` makes it. What holds itself is left out there. */
function mapTexts(value: unknown, change: (text: string) => string, above: readonly object[] = []): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return undefined;
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, within));
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return mapTexts((value as { toJSON: () => unknown }).toJSON(), change, within);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change, within)]));
}

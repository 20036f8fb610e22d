/** What only a shell could read, outside of quotes. */
const SHELL_SYNTAX = /^(?:[|&;<>`]|\$[\w({])/;

/** The words of a command line; or the part that no word can be made of. */
export type SplitWords = { words: string[] } | { part: string };

/**
 * Splits a command line into words as a POSIX shell does, but for what needs one: variables, pipes, redirections. On Windows
 * a backslash is one, as paths have it, but before a double quote, and only double quotes quote.
 */
export function splitWords(line: string, platform: NodeJS.Platform): SplitWords {
  return platform === 'win32' ? splitBy(line, WINDOWS) : splitBy(line, POSIX);
}

/** What may come next in a line: a pattern, and what it adds to the word; undefined: it ends the word. */
type Rule = [pattern: RegExp, text: ((found: string) => string) | undefined];

const POSIX: Rule[] = [
  [/^[ \t]+/, undefined],
  [/^'[^']*'/, (found) => found.slice(1, -1)],
  [/^"(?:[^"\\$`]|\\[^]|\$(?![\w({]))*"/, (found) => found.slice(1, -1).replace(/\\(["\\$`])/g, '$1')],
  [/^\\[^]/, (found) => found.slice(1)],
  [/^[^\s'"\\|&;<>`$]+/, (found) => found],
  [/^\$(?![\w({])/, (found) => found],
];

const WINDOWS: Rule[] = [
  [/^[ \t]+/, undefined],
  [/^"(?:[^"\\]|\\[^])*"/, (found) => found.slice(1, -1).replaceAll('\\"', '"')],
  [/^\\"/, () => '"'],
  [/^[^\s"\\]+|^\\/, (found) => found],
];

function splitBy(line: string, rules: Rule[]): SplitWords {
  const words: string[] = [];
  let word: string | undefined;
  for (let rest = line; rest !== '';) {
    const [found, text] = firstOf(rules, rest);
    if (found === undefined) return { part: SHELL_SYNTAX.exec(rest)?.[0] ?? rest };
    rest = rest.slice(found.length);
    if (text !== undefined) word = (word ?? '') + text(found);
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return { words: word === undefined ? words : [...words, word] };
}

function firstOf(rules: Rule[], rest: string): [found: string | undefined, text: Rule[1]] {
  for (const [pattern, text] of rules) {
    const [found] = pattern.exec(rest) ?? [];
    if (found !== undefined) return [found, text];
  }
  return [undefined, undefined];
}

/** A word as {@link splitWords} reads it back. */
export function quotedWord(word: string, platform: NodeJS.Platform): string {
  if (/^[\w@%+=:,./~^-]+$/.test(word)) return word;
  if (platform === 'win32') return `"${word.replaceAll('"', '\\"')}"`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

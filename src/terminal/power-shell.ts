/**
 * What texts tell people to paste is written for a POSIX shell. On Windows it's for PowerShell, in both of its versions: 5.1, which comes with
 * Windows, and 7.
 */
import { inLine } from './printable.js';

/** Means nothing to PowerShell within a word, and nothing to cmd.exe. A comma makes a list, and a tilde at the start is a folder. */
const PLAIN = /^(?![~@-])[\w.:\\/~+@-]+$|^-{1,2}\w[\w-]*$/;

/** Within double quotes these mean something to PowerShell, which takes typographic quotes for quotes, or to cmd.exe. */
const UNSAFE_IN_DOUBLE_QUOTES = /["$`%!\u201c-\u201e]/;

/** What PowerShell takes for a single quote. */
const SINGLE_QUOTES = /['\u2018-\u201b]/g;

/**
 * An argument as PowerShell takes it, and wherever that can be, cmd.exe too. Both hand a program one line, from which it reads its
 * arguments: there a double quote needs a backslash, and so does a backslash before one.
 */
export function powerShellWord(argument: string): string {
  if (PLAIN.test(argument)) return argument;
  const text = inLine(argument);
  // PowerShell puts quotes around what has blanks, and no others; before those a backslash counts.
  const isSplit = /\s/.test(text);
  const last = /\\*$/.exec(text)![0];
  if (!UNSAFE_IN_DOUBLE_QUOTES.test(text) && (isSplit || last === '')) return `"${text}${last}"`;
  const escaped = text.replace(/(\\*)"/g, '$1$1\\"') + (isSplit ? last : '');
  return `'${escaped.replace(SINGLE_QUOTES, '$&$&')}'`;
}

/** Where a command begins in a line of a text: at its start, behind a label, or behind a colon. */
const COMMAND =
  /^(\s*(?:Git(?:Hub|Lab) {2})?|.*?: )((?:sf|sf-plugin-jwt|export|unset|chmod|eval|gh|glab|java|git|cp|mv|[A-Z][A-Z\d_]+=).*)$/;

const IN_ONE_LINE = " | base64 | tr -d '\\n'";

type Rule = [pattern: RegExp, replacement: string | ((...groups: string[]) => string)];

const RULES: readonly Rule[] = [
  [/^eval "\$\(ssh-agent -s\)"$/, 'Start-Service ssh-agent'],
  [
    /^export HOME="\$\(mktemp -d\)"$/,
    '$env:USERPROFILE = (New-Item -ItemType Directory "$env:TEMP\\$(New-Guid)").FullName',
  ],
  [/^export (\w+)="\$\((.*)\)"$/, '$env:$1 = ($2) -join "`n"'],
  [/^export (\w+)="\$(\w+)"$/, '$env:$1 = $env:$2'],
  [/^export (\w+)=(.*)$/, (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`],
  [/^([A-Z]\w+)="\$\((.*)\)" (.*)$/, (name, value, rest) => `$env:${name} = ${oneLine(value)}; ${rest}`],
  [/^unset (\S+)$/, 'Remove-Item Env:$1'],
  [/^chmod 600 (.*)$/, 'icacls $1 /inheritance:r /grant:r "${env:USERNAME}:F"'],
  [/^(.*) < (\S+|"[^"]*"|'[^']*')$/, 'Get-Content -Raw $2 | $1'],
];

/** A line with a command for a POSIX shell as PowerShell takes it; any other line as it is. */
export function powerShellLine(line: string): string {
  const [, before, command] = COMMAND.exec(line) ?? [];
  if (before === undefined || command === undefined) return line;
  const parts = outsideOfQuotes(command, ' && ').map(translated);
  return before + parts.reduceRight((rest, part) => `${part}; if ($?) { ${rest} }`);
}

function translated(command: string): string {
  for (const [pattern, replacement] of RULES) {
    if (!pattern.test(command)) continue;
    const [, ...groups] = pattern.exec(command)!;
    return withVariables(
      typeof replacement === 'string' ? command.replace(pattern, replacement) : replacement(...groups),
    );
  }
  return withVariables(oneLineOf(command));
}

/** `COMMAND | base64 | tr -d '\n'` and what comes behind it. */
function oneLineOf(command: string): string {
  const [producer = '', rest] = command.split(IN_ONE_LINE);
  return rest === undefined ? command : `${oneLine(producer + IN_ONE_LINE)}${rest}`;
}

function oneLine(command: string): string {
  const producer = command.replace(IN_ONE_LINE, '');
  if (producer === command) return `(${command})`;
  return `[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((${producer}) -join "\`n"))`;
}

/** `"$NAME"` → `"$env:NAME"`; quotes within single ones need a backslash to reach the program. */
function withVariables(command: string): string {
  return command
    .replace(/"\$([A-Z][A-Z\d_]*)"/g, '"$env:$1"')
    .replace(/(?<= )'([^']*)'/g, (word, text: string) =>
      text.includes('"') ? `'${text.replaceAll('"', '\\"')}'` : word,
    );
}

/** The parts between separators that stand in no quotes. */
function outsideOfQuotes(command: string, separator: string): string[] {
  const parts = [''];
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const character = command[at]!;
    if (quote === '' && command.startsWith(separator, at)) {
      parts.push('');
      at += separator.length - 1;
      continue;
    }
    if (quote === character) quote = '';
    else if (quote === '' && /["']/.test(character)) quote = character;
    parts.push(`${parts.pop()!}${character}`);
  }
  return parts;
}

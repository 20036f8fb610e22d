/** The commands that texts in `messages/` tell people to run, as patterns that a printed one can be held against. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MESSAGES = join(import.meta.dirname, '..', '..', '..', 'messages');

/** A command of advice as its text has it, with placeholders. */
export type Template = { file: string; key: string; command: string; pattern: RegExp };

const PROGRAM =
  'sf (?:jwt|org|config|project|data|alias) |openssl |keytool -|chmod |cp |mv |ssh-keygen |git |export |gh |glab ';
/** A command is a line, or what stands behind a colon at the end of one. */
const COMMAND = new RegExp(`(?:^|: )((?:${PROGRAM}).*)$`);

export const MESSAGE_FILES = readdirSync(MESSAGES).map((name) => name.replace(/\.md$/, ''));

/** The commands in lines that were printed. */
export function commandsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => COMMAND.exec(line.trim())?.[1] ?? []);
}

/** The commands in the texts of a file, but for the help of commands and flags. */
export function templatesIn(file: string): Template[] {
  const text = readFileSync(join(MESSAGES, `${file}.md`), 'utf8');
  return [...text.matchAll(/^# (\S+)\n\n([^]*?)(?=\n# |(?![^]))/gm)].flatMap(([, key = '', body = '']) => {
    if (/^(summary|description|examples|flags\.|environment\.)/.test(key)) return [];
    const lines = body.split('\n').map((line) =>
      line
        .replace(/^- (\{\?\w+\})?/, '')
        // How this program is called stands where it isn't known to be `sf`.
        .replace(/(^|: )(?:%s|\{bin\}) (?=(?:jwt|org) )/, '$1sf '),
    );
    return commandsIn(lines).map((command) => ({ file, key, command, pattern: patternOf(command) }));
  });
}

/** An empty value takes the flag before it along; `{login}` and the like are several flags. */
function patternOf(command: string): RegExp {
  const parts = command.split(/( --[\w-]+ \{\w+:shell\}|\{\w+(?::\w+)?\}|%s)/);
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
    return part.startsWith(' --') ? `(?:${/^ --[\w-]+/.exec(part)?.[0]} .+?)?` : '.*?';
  });
  return new RegExp(`^${source.join('')}$`);
}

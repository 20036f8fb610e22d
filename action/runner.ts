/** What a runner of GitHub Actions gives to an action, and takes from it. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { inLine } from '../src/terminal/printable.js';

export type Runner = {
  environment: NodeJS.ProcessEnv;
  /** The value of an input without blanks around it; undefined where it's empty */
  input: (name: string) => string | undefined;
  /** What the main step has kept for the one at the end of the job. */
  state: (name: string) => string | undefined;
  saveState: (name: string, value: string) => void;
  setOutput: (name: string, value: string) => void;
  /** Has the runner put `***` in the place of a text, in all logs of the job. */
  mask: (text: string) => void;
  /** Markdown */
  summarize: (markdown: string) => void;
  say: (text: string) => void;
  notice: (title: string, text: string) => void;
  warn: (title: string, text: string) => void;
  fail: (title: string, text: string) => void;
};

/**
 * @param write to the log of the step, which is where commands go
 * @param onFailure has the step fail
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function runnerOf(environment: NodeJS.ProcessEnv, write: (text: string) => void, onFailure: () => void): Runner {
  const command = (name: string, data: string, title?: string): void => {
    const properties = title === undefined ? '' : ` title=${escapeProperty(title)}`;
    write(`::${name}${properties}::${escapeData(data)}\n`);
  };
  const append = (variable: string, text: string): void => {
    const file = environment[variable];
    if (file) appendFileSync(file, text);
  };
  return {
    environment,
    input: (name) => environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`]?.trim() || undefined,
    state: (name) => environment[`STATE_${name}`] || undefined,
    saveState: (name, value) => append('GITHUB_STATE', assignment(name, value)),
    setOutput: (name, value) => append('GITHUB_OUTPUT', assignment(name, value)),
    mask: (text) => command('add-mask', text),
    summarize: (markdown) => append('GITHUB_STEP_SUMMARY', markdown),
    // The runner looks for commands of an older form anywhere in a line.
    say: (text) =>
      write(
        `${inLine(text)
          .replaceAll('##[', '## [')
          .replace(/^\s*::/, ': :')}\n`,
      ),
    notice: (title, text) => command('notice', text, title),
    warn: (title, text) => command('warning', text, title),
    fail: (title, text) => {
      command('error', text, title);
      onFailure();
    },
  };
}

/** A value of any lines; nothing in it is known to whoever could end it early. */
function assignment(name: string, value: string): string {
  const delimiter = `sf-jwt-${randomUUID()}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

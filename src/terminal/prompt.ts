import { ux } from '@oclif/core/ux';
import { Messages } from './messages.js';
import type { SfCommand } from '@salesforce/sf-plugins-core';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** What a CI sets, and nobody answers there; some switch it off by a word. */
const NO_CI = ['', '0', 'false'];

/**
 * Whether a person is there to answer, and wants to: at a terminal, and not in a CI, behind `--json` or with `--no-prompt`.
 *
 * @param input the file that is read, if any; `-` takes stdin, and with it the answers
 */
export function canAsk(command: SfCommand<unknown>, input?: string): boolean {
  if (command.jsonEnabled() || command.argv.includes('--no-prompt')) return false;
  const { CI = '' } = process.env;
  return process.stdin.isTTY && process.stdout.isTTY && input !== '-' && NO_CI.includes(CI.toLowerCase());
}

/** Asks for a secret, which isn't shown, and says before if the last one was wrong; undefined where nobody can answer. */
export function secretAsker(
  command: SfCommand<unknown>,
  message: string,
  input?: string,
): ((wrong?: boolean) => Promise<string>) | undefined {
  if (!canAsk(command, input)) return undefined;
  const ask = (wrong: boolean): Promise<string> => {
    if (wrong) command.logToStderr(messages.getMessage('prompt.wrong'));
    return command.secretPrompt({ message });
  };
  // A spinner would swallow what is said before the question.
  return (wrong = false) => ux.action.pauseAsync<string>(() => ask(wrong));
}

/** Asks for a new secret, and for the same `again`; undefined where nobody can answer. */
export function newSecretAsker(
  command: SfCommand<unknown>,
  message: { first: string; again: string },
  input?: string,
): ((again: boolean) => Promise<string>) | undefined {
  if (!canAsk(command, input)) return undefined;
  return (again) => command.secretPrompt({ message: again ? message.again : message.first });
}

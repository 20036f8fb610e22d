import type { SfCommand } from '@salesforce/sf-plugins-core';

/**
 * Whether a person is there to answer: at a terminal, not behind `--json`.
 *
 * @param input the file that is read, if any; `-` takes stdin, and with it the answers
 */
export function canAsk(command: SfCommand<unknown>, input?: string): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && input !== '-' && !command.jsonEnabled();
}

/** Asks for a secret, which isn't shown; undefined where nobody can answer. */
export function secretAsker(
  command: SfCommand<unknown>,
  message: string,
  input?: string,
): (() => Promise<string>) | undefined {
  return canAsk(command, input) ? () => command.secretPrompt({ message }) : undefined;
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

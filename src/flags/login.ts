import { Messages } from '@salesforce/core';
import { Flags, type SfCommand } from '@salesforce/sf-plugins-core';
import type { KeySources } from '../files/key-input.js';
import { TOKEN_TIMEOUT } from '../token/endpoint.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

const summary = (flag: string): { summary: string } => ({ summary: messages.getMessage(`flags.${flag}.summary`) });
const summaryAndDescription = (flag: string): { summary: string; description: string } => ({
  ...summary(flag),
  description: messages.getMessage(`flags.${flag}.description`),
});

/** The flags of every command that signs. */
export const keyFlags = {
  'jwt-key-file': Flags.string({ char: 'f', ...summaryAndDescription('jwt-key-file') }),
  'passphrase-file': Flags.string(summary('passphrase-file')),
};

/** The flags that describe one JWT login. */
export const loginFlags = {
  // eslint-plugin-sf-plugin keeps `-o` for target orgs; here it follows `org login jwt`
  'username': Flags.string({ char: 'o', required: true, ...summary('username') }),
  'client-id': Flags.string({ char: 'i', required: true, ...summary('client-id') }),
  ...keyFlags,
  'instance-url': Flags.url({ char: 'r', ...summaryAndDescription('instance-url') }),
  'audience': Flags.string(summaryAndDescription('audience')),
};

/** How long one request may take, for commands that send any. */
export const timeoutFlag = Flags.duration({
  unit: 'seconds',
  min: 1,
  max: 3600,
  defaultValue: TOKEN_TIMEOUT / 1000,
  ...summary('timeout'),
});

export const KEY_ENVIRONMENT = {
  SF_JWT_KEY: messages.getMessage('environment.SF_JWT_KEY'),
  SF_JWT_KEY_PASSPHRASE: messages.getMessage('environment.SF_JWT_KEY_PASSPHRASE'),
};

export const LOGIN_ENVIRONMENT = {
  ...KEY_ENVIRONMENT,
  SF_AUDIENCE_URL: messages.getMessage('environment.SF_AUDIENCE_URL'),
};

export const EXIT_CODES = {
  0: messages.getMessage('exitCodes.0'),
  1: messages.getMessage('exitCodes.1'),
  2: messages.getMessage('exitCodes.2'),
};

/** The sources of a key as this process has them. A passphrase is asked only of a person at a terminal. */
export function keySources(
  command: SfCommand<unknown>,
  flags: { 'jwt-key-file': string | undefined; 'passphrase-file': string | undefined },
): KeySources {
  const canAsk = process.stdin.isTTY && process.stdout.isTTY && flags['jwt-key-file'] !== '-' && !command.jsonEnabled();
  return {
    file: flags['jwt-key-file'],
    environment: process.env,
    stdin: process.stdin,
    passphraseFile: flags['passphrase-file'],
    askPassphrase: canAsk
      ? () => command.secretPrompt({ message: messages.getMessage('prompt.passphrase') })
      : undefined,
  };
}

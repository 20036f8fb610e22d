import { Messages, type ConfigAggregator } from '@salesforce/core';
import { Flags, type SfCommand } from '@salesforce/sf-plugins-core';
import { audienceFor } from '../assertion/audience.js';
import { Failure } from '../failure.js';
import type { KeySources } from '../files/key-input.js';
import { passphraseFileReader } from '../files/passphrase.js';
import { secretAsker } from '../prompt.js';
import { loginUrlFor } from '../store/login-url.js';
import { TOKEN_TIMEOUT } from '../token/endpoint.js';
import type { LoginTarget } from '../token/log-in.js';

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

/**
 * What a flag names as a claim of the assertion. An unset CI variable makes it empty, and the org's answer to that would
 * name neither.
 *
 * @throws Failure `claim_empty`, before the command does anything
 */
export const asClaim =
  (claim: 'iss' | 'sub', flag: string) =>
  (value: string): Promise<string> =>
    value === '' ? Promise.reject(new Failure('claim_empty', { claim, flag })) : Promise.resolve(value);

/** The flags that describe one JWT login. */
export const loginFlags = {
  // eslint-plugin-sf-plugin keeps `-o` for target orgs; here it follows `org login jwt`
  'username': Flags.string({ char: 'o', required: true, parse: asClaim('sub', '--username'), ...summary('username') }),
  'client-id': Flags.string({
    char: 'i',
    required: true,
    parse: asClaim('iss', '--client-id'),
    ...summary('client-id'),
  }),
  ...keyFlags,
  'instance-url': Flags.url({ char: 'r', ...summaryAndDescription('instance-url') }),
  'audience': Flags.string(summaryAndDescription('audience')),
};

/**
 * `--wait` in minutes, 0 or more. The flag for durations by itself lets negative numbers pass where the least is 0, and
 * takes "5x" for 5.
 */
export function waitFlagOf(defaultValue: number, words: { summary: string; description?: string }) {
  const flag = Flags.duration({ char: 'w', unit: 'minutes', min: 0, defaultValue, ...words });
  const { parse } = flag;
  flag.parse = (input, context, options) => {
    if (/^\d+$/.test(input)) return parse(input, context, options);
    throw Object.assign(messages.createError('flags.wait.invalid', [input]), { exitCode: 2 });
  };
  return flag;
}

/** How long a login waits for an app that has yet to propagate. */
export const waitFlag = waitFlagOf(0, summaryAndDescription('wait'));

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

/** The exit codes of a login that may wait. */
export const LOGIN_EXIT_CODES = { ...EXIT_CODES, 69: messages.getMessage('exitCodes.69') };

/** Where and as whom the flags log in; see `loginUrlFor` for a URL that they leave out. */
export async function loginTarget(
  flags: { 'username': string; 'client-id': string } & AudienceFlags,
  config: ConfigAggregator,
): Promise<LoginTarget> {
  const loginUrl = await loginUrlFor(flags['instance-url'], config);
  const audience = givenAudience(flags) ?? audienceFor(loginUrl);
  return { clientId: flags['client-id'], username: flags.username, loginUrl, audience };
}

/** The audience that the flags ask for. The URL counts only where neither a flag nor the environment names one. */
export async function audienceOf(flags: AudienceFlags, config: ConfigAggregator): Promise<string> {
  return givenAudience(flags) ?? audienceFor(await loginUrlFor(flags['instance-url'], config));
}

type AudienceFlags = { 'audience': string | undefined; 'instance-url': URL | undefined };

/** An unset CI variable makes an empty flag, which names no audience. */
function givenAudience({ audience }: AudienceFlags): string | undefined {
  return audience || process.env['SF_AUDIENCE_URL'] || undefined;
}

/** The sources of a key as this process has them. A passphrase is asked only of a person at a terminal. */
export function keySources(
  command: SfCommand<unknown>,
  flags: { 'jwt-key-file': string | undefined; 'passphrase-file': string | undefined },
): KeySources {
  return {
    file: flags['jwt-key-file'],
    environment: process.env,
    stdin: process.stdin,
    passphraseFile: flags['passphrase-file'],
    readPassphraseFile: passphraseFileReader(),
    askPassphrase: secretAsker(command, messages.getMessage('prompt.passphrase'), flags['jwt-key-file']),
  };
}

import { OrgConfigProperties, type ConfigAggregator } from '@salesforce/core';
import { Messages } from '../messages.js';
import { Flags, type SfCommand } from '@salesforce/sf-plugins-core';
import { audienceFor } from '../../keys/assertion/audience.js';
import { Failure, isFailure } from '../../failure.js';
import { signerUriIn, withoutKeys, type KeySources } from '../../machine/files/key-input.js';
import { passphraseFileReader } from '../../machine/files/passphrase.js';
import { canAsk, secretAsker } from '../prompt.js';
import { asPath, asSigner, asText, bare } from './path.js';
import { adminLogin } from '../../machine/store/admin-login.js';
import { findJwtLogin } from '../../machine/store/stored-logins.js';
import { loginUrlFor } from '../../machine/store/login-url.js';
import { parseLoginUrl } from '../../salesforce/token/login-url.js';
import { explain } from '../explain.js';
import { TOKEN_TIMEOUT } from '../../salesforce/token/endpoint.js';
import type { LoginTarget } from '../../salesforce/token/log-in.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

const summary = (flag: string): { summary: string } => ({ summary: messages.getMessage(`flags.${flag}.summary`) });
const summaryAndDescription = (flag: string): { summary: string; description: string } => ({
  ...summary(flag),
  description: messages.getMessage(`flags.${flag}.description`),
});

/** The flags of every command that signs. */
export const keyFlags = {
  'jwt-key-file': Flags.string({
    char: 'f',
    parse: asPath('--jwt-key-file'),
    ...summaryAndDescription('jwt-key-file'),
  }),
  'signer': Flags.string({ parse: asSigner('--signer'), ...summaryAndDescription('signer') }),
  'passphrase-file': Flags.string({ parse: asPath('--passphrase-file', 'passphrase'), ...summary('passphrase-file') }),
  'store-passphrase-file': Flags.string({
    parse: asPath('--store-passphrase-file', 'passphrase'),
    ...summary('store-passphrase-file'),
  }),
  'store-alias': Flags.string({ parse: asText('--store-alias'), ...summary('store-alias') }),
};

/**
 * What a flag names as a claim of the assertion. An unset CI variable makes it empty, and the org's answer to that would
 * name neither.
 *
 * @throws Failure `claim_empty`, before the command does anything
 */
export const asClaim =
  (claim: 'iss' | 'sub', flag: string) =>
  async (value: string): Promise<string> => {
    const text = await asText(flag)(value);
    if (text === undefined) throw new Failure('claim_empty', { claim, flag });
    return text;
  };

/** A URL to log in at, as a person may have it: without `https://`, or that of a page of the org. */
export const instanceUrlFlag = Flags.custom<URL>({
  parse: (value) => {
    const url = parseLoginUrl(bare(value));
    if (url !== undefined) return Promise.resolve(url);
    throw Object.assign(explain(new Failure('login_url_malformed', { source: '--instance-url' })), { exitCode: 2 });
  },
});

/** Setup calls the client id consumer key. */
export const CLIENT_ID_NAMES = ['consumer-key'];

/** The flags that describe one JWT login. */
export const loginFlags = {
  // eslint-plugin-sf-plugin keeps `-o` for target orgs; here it follows `org login jwt`
  'username': Flags.string({ char: 'o', required: true, parse: asClaim('sub', '--username'), ...summary('username') }),
  'client-id': Flags.string({
    char: 'i',
    aliases: CLIENT_ID_NAMES,
    required: true,
    parse: asClaim('iss', '--client-id'),
    ...summary('client-id'),
  }),
  ...keyFlags,
  'instance-url': instanceUrlFlag({ char: 'r', ...summaryAndDescription('instance-url') }),
  'audience': Flags.string({ parse: asText('--audience'), ...summaryAndDescription('audience') }),
};

const clientIdOfOld = {
  char: 'i' as const,
  aliases: [...CLIENT_ID_NAMES, 'clientid'],
  deprecateAliases: true,
  parse: asClaim('iss', '--client-id'),
  ...summary('client-id'),
};

/** What describes a login that isn't stored */
export const describingFlags = {
  'username': loginFlags.username,
  'client-id': Flags.string({ ...clientIdOfOld, required: true }),
};

/** The same as `sfdx auth:jwt:grant` calls them, which guides still show; or a stored login, from which all of it is taken. */
export const loginFlagsOfOld = {
  ...loginFlags,
  'username': Flags.string({ char: 'o', parse: asClaim('sub', '--username'), ...summary('username') }),
  'client-id': Flags.string(clientIdOfOld),
  'target-org': Flags.string({
    parse: asText('--target-org', 'refused'),
    exclusive: ['username', 'client-id'],
    ...summaryAndDescription('target-org'),
  }),
  'jwt-key-file': Flags.string({
    char: 'f',
    aliases: ['jwtkeyfile'],
    deprecateAliases: true,
    parse: asPath('--jwt-key-file'),
    ...summaryAndDescription('jwt-key-file'),
  }),
  'instance-url': instanceUrlFlag({
    char: 'r',
    aliases: ['instanceurl'],
    deprecateAliases: true,
    ...summaryAndDescription('instance-url'),
  }),
};

/** The same for a command that takes what isn't said from a stored login, which `--username` names then. */
export const storedLoginFlags = {
  ...loginFlags,
  'username': Flags.string({
    char: 'o',
    required: true,
    parse: asClaim('sub', '--username'),
    ...summaryAndDescription('stored-username'),
  }),
  'client-id': Flags.string({
    char: 'i',
    aliases: CLIENT_ID_NAMES,
    parse: asClaim('iss', '--client-id'),
    ...summary('client-id'),
  }),
};

/** The same for a command that says what is wrong with the key's file, as one thing among others. */
export const examinedLoginFlags = {
  ...storedLoginFlags,
  'jwt-key-file': Flags.string({
    char: 'f',
    parse: asPath('--jwt-key-file', 'examined'),
    ...summaryAndDescription('jwt-key-file'),
  }),
};

type StoredLoginFlags = {
  'username': string;
  'client-id': string | undefined;
  'instance-url': URL | undefined;
  'jwt-key-file': string | undefined;
  'signer': string | undefined;
};

/** What a login is made with; see {@link completed}. `keyIsStored`: that of the environment doesn't count. */
export type CompletedFlags = StoredLoginFlags & { 'client-id': string; 'keyIsStored': boolean };

/**
 * The flags of a login, with what they don't say from the stored one that `--username` names, by username or alias. A key
 * that is stored goes before that of the environment.
 *
 * @throws Failure `login_without_key` for a login of another kind, `login_url_unusable`, `store_damaged`; the
 *   NamedOrgNotFoundError of core for one that isn't stored
 */
export async function completed<Given extends StoredLoginFlags>(flags: Given): Promise<Given & CompletedFlags> {
  const { 'client-id': given, 'username': name } = flags;
  if (given !== undefined) return { ...flags, 'client-id': given, 'keyIsStored': false };
  const { username, clientId, loginUrl, instanceUrl, privateKeyFile, signer } = await findJwtLogin(name);
  const stored = loginUrl || instanceUrl;
  const url = flags['instance-url'] ?? parseLoginUrl(stored);
  if (url === undefined) throw new Failure('login_url_unusable', { username, url: stored });
  const login = { ...flags, username, 'client-id': clientId, 'instance-url': url };
  if (flags['jwt-key-file'] !== undefined || flags.signer !== undefined) return { ...login, keyIsStored: false };
  const keyIsStored = privateKeyFile !== undefined || signer !== undefined;
  return { ...login, 'jwt-key-file': privateKeyFile, 'signer': signer?.uri, keyIsStored };
}

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
  SF_JWT_SIGNER: messages.getMessage('environment.SF_JWT_SIGNER'),
  SF_JWT_SIGNER_PIN: messages.getMessage('environment.SF_JWT_SIGNER_PIN'),
  SF_JWT_KEY: messages.getMessage('environment.SF_JWT_KEY'),
  SF_JWT_KEY_PASSPHRASE: messages.getMessage('environment.SF_JWT_KEY_PASSPHRASE'),
  SF_JWT_STORE_PASSPHRASE: messages.getMessage('environment.SF_JWT_STORE_PASSPHRASE'),
};

export const LOGIN_ENVIRONMENT = {
  ...KEY_ENVIRONMENT,
  SF_AUDIENCE_URL: messages.getMessage('environment.SF_AUDIENCE_URL'),
};

/** Of a command that asks an org as its admin, and whose flags say nothing of the time. */
export const ANSWER_ENVIRONMENT = { HTTP_TIMEOUT: messages.getMessage('environment.HTTP_TIMEOUT') };

/** The same with a key. */
export const ADMIN_ENVIRONMENT = { ...KEY_ENVIRONMENT, ...ANSWER_ENVIRONMENT };

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
  onConfigured: (url: URL, source: string) => void,
): Promise<LoginTarget> {
  const loginUrl = await loginUrlFor(flags['instance-url'], config, onConfigured);
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

/**
 * The sources of a key as this process has them. A passphrase or a PIN is asked only of a person at a terminal.
 *
 * @throws Failure `signer_and_key`
 */
export function keySources(
  command: SfCommand<unknown>,
  flags: Partial<
    Record<'jwt-key-file' | 'signer' | 'passphrase-file' | 'store-passphrase-file' | 'store-alias', string | undefined>
  > & { keyIsStored?: boolean },
): KeySources {
  const { 'jwt-key-file': file, signer } = flags;
  const environment = flags.keyIsStored === true ? withoutKeys(process.env) : process.env;
  requireOneKey({ file, signer, environment });
  return {
    file,
    signer,
    environment,
    stdin: process.stdin,
    passphraseFile: flags['passphrase-file'],
    readPassphraseFile: passphraseFileReader(),
    store: { passphraseFile: flags['store-passphrase-file'], alias: flags['store-alias'] || undefined },
    askPassphrase: secretAsker(command, messages.getMessage('prompt.passphrase'), file),
    askStorePassphrase: storeAsker(command, file),
    askPin: pinAsker(command, file),
  };
}

/** Flags and variables that exclude each other are wrong as flags are. */
function requireOneKey(sources: Parameters<typeof signerUriIn>[0]): void {
  try {
    signerUriIn(sources);
  } catch (error) {
    throw isFailure(error) ? Object.assign(explain(error), { exitCode: 2 }) : error;
  }
}

/** Asks for the PIN of what keeps a key; undefined where nobody can answer. */
export function pinAsker(command: SfCommand<unknown>, input?: string): KeySources['askPin'] {
  if (!canAsk(command, input)) return undefined;
  return (what) => secretAsker(command, messages.getMessage('prompt.pin', [what]), input)!();
}

/** Asks for the passphrase of a keystore once, also where it is read twice: for a certificate and for its key. */
function storeAsker(command: SfCommand<unknown>, input: string | undefined): KeySources['askStorePassphrase'] {
  const answers = new Map<string, Promise<string>>();
  return (source) => {
    const ask = secretAsker(command, messages.getMessage('prompt.storePassphrase', [source]), input);
    return (
      ask &&
      ((wrong) => {
        const answer = (wrong === true ? undefined : answers.get(source)) ?? ask(wrong);
        answers.set(source, answer);
        return answer;
      })
    );
  };
}

/** Finds an admin's stored login for advice about a failed one; the configured target org goes first. */
export function adminFinder(
  config: ConfigAggregator,
): (target: Pick<LoginTarget, 'loginUrl' | 'username'>) => string | undefined {
  const targetOrg = config.getPropertyValue(OrgConfigProperties.TARGET_ORG);
  return ({ loginUrl, username }) =>
    adminLogin({ loginUrl }, username, typeof targetOrg === 'string' ? targetOrg : undefined);
}

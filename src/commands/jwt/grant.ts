import { Messages, SfError, type AuthFields } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { audienceFor } from '../../assertion/audience.js';
import { explain, printable } from '../../explain.js';
import { isFailure } from '../../failure.js';
import { requireKeyInput } from '../../files/key-input.js';
import { grant, type KeyStorage } from '../../grant.js';
import { EXIT_CODES, keySources, LOGIN_ENVIRONMENT, loginFlags, timeoutFlag } from '../../flags/login.js';
import { REAL_PATIENCE } from '../../patience.js';
import { progressOf } from '../../progress.js';
import { shellQuote } from '../../shell-quote.js';
import { loginUrlFor } from '../../store/login-url.js';
import type { TokenRefusal } from '../../token/endpoint.js';
import { answerInWords } from '../../token/log-in.js';
import { systemFetch } from '../../token/network.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.grant');

/** The exit code when the wait for a new app or assignment was in vain. */
const STILL_UNKNOWN = 69;

const KEY_STORAGES: KeyStorage[] = ['path', 'copy', 'none'];

/** What `sf jwt grant --json` returns: the stored entry as `sf org login jwt` shows it, and where the key is. */
export type JwtGrantResult = AuthFields & {
  /** Where sf finds the private key when it refreshes the login. */
  keyStorage: 'path' | 'copy' | 'none';
};

export default class JwtGrant extends SfCommand<JwtGrantResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    ...loginFlags,
    'alias': Flags.string({ char: 'a', summary: messages.getMessage('flags.alias.summary') }),
    'set-default': Flags.boolean({
      char: 's',
      default: false,
      summary: messages.getMessage('flags.set-default.summary'),
    }),
    'set-default-dev-hub': Flags.boolean({
      char: 'd',
      default: false,
      summary: messages.getMessage('flags.set-default-dev-hub.summary'),
    }),
    'wait': Flags.duration({
      char: 'w',
      unit: 'minutes',
      min: 0,
      defaultValue: 0,
      summary: messages.getMessage('flags.wait.summary'),
      description: messages.getMessage('flags.wait.description'),
    }),
    'timeout': timeoutFlag,
    'key-storage': Flags.option({ options: KEY_STORAGES })({
      summary: messages.getMessage('flags.key-storage.summary'),
      description: messages.getMessage('flags.key-storage.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    [STILL_UNKNOWN]: messages.getMessage('exitCodes.69'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtGrantResult> {
    const { flags } = await this.parse(JwtGrant);
    const { username, 'client-id': clientId, 'jwt-key-file': keyFile, alias } = flags;
    const keyInput = await requireKeyInput(keySources(this, flags));
    const loginUrl = await loginUrlFor(flags['instance-url'], this.configAggregator);
    const audience = flags.audience ?? (process.env['SF_AUDIENCE_URL'] || audienceFor(loginUrl));
    this.waiting.start(messages.getMessage('spinner', [username, loginUrl.host]));
    const { fields, keyStorage, warnings } = await grant(
      {
        target: { clientId, username, loginUrl, audience },
        keyInput,
        keyFile: keyFile === '' ? undefined : keyFile,
        keyStorage: flags['key-storage'],
        names: { alias, setDefault: flags['set-default'], setDefaultDevHub: flags['set-default-dev-hub'] },
        limit: flags.wait.milliseconds,
        timeout: flags.timeout.milliseconds,
      },
      {
        ...REAL_PATIENCE,
        fetch: await systemFetch(process.env),
        environment: process.env,
        onWait: this.tellWait(flags.wait.minutes),
      },
    );
    this.waiting.stop();
    this.logSuccess(messages.getMessage('success', [fields.username, fields.orgId]));
    this.log(messages.getMessage(`keyStorage.${keyStorage}`, [fields.privateKey]));
    for (const warning of warnings) {
      this.warn(messages.getMessage(`warning.${warning}`, [shellQuote(keyInput.path ?? '')]));
    }
    this.log(messages.getMessage('next', [this.config.bin, shellQuote(alias ?? username)]));
    return { ...fields, keyStorage };
  }

  protected override catch(error: Error): Promise<never> {
    this.waiting.stop();
    const explained = explain(error);
    if (explained instanceof SfError && isFailure(error) && 'minutesWaited' in error.data) {
      const { minutesWaited } = error.data;
      if (minutesWaited > 0) {
        explained.message += ` ${messages.getMessage('waitedInVain', [minutesWaited])}`;
        explained.exitCode = STILL_UNKNOWN;
      }
    }
    return super.catch(explained);
  }

  /** A log, where nobody watches the spinner, has one line for each answer that is waited on. */
  private tellWait(minutes: number): (refusal: TokenRefusal) => void {
    let told = '';
    return (refusal) => {
      const waiting = messages.getMessage('waiting', [printable(answerInWords(refusal)), minutes]);
      this.waiting.status = waiting;
      if (waiting !== told && !process.stderr.isTTY) this.logToStderr(waiting);
      told = waiting;
    };
  }
}

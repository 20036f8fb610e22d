import { Messages, type AuthFields } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { requireKeyInput } from '../../files/key-input.js';
import { grant, type KeyStorage } from '../../grant.js';
import {
  keySources,
  LOGIN_ENVIRONMENT,
  LOGIN_EXIT_CODES,
  loginFlags,
  loginTarget,
  timeoutFlag,
  waitFlag,
} from '../../flags/login.js';
import { REAL_PATIENCE } from '../../patience.js';
import { progressOf } from '../../progress.js';
import { shellQuote } from '../../shell-quote.js';
import { storeLogin } from '../../store/auth-store.js';
import { systemFetch } from '../../token/network.js';
import { explainLogin, showLogin, tellWait } from '../../waiting.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.grant');

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
    'wait': waitFlag,
    'timeout': timeoutFlag,
    'key-storage': Flags.option({ options: KEY_STORAGES })({
      summary: messages.getMessage('flags.key-storage.summary'),
      description: messages.getMessage('flags.key-storage.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', LOGIN_EXIT_CODES);

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtGrantResult> {
    const { flags } = await this.parse(JwtGrant);
    const { username, 'jwt-key-file': keyFile, alias } = flags;
    const keyInput = await requireKeyInput(keySources(this, flags));
    const target = await loginTarget(flags, this.configAggregator);
    showLogin(this.waiting, target);
    const { fields, keyStorage, warnings } = await grant(
      {
        target,
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
        onWait: tellWait(this, this.waiting, flags.wait.minutes),
        store: storeLogin,
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
    return super.catch(explainLogin(error));
  }
}

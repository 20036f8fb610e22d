import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { certificateOf } from '../../machine/files/credential-input.js';
import { requireKeyInput } from '../../machine/files/key-input.js';
import { grant, type Granted, type JwtGrantResult, type KeyStorage } from '../../flows/grant.js';
import {
  adminFinder,
  completed,
  describingFlags,
  keySources,
  LOGIN_ENVIRONMENT,
  LOGIN_EXIT_CODES,
  loginFlagsOfOld,
  loginTarget,
  timeoutFlag,
  waitFlag,
} from '../../terminal/flags/login.js';
import { asPath, asText } from '../../terminal/flags/path.js';
import { SYSTEM_CLOCK } from '../../clock.js';
import { tellHost } from '../../terminal/host.js';
import { progressOf } from '../../terminal/progress.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { storeLogin } from '../../machine/store/auth-store.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { explainLogin, showLogin, tellWait } from '../../terminal/waiting.js';
import { ifDescribed, clientIdQuestion, unstoredKeyFileQuestion, usernameQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.grant');

const KEY_STORAGES: KeyStorage[] = ['path', 'copy', 'none'];

export type { JwtGrantResult };

export default class JwtGrant extends SfCommand<JwtGrantResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [
    ifDescribed(usernameQuestion),
    ifDescribed(clientIdQuestion),
    unstoredKeyFileQuestion,
  ];

  public static override readonly flags = {
    ...loginFlagsOfOld,
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      summary: messages.getMessage('flags.certificate-file.summary'),
      description: messages.getMessage('flags.certificate-file.description'),
    }),
    'alias': Flags.string({
      char: 'a',
      aliases: ['setalias'],
      deprecateAliases: true,
      parse: asText('--alias'),
      summary: messages.getMessage('flags.alias.summary'),
    }),
    'set-default': Flags.boolean({
      char: 's',
      aliases: ['setdefaultusername'],
      deprecateAliases: true,
      default: false,
      summary: messages.getMessage('flags.set-default.summary'),
    }),
    'set-default-dev-hub': Flags.boolean({
      char: 'd',
      aliases: ['setdefaultdevhubusername'],
      deprecateAliases: true,
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
    const flags = await this.flagsOf();
    const { username, 'jwt-key-file': keyFile, alias } = flags;
    const sources = keySources(this, flags);
    const keyInput = await requireKeyInput(sources);
    const certificate = await certificateOf(flags['certificate-file'], keyInput, sources);
    const target = await loginTarget(flags, this.configAggregator, tellHost(this));
    showLogin(this.waiting, target, flags.wait.milliseconds);
    const { fields, keyStorage, orgHidden, signer, warnings } = await grant(
      {
        target,
        keyInput,
        certificate,
        keyFile: keyFile === '' ? undefined : keyFile,
        passphraseFile: flags['passphrase-file'],
        keyStorage: flags['key-storage'],
        names: { alias, setDefault: flags['set-default'], setDefaultDevHub: flags['set-default-dev-hub'] },
        limit: flags.wait.milliseconds,
        timeout: flags.timeout.milliseconds,
      },
      {
        ...SYSTEM_CLOCK,
        fetch: await systemFetch(process.env),
        environment: process.env,
        adminOf: adminFinder(this.configAggregator),
        onWait: tellWait(this, this.waiting, flags.wait.minutes),
        store: storeLogin,
      },
    );
    this.waiting.stop();
    this.logSuccess(messages.getMessage('success', [fields.username, fields.orgId]));
    const name = shellQuote(alias ?? username);
    if (signer !== undefined) this.tellSigner(signer, name);
    else if (keyStorage === 'none') this.log(messages.getMessage('keyStorage.none'));
    else this.log(messages.getMessage(`keyStorage.${keyStorage}`, [fields.privateKey]));
    if (orgHidden) this.tellHidden(messages.getMessage('orgHidden', [fields.username]));
    for (const warning of warnings) {
      this.warn(
        warning === 'keyReadableByOthers'
          ? messages.getMessage('warning.keyReadableByOthers', [shellQuote(keyInput.path ?? '')])
          : messages.getMessage(`warning.${warning}`),
      );
    }
    this.log(messages.getMessage('next', [this.config.bin, name]));
    const ends = signer && { signer: signer.uri, sessionEndsBy: signer.sessionEndsBy.toISOString() };
    return { ...fields, keyStorage, ...ends };
  }

  /** A stored login is named, or a login is described, and then wholly. */
  private async flagsOf() {
    const { flags } = await this.parse(JwtGrant);
    const { 'target-org': name, 'username': given = name, 'client-id': clientId } = flags;
    if (given !== undefined && (name !== undefined || clientId !== undefined))
      return completed({ ...flags, username: given });
    const described = { flags: { ...JwtGrant.flags, ...describingFlags } };
    const parsed = await this.parse(Object.assign(Object.create(JwtGrant) as object, described));
    return completed(parsed.flags);
  }

  private tellSigner({ uri, sessionEndsBy }: NonNullable<Granted['signer']>, name: string): void {
    const end = sessionEndsBy.toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
    this.log(messages.getMessage('signer', [uri]));
    this.log(messages.getMessage('signer.session', [end, this.config.bin, name]));
  }

  /** No warning to a person, whom nothing is missing; a program has no other place to read it. */
  private tellHidden(words: string): void {
    if (this.jsonEnabled()) this.warn(words);
    else this.log(words);
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explainLogin(error));
  }
}

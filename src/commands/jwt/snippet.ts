import { resolve } from 'node:path';
import { Messages, OrgConfigProperties } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { formatPrivateKey } from '../../credential/private-key.js';
import { explain } from '../../explain.js';
import { Failure } from '../../failure.js';
import { requireKeyInput } from '../../files/key-input.js';
import { checkTargets, writeTogether } from '../../files/replace-together.js';
import { EXIT_CODES, KEY_ENVIRONMENT, keyFlags, keySources } from '../../flags/login.js';
import { wishFlags } from '../../flags/wish.js';
import { shellQuote } from '../../shell-quote.js';
import type { SnippetLogin, Wish } from '../../snippet/job.js';
import { CIS, pipelineFor, type Ci } from '../../snippet/pipeline.js';
import { secretsOf, type Secret } from '../../snippet/secrets.js';
import { loginUrlFor } from '../../store/login-url.js';
import { findJwtLogin } from '../../store/stored-logins.js';
import { isStorable } from '../../store/username.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.snippet');

/** What `sf jwt snippet --json` returns. */
export type JwtSnippetResult = {
  /** The CI that the pipeline is for, as in --for. */
  for: string;
  /** The pipeline. */
  content: string;
  /** Absolute path of the file that it was written to. Only with --output-file. */
  file?: string;
  /** The secrets that the pipeline reads. */
  secrets: Array<{
    /** Name of the secret. */
    name: string;
    /** What it holds and where it belongs. */
    description: string;
    /** Shell command that creates it, for CIs that have one. Words in upper case are to be replaced. */
    command?: string;
  }>;
};

/** The private key is never JSON, so this is never shown. */
const NO_PIPELINE: JwtSnippetResult = { for: '', content: '', secrets: [] };

export default class JwtSnippet extends SfCommand<JwtSnippetResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'for': Flags.option({ options: CIS })({
      summary: messages.getMessage('flags.for.summary'),
      exactlyOne: ['for', 'secret-value'],
    }),
    ...wishFlags,
    'secret-value': Flags.boolean({
      summary: messages.getMessage('flags.secret-value.summary'),
      description: messages.getMessage('flags.secret-value.description'),
    }),
    ...keyFlags,
    'output-file': Flags.string({
      exclusive: ['secret-value'],
      summary: messages.getMessage('flags.output-file.summary'),
    }),
    'overwrite': Flags.boolean({
      dependsOn: ['output-file'],
      summary: messages.getMessage('flags.overwrite.summary'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', KEY_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', EXIT_CODES);

  public async run(): Promise<JwtSnippetResult> {
    const { flags } = await this.parse(JwtSnippet);
    if (flags.for === undefined) {
      await this.printKey(flags);
      return NO_PIPELINE;
    }
    const file = flags['output-file'] === undefined ? undefined : resolve(flags['output-file']);
    const overwrite = flags.overwrite;
    if (file !== undefined) checkTargets([file], overwrite);
    const found = flags.fleet === undefined ? await this.loginOf(flags) : undefined;
    const wish: Wish =
      found === undefined ? { fleet: { file: flags.fleet!, shards: flags.shards ?? 1 } } : { login: found.login };
    const content = await pipelineFor(flags.for, wish);
    if (file === undefined) {
      this.log(content.trimEnd());
    } else {
      writeTogether([{ path: file, data: content, mode: 0o644 }], { overwrite });
      this.logSuccess(messages.getMessage('success', [file]));
    }
    const secrets = secretsOf(flags.for, this.keyPrinter(flags, found?.keyOf));
    this.sayNext(flags.for, secrets);
    return { for: flags.for, content, ...(file === undefined ? {} : { file }), secrets };
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explain(error));
  }

  /** The login of the flags themselves, else the stored one that they name. */
  private async loginOf(flags: LoginFlags): Promise<FoundLogin> {
    const org = this.targetOrg(flags);
    if (org === undefined) throw new Failure('snippet_login_missing', {});
    const { 'client-id': clientId, 'instance-url': url } = flags;
    if (clientId !== undefined && url !== undefined) {
      if (!isStorable(org)) throw new Failure('username_illegal', { username: org });
      const instanceUrl = withoutSlash((await loginUrlFor(url, this.configAggregator)).href);
      return { login: { username: org, clientId, instanceUrl }, keyOf: undefined };
    }
    const { username, clientId: storedId, loginUrl, instanceUrl, privateKeyFile } = await findJwtLogin(org);
    const storedUrl = loginUrl || instanceUrl;
    if (!URL.canParse(storedUrl)) throw new Failure('login_url_unusable', { username, url: storedUrl });
    return {
      login: { username, clientId: storedId, instanceUrl: withoutSlash(storedUrl) },
      keyOf: privateKeyFile === undefined ? undefined : username,
    };
  }

  /** Prints the private key as plain PKCS#8 in PEM: for a pipe, since that is what the secret of a CI is made of. */
  private async printKey(flags: LoginFlags): Promise<void> {
    if (process.stdout.isTTY || this.jsonEnabled()) throw new Failure('secret_value_exposed', {});
    const given = flags['jwt-key-file'] ?? (process.env['SF_JWT_KEY'] && !flags['target-org'] ? '' : undefined);
    const org = this.targetOrg(flags);
    const file = given === undefined && org !== undefined ? await storedKeyOf(org) : given;
    const { key } = await requireKeyInput(keySources(this, { ...flags, 'jwt-key-file': file }));
    this.log(formatPrivateKey(key).trimEnd());
  }

  private targetOrg({ 'target-org': given, 'client-id': clientId }: LoginFlags): string | undefined {
    if (given !== undefined || clientId !== undefined) return given;
    const value = this.configAggregator.getPropertyValue(OrgConfigProperties.TARGET_ORG);
    return typeof value === 'string' ? value : undefined;
  }

  /** The command that prints the key of the login: from a file where none is stored. */
  private keyPrinter({ 'jwt-key-file': keyFile }: LoginFlags, keyOf: string | undefined): string {
    const source =
      keyOf !== undefined && keyFile === undefined
        ? `--target-org ${shellQuote(keyOf)}`
        : `--jwt-key-file ${shellQuote(keyFile || 'server.key')}`;
    return `${this.config.bin} jwt snippet --secret-value ${source}`;
  }

  /** On standard error, so that the pipeline can be redirected while a person reads on. */
  private sayNext(ci: Ci, secrets: Secret[]): void {
    this.logToStderr();
    for (const { name, description, command } of secrets) {
      this.logToStderr(messages.getMessage('secret', [name, description]));
      if (command !== undefined) this.logToStderr(`\n  ${command}\n`);
    }
    this.logToStderr(messages.getMessage('next', [messages.getMessage(`place.${ci}`)]));
  }
}

type LoginFlags = {
  'target-org': string | undefined;
  'client-id': string | undefined;
  'instance-url': URL | undefined;
  'jwt-key-file': string | undefined;
  'passphrase-file': string | undefined;
};

/** A login, and the user whose stored entry leads to its key; undefined where none does. */
type FoundLogin = { login: SnippetLogin; keyOf: string | undefined };

async function storedKeyOf(org: string): Promise<string> {
  const { username, privateKeyFile } = await findJwtLogin(org);
  if (privateKeyFile === undefined) throw new Failure('login_without_key', { username });
  return privateKeyFile;
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '');

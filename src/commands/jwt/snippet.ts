import { resolve } from 'node:path';
import { OrgConfigProperties } from '@salesforce/core';
import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { formatPrivateKey } from '../../keys/credential/private-key.js';
import { Failure } from '../../failure.js';
import { requireKeyInput } from '../../machine/files/key-input.js';
import { checkTargets, writeTogether } from '../../machine/files/replace-together.js';
import { EXIT_CODES, KEY_ENVIRONMENT, keyFlags, keySources } from '../../terminal/flags/login.js';
import { pipelineFlags, pipelineShapeFlags } from '../../terminal/flags/pipeline.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { lossOf, pipelineFor, placeText } from '../../flows/snippet/pipeline.js';
import { parsePluginSource } from '../../flows/snippet/plugin-source.js';
import {
  CIS,
  type JobKind,
  type LoginWith,
  type PipelineRequest,
  type SnippetLogin,
} from '../../flows/snippet/request.js';
import { runningVersions } from '../../flows/snippet/running.js';
import { KEY_VARIABLE } from '../../flows/snippet/step.js';
import { text } from '../../flows/snippet/text.js';
import { secretsOf, type Secret } from '../../flows/snippet/secrets.js';
import { isPipelineSigner, snippetSigner } from '../../flows/snippet/signer.js';
import { trustFor } from '../../flows/snippet/trust.js';
import { runProgram } from '../../machine/program.js';
import { readWorkTree } from '../../machine/work-tree.js';
import { loginUrlFor } from '../../machine/store/login-url.js';
import { findJwtLogin } from '../../machine/store/stored-logins.js';
import { isStorable } from '../../machine/store/username.js';
import { asPath, asSigner } from '../../terminal/flags/path.js';
import { isGiven, type Question } from '../../terminal/question.js';
import { configuredOrg, loginQuestion } from '../../terminal/questions.js';

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
  /** Command by which the pipeline logs in: `jwt` for `sf jwt grant`, `sf` for `sf org login jwt`. */
  loginWith: string;
  /** The secrets that the pipeline reads. */
  secrets: Array<{
    /** Name of the secret. */
    name: string;
    /** What it holds and where it belongs. */
    description: string;
    /** Shell command that creates it, for CIs that have one. Words in upper case are to be replaced. */
    command?: string;
  }>;
  /**
   * Script of a POSIX shell which creates, once, the trust in the pipeline's jobs and the rights on the key. Words in upper case
   * are to be replaced. Only with --signer.
   */
  trust?: string;
};

/** The private key is never JSON, so this is never shown. */
const NO_PIPELINE: JwtSnippetResult = { for: '', content: '', loginWith: '', secrets: [] };

/** The CI that the pipeline is for. */
const ciQuestion: Question = {
  name: 'for',
  isMissing: (given) => !isGiven(given, 'for') && !isGiven(given, 'secret-value'),
  ask: (asker) =>
    asker.choose(
      messages.getMessage('ask.for'),
      CIS.map((value) => ({ value, name: value })),
    ),
};

const whichLogin = loginQuestion(
  'target-org',
  async (given) =>
    !['target-org', 'orgs-file', 'secret-value'].some((name) => isGiven(given, name)) &&
    (isGiven(given, 'client-id') || (await configuredOrg()) === undefined),
);

export default class JwtSnippet extends SfCommand<JwtSnippetResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [ciQuestion, whichLogin];

  public static override readonly flags = {
    'for': Flags.option({ options: CIS })({
      summary: messages.getMessage('flags.for.summary'),
      exactlyOne: ['for', 'secret-value'],
    }),
    ...pipelineFlags,
    ...pipelineShapeFlags,
    'secret-value': Flags.boolean({
      summary: messages.getMessage('flags.secret-value.summary'),
      description: messages.getMessage('flags.secret-value.description'),
    }),
    ...keyFlags,
    'signer': Flags.string({
      parse: asSigner('--signer'),
      exclusive: [
        ...['secret-value', 'secret-name', 'orgs-file'],
        ...Object.keys(keyFlags).filter((name) => name !== 'signer'),
      ],
      summary: messages.getMessage('flags.signer.summary'),
      description: messages.getMessage('flags.signer.description'),
    }),
    'output-file': Flags.string({
      parse: asPath('--output-file', 'output'),
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
    const found = flags['orgs-file'] === undefined ? await this.loginOf(flags) : undefined;
    const request = this.requestOf(flags.for, flags, found);
    const { content, loginWith } = await pipelineFor(request);
    if (file === undefined) {
      this.log(content.trimEnd());
    } else {
      writeTogether([{ path: file, data: content, mode: 0o644 }], { overwrite });
      this.logSuccess(messages.getMessage('success', [file]));
    }
    const secrets = secretsOf(request, this.keyPrinter(flags, found?.keyOf));
    const trust = await trustFor(request, remoteHere, runProgram);
    this.sayNext(request, secrets, trust);
    const optional = { ...(file === undefined ? {} : { file }), ...(trust === undefined ? {} : { trust }) };
    return { for: flags.for, content, loginWith, secrets, ...optional };
  }

  /** What the flags ask for, with the programs that run here where no flag says another. */
  private requestOf(ci: PipelineRequest['ci'], flags: ShapeFlags, found: FoundLogin | undefined): PipelineRequest {
    const { cliVersion, plugin } = runningVersions(this.config);
    const given = flags['plugin-source'];
    const shape = {
      ci,
      cliVersion,
      plugin: given === undefined ? plugin : parsePluginSource(given),
      ...(flags['login-with'] === undefined ? {} : { loginWith: flags['login-with'] }),
      secretName: flags['secret-name'] ?? KEY_VARIABLE,
    };
    if (found === undefined) return { ...shape, fleet: { file: flags['orgs-file']!, shards: flags.shards ?? 1 } };
    const usable = [flags['jwt-key-file'], flags['secret-name']].every((each) => each === undefined);
    const signer = flags.signer ?? (usable && isPipelineSigner(found.signer, ci) ? found.signer : undefined);
    const jobs = [...new Set(flags.job ?? ['deploy' as const])];
    return { ...shape, login: found.login, jobs, ...(signer !== undefined && { signer: snippetSigner(signer) }) };
  }

  /** The login of the flags themselves, else the stored one that they name. */
  private async loginOf(flags: LoginFlags): Promise<FoundLogin> {
    const org = this.targetOrg(flags);
    if (org === undefined) throw new Failure('snippet_login_missing', {});
    const { 'client-id': clientId, 'instance-url': url } = flags;
    if (clientId !== undefined && url !== undefined) {
      if (!isStorable(org)) throw new Failure('username_illegal', { username: org });
      const instanceUrl = withoutSlash((await loginUrlFor(url, this.configAggregator)).href);
      return { login: { username: org, clientId, instanceUrl }, keyOf: undefined, signer: undefined };
    }
    const { username, clientId: storedId, loginUrl, instanceUrl, privateKeyFile, signer } = await findJwtLogin(org);
    const storedUrl = loginUrl || instanceUrl;
    if (!URL.canParse(storedUrl)) throw new Failure('login_url_unusable', { username, url: storedUrl });
    return {
      login: { username, clientId: storedId, instanceUrl: withoutSlash(storedUrl) },
      keyOf: privateKeyFile === undefined ? undefined : username,
      signer: signer?.uri,
    };
  }

  /** Prints the private key as plain PKCS#8 in PEM: for a pipe, since that is what the secret of a CI is made of. */
  private async printKey(flags: LoginFlags): Promise<void> {
    if (process.stdout.isTTY || this.jsonEnabled()) {
      const [targetOrg, keyFile] = [flags['target-org'] ?? '', flags['jwt-key-file'] ?? ''];
      throw new Failure('secret_value_exposed', { targetOrg, keyFile });
    }
    const given = flags['jwt-key-file'] ?? (process.env['SF_JWT_KEY'] && !flags['target-org'] ? '' : undefined);
    const org = this.targetOrg(flags);
    const file = given === undefined && org !== undefined ? await storedKeyOf(org) : given;
    const { key } = await requireKeyInput(
      keySources(this, { ...flags, 'jwt-key-file': file, 'keyIsStored': given === undefined }),
    );
    if (key === undefined) throw new Failure('secret_value_kept', {});
    const pem = formatPrivateKey(key).trimEnd();
    this.handOut(pem);
    this.log(pem);
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
  private sayNext(request: PipelineRequest, secrets: Secret[], trust: string | undefined): void {
    this.logToStderr();
    if (trust !== undefined) this.logToStderr(`${text('trust')}\n\n${trust}`);
    for (const { name, description, command } of secrets) {
      this.logToStderr(text('secret', [name, description]));
      if (command !== undefined) this.logToStderr(`\n  ${command}\n`);
    }
    const loss = lossOf(request);
    for (const line of loss) this.logToStderr(line);
    if (loss.length > 0 && request.plugin.kind === 'none') this.logToStderr(text('loss.hint'));
    this.logToStderr(text('next', [placeText(request)]));
  }
}

/** The address of the repository that the current folder lies in. */
const remoteHere = async (): Promise<string | undefined> => (await readWorkTree(process.cwd(), runProgram))?.remoteUrl;

type ShapeFlags = {
  'job': JobKind[] | undefined;
  'login-with': LoginWith | undefined;
  'plugin-source': string | undefined;
  'secret-name': string | undefined;
  'signer': string | undefined;
  'jwt-key-file': string | undefined;
  'orgs-file': string | undefined;
  'shards': number | undefined;
};

type LoginFlags = {
  'target-org': string | undefined;
  'client-id': string | undefined;
  'instance-url': URL | undefined;
  'jwt-key-file': string | undefined;
  'passphrase-file': string | undefined;
};

/** A login, the user whose stored entry leads to its key, and the URI of the one that signs; undefined where there is none. */
type FoundLogin = { login: SnippetLogin; keyOf: string | undefined; signer: string | undefined };

async function storedKeyOf(org: string): Promise<string> {
  const { username, privateKeyFile, signer } = await findJwtLogin(org);
  if (signer !== undefined) throw new Failure('secret_value_kept', {});
  if (privateKeyFile === undefined) throw new Failure('login_without_key', { username });
  return privateKeyFile;
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '');

import { randomBytes } from 'node:crypto';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { Messages } from '../../terminal/messages.js';
import { SfCommand } from '../../terminal/command.js';
import { SYSTEM_CLOCK } from '../../clock.js';
import { targetOf, userOf, withKeyPlace } from '../../flows/setup/answers.js';
import { setupDependencies } from '../../flows/setup/system-dependencies.js';
import { readGivenPair } from '../../flows/setup/given-pair.js';
import { reportSetup } from '../../flows/setup/report.js';
import {
  signerOfPair,
  TARGETS,
  type SetupRequest,
  type SetupTarget,
  type TargetName,
} from '../../flows/setup/request.js';
import { resultOf, type JwtSetupResult } from '../../flows/setup/result.js';
import type { PipelineShape } from '../../flows/setup/pipeline.js';
import { setup } from '../../flows/setup/setup.js';
import { parsePluginSource } from '../../flows/snippet/plugin-source.js';
import type { JobKind, LoginWith } from '../../flows/snippet/request.js';
import { addressOf } from '../../flows/setup/repository.js';
import { snippetSigner } from '../../flows/snippet/signer.js';
import { runningVersions } from '../../flows/snippet/running.js';
import { KEY_VARIABLE } from '../../flows/snippet/step.js';
import { exitCodeOf } from '../../flows/connect/connected.js';
import { runProgram } from '../../machine/program.js';
import { storedName } from '../../machine/store/admin-login.js';
import { requireAppName } from '../../salesforce/app/requirements.js';
import { ROLES } from '../../salesforce/org/integration-rights.js';
import { answerLimit, guardAnswers } from '../../salesforce/org/transport.js';
import { systemFetch } from '../../salesforce/token/network.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { explain } from '../../terminal/explain.js';
import { askerOf, type Asker } from '../../terminal/asker.js';
import {
  ADMIN_ENVIRONMENT,
  asClaim,
  CLIENT_ID_NAMES,
  EXIT_CODES,
  keyFlags,
  keySources,
  waitFlagOf,
} from '../../terminal/flags/login.js';
import { asPath, asText } from '../../terminal/flags/path.js';
import { pipelineShapeFlags } from '../../terminal/flags/pipeline.js';
import { connectionTo, targetOrgFlag } from '../../terminal/flags/target-org.js';
import { keepKnown } from '../../terminal/keep-known.js';
import { targetOrgQuestion } from '../../terminal/questions.js';
import { progressOf } from '../../terminal/progress.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.setup');

export type { JwtSetupResult };

export default class JwtSetup extends SfCommand<JwtSetupResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [targetOrgQuestion];

  public static override readonly flags = {
    'target-org': targetOrgFlag(),
    'username': Flags.string({
      char: 'u',
      parse: asClaim('sub', '--username'),
      summary: messages.getMessage('flags.username.summary'),
    }),
    'create-user': Flags.string({
      parse: asClaim('sub', '--create-user'),
      exclusive: ['username'],
      summary: messages.getMessage('flags.create-user.summary'),
      description: messages.getMessage('flags.create-user.description'),
    }),
    'role': Flags.option({ options: ROLES })({
      dependsOn: ['create-user'],
      summary: messages.getMessage('flags.role.summary'),
    }),
    'for': Flags.option({ options: Object.keys(TARGETS) as TargetName[] })({
      summary: messages.getMessage('flags.for.summary'),
      description: messages.getMessage('flags.for.description'),
    }),
    'repository': Flags.string({
      parse: asText('--repository'),
      summary: messages.getMessage('flags.repository.summary'),
      description: messages.getMessage('flags.repository.description'),
    }),
    ...pipelineShapeFlags,
    'dependabot': Flags.boolean({
      default: true,
      allowNo: true,
      summary: messages.getMessage('flags.dependabot.summary'),
      description: messages.getMessage('flags.dependabot.description'),
    }),
    'name': Flags.string({
      char: 'n',
      default: 'JwtBearer',
      parse: asText('--name'),
      summary: messages.getMessage('flags.name.summary'),
    }),
    'client-id': Flags.string({
      aliases: CLIENT_ID_NAMES,
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
    }),
    ...keyFlags,
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      summary: messages.getMessage('flags.certificate-file.summary'),
    }),
    'output-file': Flags.string({
      parse: asPath('--output-file', 'output'),
      summary: messages.getMessage('flags.output-file.summary'),
    }),
    'output-dir': Flags.string({
      char: 'd',
      parse: asPath('--output-dir', 'output'),
      summary: messages.getMessage('flags.output-dir.summary'),
      description: messages.getMessage('flags.output-dir.description'),
    }),
    'overwrite': Flags.boolean({ default: false, summary: messages.getMessage('flags.overwrite.summary') }),
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', {
    ...ADMIN_ENVIRONMENT,
    BITBUCKET_TOKEN: messages.getMessage('environment.BITBUCKET_TOKEN'),
    CIRCLECI_CLI_TOKEN: messages.getMessage('environment.CIRCLECI_CLI_TOKEN'),
    JENKINS_URL: messages.getMessage('environment.JENKINS_URL'),
  });
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    69: messages.getMessage('exitCodes.69'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtSetupResult> {
    const fetch = await systemFetch(process.env);
    guardAnswers(fetch, answerLimit(process.env));
    const { flags } = await this.parse(JwtSetup);
    const name = requireAppName(flags.name);
    const ask = askerOf(this, flags['jwt-key-file']);
    const org = flags['target-org'];
    const connection = await connectionTo(org, flags['api-version']);
    const apiVersion = connection.getApiVersion();
    const givenUser = { username: flags.username, createUser: flags['create-user'], role: flags.role };
    const { username, newUserFor } = await userOf(givenUser, connection, ask);
    const shape = this.shapeOf(flags);
    const { 'certificate-file': certificateFile, 'dry-run': dryRun } = flags;
    const target = await this.targetOf({ ...flags, jobs: shape.jobs }, ask, fetch);
    const given = await readGivenPair(certificateFile, keySources(this, flags), target.keyFolder, new Date());
    const { overwrite, 'client-id': clientId } = flags;
    const signed = { ...shape, ...pipelineSigner(signerOfPair(given), target.ci) };
    const request: SetupRequest = {
      ...{ ...target, name, clientId, username, newUserFor, given, overwrite, dryRun, shape: signed },
    };
    const admin = org.getUsername() ?? '';
    const { instanceUrl } = connection;
    const context = { admin: storedName(admin) ?? admin, instanceUrl, bin: this.config.bin };
    this.waiting.start(messages.getMessage('spinner.read', [admin]));
    const done = await setup(
      request,
      setupDependencies({
        command: this,
        progress: this.waiting,
        ask,
        connection,
        fetch,
        clock: SYSTEM_CLOCK,
        environment: process.env,
        random: randomBytes,
        limit: flags.wait.milliseconds,
        apiVersion,
        request,
        context,
      }),
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(done.connected);
    const { certificate, connected } = done;
    const learnt = { name: connected.name, admin, certificates: [certificate.pem] };
    if (!dryRun && connected.clientId !== null) await keepKnown(this, connected.clientId, learnt);
    const trust = await this.trustOf(request);
    reportSetup(this, done, context, trust);
    return resultOf(done, context, trust);
  }

  /** What is to be created where the key is, for a pipeline that gets to it. */
  private async trustOf({ ci, repository, shape }: SetupRequest): Promise<string | undefined> {
    if (ci === 'none' || shape.signer === undefined) return undefined;
    const { trustFor } = await import('../../flows/snippet/trust.js');
    const { signer, jobs } = shape;
    return trustFor({ ci, signer, jobs }, () => Promise.resolve(addressOf(ci, repository)), runProgram);
  }

  /** Where key and pipeline go, also where the CI's tool can't take the key from here. */
  private async targetOf(flags: TargetFlags, ask: Asker | undefined, fetch: Fetch): Promise<SetupTarget> {
    const cwd = process.cwd();
    const target = await targetOf(
      {
        for: flags.for,
        repository: flags.repository,
        secretName: flags['secret-name'] ?? KEY_VARIABLE,
        dependabot: flags.dependabot,
        outputFile: flags['output-file'],
        outputDir: flags['output-dir'],
        jobs: flags.jobs,
      },
      { ask, run: runProgram, cwd },
    );
    const isGiven = [flags['jwt-key-file'], flags['certificate-file'], flags.signer, process.env['SF_JWT_SIGNER']];
    if (isGiven.some((each) => each !== undefined)) return target;
    const network = { fetch, timeout: answerLimit(process.env) };
    const stores = { run: runProgram, environment: process.env, ...network };
    return withKeyPlace(target, ask, cwd, stores, (failure) => this.warn(explain(failure).message));
  }

  /** What the pipeline installs and does: what runs here, where no flag says another. */
  private shapeOf(flags: {
    'job': JobKind[] | undefined;
    'login-with': LoginWith | undefined;
    'plugin-source': string | undefined;
    'secret-name': string | undefined;
  }): PipelineShape {
    const { cliVersion, plugin } = runningVersions(this.config);
    const given = flags['plugin-source'];
    const said = (name: string, value: string | undefined): string[] =>
      value === undefined ? [] : [`--${name}`, value];
    return {
      flags: [
        ...(flags.job ?? []).flatMap((job) => said('job', job)),
        ...said('login-with', flags['login-with']),
        ...said('plugin-source', given),
        ...said('secret-name', flags['secret-name']),
      ],
      cliVersion,
      plugin: given === undefined ? plugin : parsePluginSource(given),
      loginWith: flags['login-with'],
      jobs: [...new Set(flags.job ?? ['deploy' as const])],
    };
  }
}

/** The key of a pipeline that signs elsewhere. @throws Failure those of `snippetSigner` */
function pipelineSigner(uri: string | undefined, ci: SetupTarget['ci']): Pick<PipelineShape, 'signer'> {
  return uri === undefined || ci === 'none' ? {} : { signer: snippetSigner(uri) };
}

type TargetFlags = Record<
  'repository' | 'secret-name' | 'output-file' | 'output-dir' | 'jwt-key-file' | 'certificate-file' | 'signer',
  string | undefined
> & { for: TargetName | undefined; dependabot: boolean; jobs: readonly JobKind[] };

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Connection } from '@salesforce/core';
import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { APP_TYPES } from '../../salesforce/app/app.js';
import { requireAppName, requireUnpackaged } from '../../salesforce/app/requirements.js';
import { appByName } from '../../flows/app-by-name.js';
import { connect } from '../../flows/connect/connect.js';
import { assignedHere, exitCodeOf, type Connected } from '../../flows/connect/connected.js';
import type { ConnectRequest } from '../../flows/connect/request.js';
import { reportConnected } from '../../flows/connect/report.js';
import { resultOf, type JwtConnectResult } from '../../flows/connect/result.js';
import { tellConnect } from '../../flows/connect/tell.js';
import type { ConnectDependencies } from '../../flows/connect/dependencies.js';
import { readCredentialInput, type CredentialInput } from '../../machine/files/credential-input.js';
import { connectRecordOf } from '../../machine/store/connect-record.js';
import {
  asClaim,
  CLIENT_ID_NAMES,
  EXIT_CODES,
  ADMIN_ENVIRONMENT,
  keyFlags,
  keySources,
  waitFlagOf,
} from '../../terminal/flags/login.js';
import { isProduction } from '../../salesforce/org/production.js';
import { answerLimit, guardAnswers } from '../../salesforce/org/transport.js';
import { SYSTEM_CLOCK } from '../../clock.js';
import { appAsked, appFlags } from '../../terminal/flags/app.js';
import { keepKnown } from '../../terminal/keep-known.js';
import { connectionTo, nameOfTargetOrg, targetOrgFlag } from '../../terminal/flags/target-org.js';
import { progressOf } from '../../terminal/progress.js';
import { askerOf } from '../../terminal/asker.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { proverAt } from '../../salesforce/token/prover.js';
import { asPath, asText } from '../../terminal/flags/path.js';
import { userQuestion } from '../../terminal/user-question.js';
import { certificateFileQuestion, targetOrgQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

/** What `keygen` calls a certificate by itself. */
const CERTIFICATE_BY_ITSELF = 'server.crt';

export type { JwtConnectResult };

export default class JwtConnect extends SfCommand<JwtConnectResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [targetOrgQuestion, certificateFileQuestion, userQuestion('access')];

  public static override readonly flags = {
    'target-org': targetOrgFlag(),
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      required: true,
      default: () => Promise.resolve(existsSync(CERTIFICATE_BY_ITSELF) ? CERTIFICATE_BY_ITSELF : undefined),
      defaultHelp: () => Promise.resolve(CERTIFICATE_BY_ITSELF),
      noCacheDefault: true,
      summary: messages.getMessage('flags.certificate-file.summary'),
      description: messages.getMessage('flags.certificate-file.description'),
    }),
    ...keyFlags,
    'name': Flags.string({
      char: 'n',
      default: 'JwtBearer',
      parse: asText('--name'),
      summary: messages.getMessage('flags.name.summary'),
    }),
    'app-type': Flags.option({ options: APP_TYPES })({
      default: 'external-client-app',
      summary: messages.getMessage('flags.app-type.summary'),
      description: messages.getMessage('flags.app-type.description'),
    }),
    'username': Flags.string({
      char: 'u',
      parse: asClaim('sub', '--username'),
      multiple: true,
      summary: messages.getMessage('flags.username.summary'),
    }),
    'client-id': Flags.string({
      aliases: CLIENT_ID_NAMES,
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
      description: messages.getMessage('flags.client-id.description'),
    }),
    'permission-set': Flags.string({
      parse: asText('--permission-set'),
      multiple: true,
      summary: messages.getMessage('flags.permission-set.summary'),
      description: messages.getMessage('flags.permission-set.description'),
    }),
    ...appFlags,
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'output-dir': Flags.string({
      parse: asPath('--output-dir', 'output'),
      summary: messages.getMessage('flags.output-dir.summary'),
      description: messages.getMessage('flags.output-dir.description'),
    }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', ADMIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    68: messages.getMessage('exitCodes.68'),
    69: messages.getMessage('exitCodes.69'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtConnectResult> {
    const fetch = await systemFetch(process.env);
    // The flag of the org asks it already.
    guardAnswers(fetch, answerLimit(process.env));
    const { flags, metadata, raw } = await this.parse(JwtConnect);
    const org = flags['target-org'];
    requireUnpackaged(flags.name);
    const asked = appAsked(flags);
    const certificateFile = flags['certificate-file'];
    const credential = await readCredentialInput(certificateFile, keySources(this, flags), new Date());
    if (metadata.flags['certificate-file']?.setFromDefault === true) this.tellFiles(certificateFile, credential);
    this.waiting.start(messages.getMessage('spinner.read', [org.getUsername()]));
    const connection = await connectionTo(org, flags['api-version']);
    const apiVersion = connection.getApiVersion();
    const nameGiven = metadata.flags.name?.setFromDefault !== true;
    const typeGiven = metadata.flags['app-type']?.setFromDefault !== true;
    const found = nameGiven ? await appByName(connection, flags.name) : undefined;
    const name = requireAppName(found?.name ?? flags.name);
    const request: ConnectRequest = {
      appType: typeGiven ? flags['app-type'] : (found?.type ?? flags['app-type']),
      nameGiven,
      app: {
        name,
        ...asked.app,
        certificate: credential.certificate,
        permissionSets: flags['permission-set'] ?? [],
        adminApproved: undefined,
      },
      newScopes: asked.newScopes,
      usernames: flags.username ?? [org.getUsername()!],
      usernamesAsked: flags.username !== undefined,
      newClientId: randomBytes(32).toString('hex'),
      clientId: flags['client-id'],
      apiVersion,
      dryRun: flags['dry-run'],
      signer: credential.input?.signer,
    };
    const { instanceUrl } = connection;
    const sourceFolder = flags['output-dir'];
    const { dryRun } = request;
    const connected = await connect(
      request,
      this.dependencies(connection, fetch, { name, wait: flags.wait.milliseconds, sourceFolder, dryRun }),
    );
    this.waiting.stop();
    const admin = { username: org.getUsername(), name: nameOfTargetOrg(raw, org.getUsername()) };
    await this.report(connected, { credential, certificateFile, admin, instanceUrl, dryRun, sourceFolder });
    return resultOf(connected, { certificate: credential.certificate, instanceUrl, dryRun });
  }

  private async report(
    connected: Connected,
    {
      credential: { certificate, input },
      admin,
      ...place
    }: {
      credential: CredentialInput;
      certificateFile: string;
      admin: { username: string | undefined; name: string | undefined };
      instanceUrl: string;
      dryRun: boolean;
      sourceFolder: string | undefined;
    },
  ): Promise<void> {
    process.exitCode = exitCodeOf(connected);
    const { clientId, name } = connected;
    const learnt = { name, admin: admin.username, certificates: [certificate.pem], ...assignedHere(connected) };
    if (!place.dryRun && clientId !== null) await keepKnown(this, clientId, learnt);
    const audience = process.env['SF_AUDIENCE_URL'];
    await reportConnected(this, connected, {
      ...place,
      keyPath: input?.path,
      signer: input?.signer.uri,
      admin: admin.name,
      bin: this.config.bin,
      audience,
    });
  }

  /** Which files of the folder are meant, where no flag says so. */
  private tellFiles(certificateFile: string, { input }: CredentialInput): void {
    const key = input?.path === undefined ? '' : basename(input.path);
    this.log(
      key === ''
        ? messages.getMessage('files.certificate', [certificateFile])
        : messages.getMessage('files', [certificateFile, key]),
    );
  }

  private dependencies(
    connection: Connection,
    fetch: Fetch,
    {
      name,
      wait,
      sourceFolder,
      dryRun,
    }: { name: string; wait: number; sourceFolder: string | undefined; dryRun: boolean },
  ): ConnectDependencies {
    const audience = process.env['SF_AUDIENCE_URL'];
    const network = { fetch, audience, clock: SYSTEM_CLOCK, timeout: answerLimit(process.env), wait };
    const asker = dryRun ? undefined : askerOf(this);
    const told = tellConnect(this, this.waiting, {
      admin: connection.getUsername() ?? '',
      sourceFolder,
      dryRun,
      wait,
      confirm: asker && ((message) => asker.confirm(message)),
    });
    const logIn = proverAt(connection.instanceUrl, network, told);
    const record = connectRecordOf(connection.getAuthInfoFields().orgId ?? '', name);
    const ask = (app: string): string => messages.getMessage('prompt.production', [app]);
    const confirm = asker && (async (app: string) => !(await isProduction(connection)) || asker.confirm(ask(app)));
    return { ...SYSTEM_CLOCK, ...told, connection, record, logIn, confirm };
  }
}

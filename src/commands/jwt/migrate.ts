import { randomBytes } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SYSTEM_CLOCK } from '../../clock.js';
import { assignedHere } from '../../flows/connect/connected.js';
import { tellConnect } from '../../flows/connect/tell.js';
import type { MigrateDependencies } from '../../flows/migrate/dependencies.js';
import { exitCodeOf, migrate } from '../../flows/migrate/migrate.js';
import { reportMigrated } from '../../flows/migrate/report.js';
import type { MigrateRequest } from '../../flows/migrate/request.js';
import { resultOf, type JwtMigrateResult } from '../../flows/migrate/result.js';
import { chosenCertificate, readCertificates } from '../../machine/files/certificate-input.js';
import { readKeyInput, type KeyInput } from '../../machine/files/key-input.js';
import { connectRecordOf } from '../../machine/store/connect-record.js';
import { requireAppName } from '../../salesforce/app/requirements.js';
import { isProduction } from '../../salesforce/org/production.js';
import { answerLimit, guardAnswers } from '../../salesforce/org/transport.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { loginFailure } from '../../salesforce/token/log-in.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { proverAt, targetOf } from '../../salesforce/token/prover.js';
import { appQuestion } from '../../terminal/app-question.js';
import { askerOf } from '../../terminal/asker.js';
import { SfCommand } from '../../terminal/command.js';
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
import { connectionTo, nameOfTargetOrg, targetOrgFlag } from '../../terminal/flags/target-org.js';
import { keepKnown } from '../../terminal/keep-known.js';
import { Messages } from '../../terminal/messages.js';
import { progressOf } from '../../terminal/progress.js';
import { targetOrgQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.migrate');

export type { JwtMigrateResult };

export default class JwtMigrate extends SfCommand<JwtMigrateResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [targetOrgQuestion, appQuestion('')];

  public static override readonly flags = {
    'target-org': targetOrgFlag(),
    'name': Flags.string({
      char: 'n',
      parse: asText('--name'),
      exactlyOne: ['name', 'client-id'],
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
    'new-name': Flags.string({
      parse: asText('--new-name'),
      summary: messages.getMessage('flags.new-name.summary'),
    }),
    'new-client-id': Flags.string({
      parse: asClaim('iss', '--new-client-id'),
      summary: messages.getMessage('flags.new-client-id.summary'),
    }),
    'username': Flags.string({
      char: 'u',
      parse: asClaim('sub', '--username'),
      multiple: true,
      summary: messages.getMessage('flags.username.summary'),
    }),
    'disable-old': Flags.boolean({
      summary: messages.getMessage('flags.disable-old.summary'),
      description: messages.getMessage('flags.disable-old.description'),
    }),
    'idle-days': Flags.integer({
      default: 7,
      min: 0,
      max: 180,
      summary: messages.getMessage('flags.idle-days.summary'),
    }),
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', ADMIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    68: messages.getMessage('exitCodes.68'),
    69: messages.getMessage('exitCodes.69'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtMigrateResult> {
    const fetch = await systemFetch(process.env);
    // The flag of the org asks it already.
    guardAnswers(fetch, answerLimit(process.env));
    const { flags, raw } = await this.parse(JwtMigrate);
    const org = flags['target-org'];
    const sources = keySources(this, flags);
    const key = await readKeyInput(sources);
    const certificateFile = flags['certificate-file'];
    const certificate =
      certificateFile === undefined
        ? undefined
        : chosenCertificate(await readCertificates(certificateFile, sources), key?.signer);
    this.waiting.start(messages.getMessage('spinner.read', [org.getUsername()]));
    const connection = await connectionTo(org, flags['api-version']);
    const apiVersion = connection.getApiVersion();
    const newName = flags['new-name'];
    const request: MigrateRequest = {
      name: flags.name,
      clientId: flags['client-id'],
      newName: newName === undefined ? undefined : requireAppName(newName),
      newAppClientId: flags['new-client-id'],
      usernames: flags.username ?? [],
      signer: key?.signer,
      keySource: key?.path ?? 'SF_JWT_KEY',
      certificate,
      closesAfterDays: flags['disable-old'] ? flags['idle-days'] : undefined,
      newClientId: randomBytes(32).toString('hex'),
      apiVersion,
      dryRun: flags['dry-run'],
    };
    const migrated = await migrate(
      request,
      this.dependencies(connection, fetch, { key, wait: flags.wait.milliseconds, dryRun: request.dryRun }),
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(migrated, request);
    const { instanceUrl } = connection;
    const { dryRun, closesAfterDays } = request;
    const adminOrg = nameOfTargetOrg(raw, org.getUsername()) ?? '';
    await reportMigrated(this, migrated, {
      ...{
        instanceUrl,
        dryRun,
        adminOrg,
        closesAfterDays,
        keyPath: key?.path,
        signer: key?.signer.uri,
        bin: this.config.bin,
      },
      ...{ certificateFile: certificateFile ?? 'server.crt', admin: adminOrg, sourceFolder: undefined },
      audience: process.env['SF_AUDIENCE_URL'],
    });
    return resultOf(migrated, { instanceUrl, dryRun });
  }

  private dependencies(
    connection: Connection,
    fetch: Fetch,
    { key, wait, dryRun }: { key: KeyInput | undefined; wait: number; dryRun: boolean },
  ): MigrateDependencies {
    const audience = process.env['SF_AUDIENCE_URL'];
    const timeout = answerLimit(process.env);
    const admin = connection.getUsername() ?? '';
    const asker = dryRun ? undefined : askerOf(this);
    const confirm = asker && ((message: string) => asker.confirm(message));
    const told = tellConnect(this, this.waiting, { admin, sourceFolder: undefined, dryRun, wait, confirm });
    const ask = (app: string): string => messages.getMessage('prompt.production', [app]);
    return {
      ...SYSTEM_CLOCK,
      ...told,
      connection,
      logIn: proverAt(connection.instanceUrl, { fetch, audience, clock: SYSTEM_CLOCK, timeout, wait }, told),
      recordOf: (newName) => connectRecordOf(connection.getAuthInfoFields().orgId ?? '', newName),
      confirm: asker && (async (app) => !(await isProduction(connection)) || asker.confirm(ask(app))),
      confirmClose: asker && ((name) => asker.confirm(messages.getMessage('prompt.close', [name]))),
      refused: (refusal, username, clientId) =>
        loginFailure(refusal, targetOf(connection.instanceUrl, clientId, username, audience), {
          ...{ keyFile: key?.path, certificateFile: undefined, adminOrg: admin },
          ...{ now: Date.now(), timeout },
        }),
      onOldApp: ({ settings, certificate }, newName) => {
        this.waiting.stop();
        this.log(messages.getMessage('plan.move', [settings.name, newName, certificate.fingerprint256]));
        this.waiting.start(messages.getMessage('spinner.read', [admin]));
      },
      onConnected: async (connected, { certificate }) => {
        if (connected.clientId === null) return;
        const learnt = { name: connected.name, admin, certificates: [certificate.pem], ...assignedHere(connected) };
        await keepKnown(this, connected.clientId, learnt);
      },
    };
  }
}

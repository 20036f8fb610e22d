import { randomBytes } from 'node:crypto';
import { Messages, type Connection } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { APP_TYPES } from '../../app/app.js';
import { requireApiVersion, requireAppName, requireScopes, requireUrl } from '../../app/requirements.js';
import { DEFAULT_SCOPES, metadataNamesOf } from '../../app/scopes.js';
import { sourceFiles } from '../../app/source.js';
import { connect } from '../../connect/connect.js';
import { exitCodeOf, type Connected } from '../../connect/connected.js';
import type { ConnectRequest } from '../../connect/plan.js';
import {
  changeSentence,
  closingLines,
  halfDone,
  refusalWords,
  successOf,
  userRow,
  userTable,
  warningsOf,
} from '../../connect/report.js';
import type { ConnectWorld } from '../../connect/world.js';
import type { Certificate } from '../../credential/certificate.js';
import { explain } from '../../explain.js';
import { readCredentialInput } from '../../files/credential-input.js';
import { writeFiles } from '../../files/write-files.js';
import { asClaim, EXIT_CODES, KEY_ENVIRONMENT, keyFlags, keySources, waitFlagOf } from '../../flags/login.js';
import { limitAnswers, newestApiVersion } from '../../org/reachability.js';
import { REAL_PATIENCE } from '../../patience.js';
import { progressOf } from '../../progress.js';
import { shellQuote } from '../../shell-quote.js';
import type { LoginTarget } from '../../token/log-in.js';
import { systemFetch } from '../../token/network.js';
import { proverAt, targetOf } from '../../token/prover.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

/** What `sf jwt connect --json` returns. */
export type JwtConnectResult = {
  /** API name of the app. */
  name: string;
  appType: 'external-client-app' | 'connected-app';
  /** The app's client id (consumer key). Null only in a dry run, where the app doesn't exist or the org hides it. */
  clientId: string | null;
  status: 'created' | 'updated' | 'unchanged';
  /** What was changed, or in a dry run would be, a sentence each. */
  changes: string[];
  certificate: {
    /** SHA-256 fingerprint: upper-case pairs of hexadecimal digits with colons. */
    fingerprint256: string;
    /** When the certificate ends, ISO 8601 in UTC. */
    notAfter: string;
  };
  /** API name of the permission set that pre-authorizes the users. Null where users approve the app themselves. */
  permissionSet: string | null;
  /** Names of the profiles that the app's policy pre-authorizes. */
  profiles: string[];
  users: Array<{
    username: string;
    assigned: 'assigned' | 'already' | 'failed';
    /** Whether a login as this user succeeded; null where none was tried. */
    verified: boolean | null;
    error?: string;
  }>;
  /** The org's My Domain URL, where the app can be reached. */
  instanceUrl: string;
  /** Id of the deployment, if there was one. */
  deployId?: string;
  dryRun: boolean;
};

export default class JwtConnect extends SfCommand<JwtConnectResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'target-org': Flags.requiredOrg(),
    'certificate-file': Flags.string({
      char: 'c',
      required: true,
      summary: messages.getMessage('flags.certificate-file.summary'),
    }),
    ...keyFlags,
    'name': Flags.string({ char: 'n', default: 'JwtBearer', summary: messages.getMessage('flags.name.summary') }),
    'label': Flags.string({ summary: messages.getMessage('flags.label.summary') }),
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
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
      description: messages.getMessage('flags.client-id.description'),
    }),
    'permission-set': Flags.string({
      multiple: true,
      summary: messages.getMessage('flags.permission-set.summary'),
      description: messages.getMessage('flags.permission-set.description'),
    }),
    'profile': Flags.string({ multiple: true, summary: messages.getMessage('flags.profile.summary') }),
    'scope': Flags.string({
      multiple: true,
      summary: messages.getMessage('flags.scope.summary'),
      description: messages.getMessage('flags.scope.description'),
    }),
    'callback-url': Flags.string({ summary: messages.getMessage('flags.callback-url.summary') }),
    'contact-email': Flags.string({ summary: messages.getMessage('flags.contact-email.summary') }),
    'ip-relaxation': Flags.option({ options: ['enforce', 'bypass'] as const })({
      summary: messages.getMessage('flags.ip-relaxation.summary'),
      description: messages.getMessage('flags.ip-relaxation.description'),
    }),
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'output-dir': Flags.string({
      summary: messages.getMessage('flags.output-dir.summary'),
      description: messages.getMessage('flags.output-dir.description'),
    }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', KEY_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    68: messages.getMessage('exitCodes.68'),
    69: messages.getMessage('exitCodes.69'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtConnectResult> {
    const { flags } = await this.parse(JwtConnect);
    const org = flags['target-org'];
    const name = requireAppName(flags.name);
    const newScopes = metadataNamesOf(requireScopes(flags.scope ?? DEFAULT_SCOPES));
    const certificateFile = flags['certificate-file'];
    const credential = await readCredentialInput(certificateFile, keySources(this, flags), new Date());
    this.waiting.start(messages.getMessage('spinner.read', [org.getUsername()]));
    const connection = org.getConnection(flags['api-version']);
    limitAnswers(connection);
    const apiVersion = requireApiVersion(flags['api-version'] ?? (await newestApiVersion(org)));
    connection.setApiVersion(apiVersion);
    const request: ConnectRequest = {
      appType: flags['app-type'],
      app: {
        name,
        label: flags.label,
        contactEmail: flags['contact-email'],
        callbackUrl: flags['callback-url'] && requireUrl(flags['callback-url']),
        certificate: credential.certificate,
        scopes: flags.scope === undefined ? [] : newScopes,
        permissionSets: flags['permission-set'] ?? [],
        profiles: flags.profile ?? [],
        adminApproved: undefined,
        ipRelaxation: flags['ip-relaxation'],
      },
      newScopes,
      usernames: flags.username ?? [org.getUsername()!],
      usernamesAsked: flags.username !== undefined,
      newClientId: randomBytes(32).toString('hex'),
      clientId: flags['client-id'],
      apiVersion,
      dryRun: flags['dry-run'],
      privateKey: credential.key,
    };
    const sourceFolder = flags['output-dir'];
    const connected = await connect(request, await this.world(connection, flags.wait.milliseconds, sourceFolder));
    this.waiting.stop();
    const result = {
      ...resultOf(connected, credential.certificate),
      appType: flags['app-type'],
      instanceUrl: connection.instanceUrl,
      dryRun: flags['dry-run'],
    };
    process.exitCode = exitCodeOf(connected);
    this.report(result, connected, credential.keyPath);
    if (sourceFolder !== undefined) this.reportSource(sourceFolder);
    return result;
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explain(error));
  }

  private async world(connection: Connection, limit: number, sourceFolder?: string): Promise<ConnectWorld> {
    const audience = process.env['SF_AUDIENCE_URL'];
    const network = { fetch: await systemFetch(process.env), audience, patience: REAL_PATIENCE };
    const prove = proverAt(connection.instanceUrl, network, (username, refusal) => {
      this.waiting.status = messages.getMessage('spinner.login', [username, refusalWords(refusal)]);
    });
    return {
      ...REAL_PATIENCE,
      connection,
      onPlan: async (changes, source) => {
        this.waiting.stop();
        this.log(messages.getMessage(changes.length === 0 ? 'plan.nothing' : 'plan', [connection.getUsername()]));
        for (const change of changes) this.log(`  ${changeSentence(change)}`);
        this.log();
        if (changes.some(({ key, from }) => key === 'certificate' && from !== undefined))
          this.warn(messages.getMessage('warning.oneCertificate'));
        // Whatever the org says to it: where its tests stand in the way, it's for a deployment of the user's own.
        if (sourceFolder !== undefined) await writeFiles(sourceFolder, await sourceFiles(source));
        this.waiting.start(messages.getMessage('spinner.apply'));
      },
      onJoin: (id) => {
        this.waiting.stop();
        this.log(messages.getMessage('join', [id]));
        this.waiting.start(messages.getMessage('spinner.join'));
      },
      onHalfDone: (trail) => this.warn(halfDone(trail)),
      onDeployment: ({ id, status, done, total }) => {
        this.waiting.status = messages.getMessage('spinner.deployment', [id, status, done, total]);
      },
      logIn: (login, waitsFor) => prove(login, waitsFor, limit),
    };
  }

  private reportSource(folder: string): void {
    this.log();
    this.log(messages.getMessage('source', [folder]));
    this.log(`  ${this.config.bin} project deploy start --source-dir ${shellQuote(folder)}`);
  }

  private report(result: JwtConnectResult, connected: Connected, keyPath: string | undefined): void {
    const { instanceUrl, dryRun } = result;
    const audience = process.env['SF_AUDIENCE_URL'];
    this.table(userTable(connected, dryRun));
    const target = (clientId: string, username: string): LoginTarget =>
      targetOf(instanceUrl, clientId, username, audience);
    const warnings = warningsOf(connected, target, keyPath);
    for (const warning of warnings) this.warn(warning);
    const success = successOf(connected, dryRun);
    if (success !== undefined) this.logSuccess(success);
    if (dryRun) return;
    for (const line of closingLines(connected, { instanceUrl, keyPath, bin: this.config.bin })) this.log(line);
  }
}

function resultOf(
  connected: Connected,
  { fingerprint256, notAfter }: Certificate,
): Omit<JwtConnectResult, 'appType' | 'instanceUrl' | 'dryRun'> {
  const { name, status, clientId, changes, permissionSet, profiles, users, deployId } = connected;
  return {
    name,
    clientId,
    status,
    changes: changes.map(changeSentence),
    certificate: { fingerprint256, notAfter: notAfter.toISOString() },
    permissionSet,
    profiles,
    users: users.map(userRow),
    ...(deployId === undefined ? {} : { deployId }),
  };
}

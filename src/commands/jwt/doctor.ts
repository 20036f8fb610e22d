import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { Failure } from '../../failure.js';
import { clientIdsNamed } from '../../machine/store/known-apps.js';
import { examine } from '../../flows/doctor/doctor.js';
import type { OrgFacts } from '../../flows/doctor/facts.js';
import { report } from '../../flows/doctor/report.js';
import {
  completed,
  adminFinder,
  EXIT_CODES,
  keySources,
  LOGIN_ENVIRONMENT,
  examinedLoginFlags,
  timeoutFlag,
} from '../../terminal/flags/login.js';
import { storeFailureFor } from '../../machine/store/store-health.js';
import { loginUrlFor } from '../../machine/store/login-url.js';
import { findStoredOrg, isWebLogin, readStoredLogins, type StoredOrg } from '../../machine/store/stored-logins.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { tellHost } from '../../terminal/host.js';
import { progressOf } from '../../terminal/progress.js';
import { asPath, asText } from '../../terminal/flags/path.js';
import { reportFlag } from '../../terminal/flags/report.js';
import { finishReport } from '../../terminal/report/finish.js';
import { loginQuestion, unstoredKeyFileQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.doctor');

/** What `sf jwt doctor --json` returns. */
export type JwtDoctorResult = {
  /** Whether the login works. */
  ok: boolean;
  /** Worst first; the first error is what to mend first. */
  findings: Array<{
    /** Stable, in lower_snake. */
    code: string;
    severity: 'error' | 'warning' | 'ok';
    message: string;
    /** Code of the finding that this one follows from; mending that one mends this. */
    causedBy?: string;
    /** What to do, a line for each step. */
    fix?: string;
    /** The same as a list, each with its command, as errors have them. */
    actions: string[];
  }>;
};

export default class JwtDoctor extends SfCommand<JwtDoctorResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [loginQuestion('username'), unstoredKeyFileQuestion];

  public static override readonly flags = {
    ...examinedLoginFlags,
    'client-id': examinedLoginFlags['client-id'],
    'name': Flags.string({
      char: 'n',
      parse: asText('--name'),
      exclusive: ['client-id'],
      summary: messages.getMessage('flags.name.summary'),
      description: messages.getMessage('flags.name.description'),
    }),
    'report': reportFlag(),
    'timeout': timeoutFlag,
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file', 'examined'),
      summary: messages.getMessage('flags.certificate-file.summary'),
    }),
    // not sf's own flag: that one takes the default org where none is named, which may be any org
    'target-org': Flags.string({
      parse: asText('--target-org', 'refused'),
      summary: messages.getMessage('flags.target-org.summary'),
      description: messages.getMessage('flags.target-org.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtDoctorResult> {
    const { flags: given } = await this.parse(JwtDoctor);
    const fetch = await systemFetch(process.env);
    const targetOrg = given['target-org'] === undefined ? undefined : await findStoredOrg(given['target-org']);
    const timeout = given.timeout.milliseconds;
    const named = given.name === undefined ? undefined : await clientIdOfApp(given.name, targetOrg, { fetch, timeout });
    const flags = await completed({ ...given, 'client-id': given['client-id'] ?? named });
    const { username, 'client-id': clientId } = flags;
    this.waiting.start(messages.getMessage('spinner', [username]));
    const examination = await examine(
      {
        username,
        clientId,
        audience: flags.audience,
        keySources: keySources(this, flags),
        certificateFile: flags['certificate-file'],
        admin: targetOrg?.username,
      },
      {
        fetch,
        now: Date.now,
        timeout: flags.timeout.milliseconds,
        environment: process.env,
        platform: process.platform,
        loginUrl: () => loginUrlFor(flags['instance-url'], this.configAggregator, tellHost(this)),
        storedLogins: readStoredLogins,
        adminOf: adminFinder(this.configAggregator),
        storeFailure: storeFailureFor,
        isWebLogin,
        viewOrg:
          targetOrg &&
          ((isOurs) => viewStoredOrg(targetOrg, { username, clientId, isOurs }, fetch, flags.timeout.milliseconds)),
      },
    );
    this.waiting.stop();
    report(this, examination, username, process.stdout.isTTY ? process.stdout.columns : undefined);
    const { ok, findings } = examination;
    if (!ok) process.exitCode = 1;
    const command = `${this.config.bin} jwt doctor`;
    await finishReport(
      this,
      given.report,
      async () => (await import('../../flows/doctor/to-report.js')).doctorReport(examination, command),
      process.env,
    );
    return { ok, findings };
  }
}

/**
 * The client id of an app by its API name or label: as the target org gives it out, else as this machine has kept it.
 *
 * @throws Failure `app_unknown_here`, `client_id_needed`, those of reading the org
 */
async function clientIdOfApp(
  name: string,
  org: StoredOrg | undefined,
  { fetch, timeout }: { fetch: Fetch; timeout: number },
): Promise<string> {
  const kept = clientIdsNamed(name);
  if (org === undefined) {
    if (kept.length === 1) return kept[0]!;
    throw new Failure('app_unknown_here', { name });
  }
  const [connection, { readNamedApp }] = await Promise.all([
    org.open(fetch, timeout),
    import('../../flows/app-by-name.js'),
  ]);
  const app = await readNamedApp(connection, name);
  const clientId = app.clientId ?? (kept.length === 1 ? kept[0] : undefined);
  if (clientId === undefined) throw new Failure('client_id_needed', { name: app.name });
  return clientId;
}

type Sought = { username: string; clientId: string; isOurs: (certificate: Buffer) => boolean };

/** The room that reads orgs is loaded only when there is one to read. */
async function viewStoredOrg(org: StoredOrg, sought: Sought, fetch: Fetch, timeout: number): Promise<OrgFacts> {
  const [connection, { viewOrg }] = await Promise.all([
    org.open(fetch, timeout),
    import('../../flows/doctor/gather-org.js'),
  ]);
  return viewOrg(connection, sought);
}

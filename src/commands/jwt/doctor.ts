import { Messages } from '@salesforce/core';
import { Flags, SfCommand, StandardColors, toHelpSection } from '@salesforce/sf-plugins-core';
import { describe } from '../../diagnosis/describe.js';
import { diagnose } from '../../diagnosis/diagnose.js';
import type { OrgFacts } from '../../diagnosis/facts.js';
import { gather } from '../../diagnosis/gather.js';
import { explain } from '../../explain.js';
import { EXIT_CODES, keySources, LOGIN_ENVIRONMENT, loginFlags, timeoutFlag } from '../../flags/login.js';
import { limitAnswers } from '../../org/reachability.js';
import { loginUrlFor } from '../../store/login-url.js';
import { findStoredOrg, readStoredLogins, type StoredOrg } from '../../store/stored-logins.js';
import type { Fetch } from '../../token/endpoint.js';
import { systemFetch } from '../../token/network.js';
import { progressOf } from '../../progress.js';

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
    /** What to do, a line for each step. */
    fix?: string;
  }>;
};

type Finding = JwtDoctorResult['findings'][number];

/** Columns of the severity and the space after it, which fixes are indented by. */
const LABEL_WIDTH = 11;

const COLORS = { error: StandardColors.error, warning: StandardColors.warning, ok: StandardColors.success };

export default class JwtDoctor extends SfCommand<JwtDoctorResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    ...loginFlags,
    'timeout': timeoutFlag,
    'certificate-file': Flags.string({
      char: 'c',
      summary: messages.getMessage('flags.certificate-file.summary'),
    }),
    // not sf's own flag: that one takes the default org where none is named, which may be any org
    'target-org': Flags.string({
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
    const { flags } = await this.parse(JwtDoctor);
    const { username, 'client-id': clientId } = flags;
    const fetch = await systemFetch(process.env);
    const targetOrg = flags['target-org'] === undefined ? undefined : await findStoredOrg(flags['target-org']);
    this.waiting.start(messages.getMessage('spinner', [username]));
    const facts = await gather(
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
        loginUrl: () => loginUrlFor(flags['instance-url'], this.configAggregator),
        storedLogins: readStoredLogins,
        viewOrg:
          targetOrg &&
          ((isOurs) => viewStoredOrg(targetOrg, { username, clientId, isOurs }, fetch, flags.timeout.milliseconds)),
      },
    );
    this.waiting.stop();
    const { ok, findings } = diagnose(facts);
    const result = { ok, findings: findings.map(describe) };
    this.report(result, username, facts.login.state === 'refused' && targetOrg === undefined);
    if (!ok) process.exitCode = 1;
    return result;
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explain(error));
  }

  private report({ ok, findings }: JwtDoctorResult, username: string, blind: boolean): void {
    for (const { severity, message, fix } of findings) {
      const label = messages.getMessage(`severity.${severity}`).padEnd(LABEL_WIDTH);
      this.log(`${COLORS[severity](label)}${message}`);
      for (const line of fix?.split('\n') ?? []) this.log(`${' '.repeat(LABEL_WIDTH)}${line}`);
    }
    this.log();
    if (blind) this.log(messages.getMessage('hint.targetOrg'));
    this.log(messages.getMessage(ok ? verdictOf(findings) : 'verdict.fails', [username]));
  }
}

function verdictOf(findings: Finding[]): string {
  return findings.some(({ severity }) => severity === 'warning') ? 'verdict.works.warnings' : 'verdict.works';
}

type Sought = { username: string; clientId: string; isOurs: (certificate: Buffer) => boolean };

/** The room that reads orgs is loaded only when there is one to read. */
async function viewStoredOrg(org: StoredOrg, sought: Sought, fetch: Fetch, timeout: number): Promise<OrgFacts> {
  const [connection, { viewOrg }] = await Promise.all([
    org.open(fetch, timeout),
    import('../../diagnosis/gather-org.js'),
  ]);
  limitAnswers(connection);
  return viewOrg(connection, sought);
}

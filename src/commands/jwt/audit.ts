import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { audit } from '../../flows/audit/audit.js';
import { reportAudit } from '../../flows/audit/report.js';
import { reportOf } from '../../flows/audit/report-file.js';
import { resultOf, type JwtAuditResult } from '../../flows/audit/result.js';
import { answerLimit, guardAnswers } from '../../salesforce/org/transport.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { SfCommand } from '../../terminal/command.js';
import { EXPIRES_WITHIN, expiresWithinDaysFlag } from '../../terminal/flags/days.js';
import { ANSWER_ENVIRONMENT, EXIT_CODES } from '../../terminal/flags/login.js';
import { reportFlag } from '../../terminal/flags/report.js';
import { connectionTo, nameOfTargetOrg, targetOrgFlag } from '../../terminal/flags/target-org.js';
import { Messages } from '../../terminal/messages.js';
import { terminalWidth } from '../../terminal/one-line.js';
import { progressOf } from '../../terminal/progress.js';
import { targetOrgQuestion } from '../../terminal/questions.js';
import { finishReport } from '../../terminal/report/finish.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.audit');

export type { JwtAuditResult };

export default class JwtAudit extends SfCommand<JwtAuditResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [targetOrgQuestion];

  public static override readonly flags = {
    'target-org': targetOrgFlag(),
    'expires-within': expiresWithinDaysFlag(EXPIRES_WITHIN),
    'report': reportFlag(),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', ANSWER_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtAuditResult> {
    const fetch = await systemFetch(process.env);
    // The flag of the org asks it already.
    guardAnswers(fetch, answerLimit(process.env));
    const { flags, raw } = await this.parse(JwtAudit);
    const org = flags['target-org'];
    this.waiting.start(messages.getMessage('spinner', [org.getUsername()]));
    const connection = await connectionTo(org, flags['api-version']);
    const admin = nameOfTargetOrg(raw, org.getUsername()) ?? '';
    const { 'expires-within': expiresWithin } = flags;
    const now = new Date(Date.now());
    const audited = await audit({ admin, expiresWithin, now }, connection);
    this.waiting.stop();
    await reportAudit(this, audited, expiresWithin, terminalWidth(process.stdout));
    if (!audited.ok) process.exitCode = 1;
    const about = { command: `${this.config.bin} jwt audit`, org: admin };
    await finishReport(this, flags.report, () => reportOf(audited, about), process.env);
    return resultOf(audited);
  }
}

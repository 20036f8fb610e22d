import { toHelpSection } from '@salesforce/sf-plugins-core';
import { SYSTEM_CLOCK } from '../../../clock.js';
import { auditFleet } from '../../../flows/fleet/audit/audit.js';
import { reportFleetAudit } from '../../../flows/fleet/audit/report.js';
import { isBad, reportOf, resultOf, type JwtFleetAuditResult } from '../../../flows/fleet/audit/result.js';
import { readFleet } from '../../../flows/fleet/fleet-rows.js';
import { exitCodeOf } from '../../../flows/fleet/outcome.js';
import { tellFleet } from '../../../flows/fleet/tell.js';
import { systemFetch } from '../../../salesforce/token/network.js';
import { SfCommand } from '../../../terminal/command.js';
import { EXPIRES_WITHIN, expiresWithinDaysFlag } from '../../../terminal/flags/days.js';
import { concurrencyFlag, fleetFlags, limitWaitFlag, orgsFileQuestion } from '../../../terminal/flags/fleet.js';
import { EXIT_CODES, timeoutFlag } from '../../../terminal/flags/login.js';
import { reportFlag } from '../../../terminal/flags/report.js';
import { Messages } from '../../../terminal/messages.js';
import { progressOf } from '../../../terminal/progress.js';
import { finishReport } from '../../../terminal/report/finish.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.audit');

export type { JwtFleetAuditResult };

export default class JwtFleetAudit extends SfCommand<JwtFleetAuditResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [orgsFileQuestion];

  public static override readonly flags = {
    ...fleetFlags,
    'expires-within': expiresWithinDaysFlag(EXPIRES_WITHIN),
    'concurrency': concurrencyFlag(8),
    'report': reportFlag(),
    'wait': limitWaitFlag,
    'timeout': timeoutFlag,
  };

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: EXIT_CODES[2],
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtFleetAuditResult> {
    const { flags } = await this.parse(JwtFleetAudit);
    const { file, rows } = await readFleet(flags, process.stdin);
    this.waiting.start(messages.getMessage('spinner'));
    const made = new Date(Date.now());
    const outcomes = await auditFleet(
      {
        rows,
        source: file.source,
        concurrency: flags.concurrency,
        wait: flags.wait.milliseconds,
        timeout: flags.timeout.milliseconds,
        expiresWithin: flags['expires-within'],
      },
      {
        ...SYSTEM_CLOCK,
        fetch: await systemFetch(process.env),
        ...tellFleet(this, this.waiting, { rows: rows.length, minutes: flags.wait.minutes }),
      },
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(outcomes, isBad);
    await reportFleetAudit(this, outcomes, { verbose: flags.verbose });
    const about = { command: `${this.config.bin} jwt fleet audit`, source: file.source, made };
    await finishReport(this, flags.report, () => reportOf(outcomes, about), process.env);
    return resultOf(outcomes);
  }
}

import { Readable } from 'node:stream';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SYSTEM_CLOCK } from '../../../clock.js';
import { defaultsOf, keySourcesOfFleet } from '../../../flows/fleet/defaults.js';
import { examineFleet } from '../../../flows/fleet/doctor/doctor.js';
import { reportDoctor } from '../../../flows/fleet/doctor/report.js';
import { isBad, resultOf, type JwtFleetDoctorResult } from '../../../flows/fleet/doctor/result.js';
import { readFleet } from '../../../flows/fleet/fleet-rows.js';
import { exitCodeOf } from '../../../flows/fleet/outcome.js';
import { storedValues } from '../../../flows/fleet/stored-values.js';
import { tellFleet } from '../../../flows/fleet/tell.js';
import { readStream } from '../../../machine/files/input-file.js';
import { storeFailureFor } from '../../../machine/store/store-health.js';
import { isWebLogin, readStoredLogins } from '../../../machine/store/stored-logins.js';
import { systemFetch } from '../../../salesforce/token/network.js';
import { SfCommand } from '../../../terminal/command.js';
import {
  concurrencyFlag,
  fleetFlags,
  fleetLoginFlags,
  limitWaitFlag,
  orgsFileQuestion,
} from '../../../terminal/flags/fleet.js';
import { adminFinder, EXIT_CODES, LOGIN_ENVIRONMENT, timeoutFlag } from '../../../terminal/flags/login.js';
import { reportFlag } from '../../../terminal/flags/report.js';
import { Messages } from '../../../terminal/messages.js';
import { progressOf } from '../../../terminal/progress.js';
import { finishReport, isReportWanted } from '../../../terminal/report/finish.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.doctor');

export type { JwtFleetDoctorResult };

export default class JwtFleetDoctor extends SfCommand<JwtFleetDoctorResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [orgsFileQuestion];

  public static override readonly flags = {
    ...fleetFlags,
    ...fleetLoginFlags,
    'resume': Flags.boolean({
      default: false,
      summary: messages.getMessage('flags.resume.summary'),
      description: messages.getMessage('flags.resume.description'),
    }),
    'concurrency': concurrencyFlag(8),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'wait': limitWaitFlag,
    'timeout': timeoutFlag,
    'report': reportFlag(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: EXIT_CODES[2],
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtFleetDoctorResult> {
    const { flags } = await this.parse(JwtFleetDoctor);
    const { 'jwt-key-file': keyFile, 'dry-run': dryRun, verbose } = flags;
    const { file, rows, folder } = await readFleet(flags, process.stdin);
    const sources = keySourcesOfFleet(this, flags);
    const input = keyFile === '-' ? await readStream(process.stdin, 'stdin') : undefined;
    // Without rows, so that no key is read: what is wrong with one is a finding.
    const defaults = await defaultsOf(this, this.configAggregator, flags, { rows: [], folder });
    this.waiting.start(messages.getMessage('spinner'));
    const outcomes = await examineFleet(
      {
        rows,
        source: file.source,
        defaults,
        concurrency: flags.concurrency,
        wait: flags.wait.milliseconds,
        resume: flags.resume,
        dryRun,
      },
      {
        ...SYSTEM_CLOCK,
        fetch: await systemFetch(process.env),
        environment: process.env,
        platform: process.platform,
        storedLogins: readStoredLogins,
        adminOf: adminFinder(this.configAggregator),
        storeFailure: storeFailureFor,
        isWebLogin,
        reportRowOf: isReportWanted(flags.report, process.env)
          ? async (examination) => (await import('../../../flows/doctor/to-report.js')).doctorRow(examination)
          : undefined,
        withStored: storedValues({
          clientId: flags['client-id'],
          instanceUrl: flags['instance-url'],
          keyFile,
          signer: flags.signer,
        }),
        keySources: () => ({ ...sources, ...(input && { stdin: Readable.from([input]) }) }),
        ...tellFleet(this, this.waiting, { rows: rows.length, minutes: flags.wait.minutes }),
      },
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(outcomes, isBad);
    await reportDoctor(this, outcomes, { bin: this.config.bin, verbose, dryRun });
    const about = { command: `${this.config.bin} jwt fleet doctor`, source: file.source, made: new Date() };
    await finishReport(
      this,
      flags.report,
      async () => (await import('../../../flows/fleet/doctor/to-report.js')).doctorReport(outcomes, about),
      process.env,
    );
    return resultOf(outcomes, dryRun);
  }
}

import { Messages } from '../../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../../terminal/command.js';
import { grantFleet } from '../../../flows/fleet/grant.js';
import { reportFleet } from '../../../flows/fleet/report.js';
import { resultOf, type JwtFleetGrantResult } from '../../../flows/fleet/result.js';
import { tellFleet } from '../../../flows/fleet/tell.js';
import { defaultsOf } from '../../../flows/fleet/defaults.js';
import { readFleet } from '../../../flows/fleet/fleet-rows.js';
import { exitCodeOf } from '../../../flows/fleet/outcome.js';
import {
  concurrencyFlag,
  fleetFlags,
  fleetLoginFlags,
  limitWaitFlag,
  orgsFileQuestion,
} from '../../../terminal/flags/fleet.js';
import { adminFinder, EXIT_CODES, LOGIN_ENVIRONMENT, timeoutFlag } from '../../../terminal/flags/login.js';
import type { KeyStorage } from '../../../flows/grant.js';
import { SYSTEM_CLOCK } from '../../../clock.js';
import { progressOf } from '../../../terminal/progress.js';
import { storeQueue } from '../../../machine/store/store-queue.js';
import { systemFetch } from '../../../salesforce/token/network.js';
import { reportFlag } from '../../../terminal/flags/report.js';
import { finishReport } from '../../../terminal/report/finish.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.grant');

const KEY_STORAGES: KeyStorage[] = ['path', 'copy', 'none'];

export type { JwtFleetGrantResult };

export default class JwtFleetGrant extends SfCommand<JwtFleetGrantResult> {
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
    'report': reportFlag(),
    'wait': limitWaitFlag,
    'timeout': timeoutFlag,
    'key-storage': Flags.option({ options: KEY_STORAGES })({
      summary: messages.getMessage('flags.key-storage.summary'),
      description: messages.getMessage('flags.key-storage.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: EXIT_CODES[2],
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtFleetGrantResult> {
    const { flags } = await this.parse(JwtFleetGrant);
    const { file, rows, folder } = await readFleet(flags, process.stdin);
    const defaults = await defaultsOf(this, this.configAggregator, flags, { rows, folder });
    this.waiting.start(messages.getMessage('spinner'));
    const outcomes = await grantFleet(
      {
        rows,
        source: file.source,
        defaults,
        concurrency: flags.concurrency,
        wait: flags.wait.milliseconds,
        resume: flags.resume,
      },
      {
        ...SYSTEM_CLOCK,
        fetch: await systemFetch(process.env),
        environment: process.env,
        store: storeQueue(),
        adminOf: adminFinder(this.configAggregator),
        ...tellFleet(this, this.waiting, { rows: rows.length, minutes: flags.wait.minutes }),
      },
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(outcomes);
    const { verbose, 'key-storage': keyStorage, 'passphrase-file': passphraseFile } = flags;
    const known = { bin: this.config.bin, keyStorage, passphraseFile, verbose };
    const result = resultOf(outcomes, known);
    await reportFleet(this, outcomes, result, known);
    const about = { command: `${this.config.bin} jwt fleet grant`, source: file.source, made: new Date(Date.now()) };
    await finishReport(
      this,
      flags.report,
      async () => (await import('../../../flows/fleet/to-report.js')).grantReport(outcomes, { ...about, flags: known }),
      process.env,
    );
    return result;
  }
}

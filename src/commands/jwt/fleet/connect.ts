import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SYSTEM_CLOCK } from '../../../clock.js';
import { connectFleet, type ConnectOutcome } from '../../../flows/fleet/connect/connect.js';
import { credentialsOf } from '../../../flows/fleet/connect/credentials.js';
import { knownIds } from '../../../flows/fleet/known-ids.js';
import { reportConnect } from '../../../flows/fleet/connect/report.js';
import type { ConnectDefaults } from '../../../flows/fleet/connect/request.js';
import { learntOf, exitCodeOf, resultOf, type JwtFleetConnectResult } from '../../../flows/fleet/connect/result.js';
import { tellRow } from '../../../flows/fleet/connect/tell.js';
import { requireConsent } from '../../../flows/fleet/consent.js';
import { planCopy, type CopyTarget } from '../../../flows/fleet/copy/copy.js';
import { writeLearnt } from '../../../flows/fleet/copy/learnt.js';
import { keySourcesOfFleet } from '../../../flows/fleet/defaults.js';
import { readFleet, type Fleet } from '../../../flows/fleet/fleet-rows.js';
import { newNotes, type Notes } from '../../../flows/fleet/notes.js';
import { sharedFetch } from '../../../flows/fleet/run.js';
import { tellFleet } from '../../../flows/fleet/tell.js';
import { APP_TYPES } from '../../../salesforce/app/app.js';
import { answerLimit, guardAnswers } from '../../../salesforce/org/transport.js';
import { systemFetch } from '../../../salesforce/token/network.js';
import { SfCommand } from '../../../terminal/command.js';
import { appAsked, appFlags, type AppFlags } from '../../../terminal/flags/app.js';
import {
  concurrencyFlag,
  copyFlags,
  fleetFlags,
  orgsFileQuestion,
  type FleetEndFlags,
} from '../../../terminal/flags/fleet.js';
import { ADMIN_ENVIRONMENT, EXIT_CODES, keyFlags, waitFlagOf } from '../../../terminal/flags/login.js';
import { asPath, asText } from '../../../terminal/flags/path.js';
import { reportFlag } from '../../../terminal/flags/report.js';
import { onSignal } from '../../../terminal/interruption.js';
import { keepKnown } from '../../../terminal/keep-known.js';
import { Messages } from '../../../terminal/messages.js';
import { progressOf } from '../../../terminal/progress.js';
import { finishReport } from '../../../terminal/report/finish.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.connect');

const LEARNT = ['client-id', 'instance-url'] as const;
const NAME_BY_ITSELF = 'JwtBearer';

export type { JwtFleetConnectResult };

export default class JwtFleetConnect extends SfCommand<JwtFleetConnectResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [orgsFileQuestion];

  public static override readonly flags = {
    ...fleetFlags,
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      summary: messages.getMessage('flags.certificate-file.summary'),
      description: messages.getMessage('flags.certificate-file.description'),
    }),
    ...keyFlags,
    'name': Flags.string({
      char: 'n',
      default: NAME_BY_ITSELF,
      parse: asText('--name'),
      summary: messages.getMessage('flags.name.summary'),
    }),
    'app-type': Flags.option({ options: APP_TYPES })({ summary: messages.getMessage('flags.app-type.summary') }),
    'permission-set': Flags.string({
      parse: asText('--permission-set'),
      multiple: true,
      summary: messages.getMessage('flags.permission-set.summary'),
    }),
    ...appFlags,
    'concurrency': concurrencyFlag(8),
    'resume': Flags.boolean({
      default: false,
      summary: messages.getMessage('flags.resume.summary'),
      description: messages.getMessage('flags.resume.description'),
    }),
    ...copyFlags({
      summary: messages.getMessage('flags.output-file.summary'),
      description: messages.getMessage('flags.output-file.description'),
      overwrite: messages.getMessage('flags.overwrite.summary'),
    }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'report': reportFlag(),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', ADMIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: EXIT_CODES[2],
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtFleetConnectResult> {
    const { flags, metadata } = await this.parse(JwtFleetConnect);
    const { 'dry-run': dryRun, 'output-file': output, wait } = flags;
    const { file, rows, folder } = await readFleet(flags, process.stdin);
    const { source } = file;
    const defaults = defaultsOf(flags, metadata.flags.name?.setFromDefault !== true);
    const copy = output === undefined ? undefined : await planCopy(output, file, LEARNT, flags.overwrite);
    await requireConsent(this, messages.getMessage('prompt', [rows.length]), { rows: rows.length, dryRun });
    const fetch = await systemFetch(process.env);
    const timeout = answerLimit(process.env);
    guardAnswers(sharedFetch(fetch), timeout);
    const notes = newNotes();
    this.waiting.start(messages.getMessage('spinner'));
    onSignal(() => messages.getMessage('interrupted'));
    const outcomes = await connectFleet(
      {
        rows,
        source,
        defaults,
        concurrency: flags.concurrency,
        wait: wait.milliseconds,
        resume: flags.resume,
        dryRun,
      },
      {
        ...SYSTEM_CLOCK,
        fetch,
        timeout,
        audience: process.env['SF_AUDIENCE_URL'] || undefined,
        credentialOf: credentialsOf({
          source,
          folder,
          certificateFile: flags['certificate-file'],
          sources: keySourcesOfFleet(this, flags),
          now: new Date(),
        }),
        clientIdsOf: knownIds(copy),
        toldOf: ({ line }, admin) => tellRow(admin.name, (warning) => notes.add(line, warning)),
        keep: (_, clientId, learnt) => keepKnown(this, clientId, learnt),
        ...tellFleet(this, this.waiting, { rows: rows.length, minutes: wait.minutes }),
      },
    );
    return this.finished(outcomes, { fleet: { file, rows }, copy, notes, flags });
  }

  private async finished(
    outcomes: readonly ConnectOutcome[],
    {
      fleet,
      copy,
      notes,
      flags,
    }: { fleet: Pick<Fleet, 'file' | 'rows'>; copy: CopyTarget | undefined; notes: Notes; flags: FleetEndFlags },
  ): Promise<JwtFleetConnectResult> {
    const { 'dry-run': dryRun, 'output-file': output, 'orgs-file': orgsFile, verbose } = flags;
    this.waiting.stop();
    onSignal(undefined);
    process.exitCode = exitCodeOf(outcomes);
    const outputFile = await this.written(copy, fleet, outcomes, dryRun);
    await reportConnect(this, outcomes, {
      bin: this.config.bin,
      verbose,
      dryRun,
      orgsFile,
      outputFile: outputFile === null ? undefined : output,
      audience: process.env['SF_AUDIENCE_URL'],
      notes,
    });
    const about = {
      command: `${this.config.bin} jwt fleet connect`,
      source: fleet.file.source,
      made: new Date(),
      dryRun,
    };
    await finishReport(
      this,
      flags.report,
      async () => (await import('../../../flows/fleet/connect/to-report.js')).connectReport(outcomes, about),
      process.env,
    );
    return resultOf(outcomes, { outputFile, dryRun });
  }

  private async written(
    copy: CopyTarget | undefined,
    { file, rows }: Pick<Fleet, 'file' | 'rows'>,
    outcomes: readonly ConnectOutcome[],
    dryRun: boolean,
  ): Promise<string | null> {
    if (copy === undefined || dryRun) return null;
    return (await writeLearnt(this, file, copy, LEARNT, learntOf(outcomes, rows))) ? copy.path : null;
  }
}

type AppFlagValues = AppFlags & {
  'name': string;
  'app-type': ConnectDefaults['appType'];
  'permission-set': string[] | undefined;
  'api-version': string | undefined;
};

/** @throws Failure those of `appAsked` */
function defaultsOf(flags: AppFlagValues, nameGiven: boolean): ConnectDefaults {
  return {
    name: flags.name,
    nameGiven,
    appType: flags['app-type'],
    permissionSets: flags['permission-set'] ?? [],
    ...appAsked(flags),
    apiVersion: flags['api-version'],
  };
}

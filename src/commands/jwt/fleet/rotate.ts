import { resolve } from 'node:path';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SYSTEM_CLOCK } from '../../../clock.js';
import { requireConsent } from '../../../flows/fleet/consent.js';
import { planCopy, type CopyTarget } from '../../../flows/fleet/copy/copy.js';
import { writeLearnt } from '../../../flows/fleet/copy/learnt.js';
import { keySourcesOfFleet } from '../../../flows/fleet/defaults.js';
import { readFleet } from '../../../flows/fleet/fleet-rows.js';
import { knownIds } from '../../../flows/fleet/known-ids.js';
import { newNotes, type Notes } from '../../../flows/fleet/notes.js';
import { newKeyPassphrase } from '../../../flows/rotate/new-passphrase.js';
import { readOnce } from '../../../flows/fleet/requests.js';
import { reportRotate } from '../../../flows/fleet/rotate/report.js';
import { exitCodeOf, newKeysOf, resultOf, type JwtFleetRotateResult } from '../../../flows/fleet/rotate/result.js';
import { rotateFleet, type RotateDefaults, type RotateOutcome } from '../../../flows/fleet/rotate/rotate.js';
import { tellRow } from '../../../flows/fleet/rotate/tell.js';
import type { OrgsFile } from '../../../flows/fleet/rows.js';
import { sharedFetch } from '../../../flows/fleet/run.js';
import { tellFleet } from '../../../flows/fleet/tell.js';
import { readCertificates } from '../../../machine/files/certificate-input.js';
import { ofFile, ofSigner, readKeyInput, requireKeyInput } from '../../../machine/files/key-input.js';
import { answerLimit, guardAnswers } from '../../../salesforce/org/transport.js';
import { systemFetch } from '../../../salesforce/token/network.js';
import { SfCommand } from '../../../terminal/command.js';
import { warnOfCommittable } from '../../../terminal/committable.js';
import {
  credentialFlags,
  keySizeFlagWithoutDefault,
  subjectOf,
  type SubjectFlags,
} from '../../../terminal/flags/credential.js';
import {
  concurrencyFlag,
  copyFlags,
  fleetFlags,
  orgsFileQuestion,
  type FleetEndFlags,
} from '../../../terminal/flags/fleet.js';
import {
  ADMIN_ENVIRONMENT,
  asClaim,
  CLIENT_ID_NAMES,
  EXIT_CODES,
  keyFlags,
  waitFlagOf,
} from '../../../terminal/flags/login.js';
import { asPath, asText } from '../../../terminal/flags/path.js';
import { reportFlag } from '../../../terminal/flags/report.js';
import { onSignal } from '../../../terminal/interruption.js';
import { keepKnown } from '../../../terminal/keep-known.js';
import { Messages } from '../../../terminal/messages.js';
import { progressOf } from '../../../terminal/progress.js';
import { finishReport } from '../../../terminal/report/finish.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.rotate');
const ofOne = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

const LEARNT = ['jwt-key-file'] as const;
const NAME_BY_ITSELF = 'JwtBearer';
const ifExpiresWithin = Flags.integer({ min: 0, summary: ofOne.getMessage('flags.if-expires-within.summary') });

export type { JwtFleetRotateResult };

export default class JwtFleetRotate extends SfCommand<JwtFleetRotateResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [orgsFileQuestion];

  public static override readonly flags = {
    ...fleetFlags,
    'name': Flags.string({
      char: 'n',
      default: NAME_BY_ITSELF,
      parse: asText('--name'),
      summary: messages.getMessage('flags.name.summary'),
    }),
    'client-id': Flags.string({
      aliases: CLIENT_ID_NAMES,
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
    }),
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      summary: ofOne.getMessage('flags.certificate-file.summary'),
    }),
    'output-dir': Flags.directory({
      char: 'd',
      parse: asPath('--output-dir', 'output'),
      summary: messages.getMessage('flags.output-dir.summary'),
    }),
    ...credentialFlags,
    'key-size': keySizeFlagWithoutDefault,
    ...keyFlags,
    'jwt-key-file': Flags.string({
      char: 'f',
      parse: asPath('--jwt-key-file'),
      summary: messages.getMessage('flags.jwt-key-file.summary'),
    }),
    'passphrase-file': Flags.string({
      parse: asPath('--passphrase-file', 'passphrase'),
      summary: ofOne.getMessage('flags.passphrase-file.summary'),
    }),
    'if-expires-within': ifExpiresWithin,
    'concurrency': concurrencyFlag(1),
    'max-failures': Flags.integer({ default: 1, min: 1, summary: messages.getMessage('flags.max-failures.summary') }),
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

  public async run(): Promise<JwtFleetRotateResult> {
    const { flags, metadata } = await this.parse(JwtFleetRotate);
    const { 'dry-run': dryRun, 'output-file': output, wait } = flags;
    const { file, rows, folder } = await readFleet(flags, process.stdin);
    const copy = output === undefined ? undefined : await planCopy(output, file, LEARNT, flags.overwrite);
    const sources = keySourcesOfFleet(this, flags);
    const passphrase = flags.encrypt ? await newKeyPassphrase(this, sources) : undefined;
    const key = await readKeyInput(sources);
    await requireConsent(this, messages.getMessage('prompt', [rows.length]), { rows: rows.length, dryRun });
    const fetch = await systemFetch(process.env);
    const timeout = answerLimit(process.env);
    guardAnswers(sharedFetch(fetch), timeout);
    const nameGiven = metadata.flags.name?.setFromDefault !== true;
    const notes = newNotes();
    this.waiting.start(messages.getMessage('spinner'));
    onSignal(() => messages.getMessage('interrupted'));
    const outcomes = await rotateFleet(
      {
        rows,
        source: file.source,
        defaults: { ...defaultsOf(flags), nameGiven, key, passphrase, folder },
        concurrency: flags.concurrency,
        maxFailures: flags['max-failures'],
        wait: wait.milliseconds,
        resume: flags.resume,
        dryRun,
      },
      {
        ...SYSTEM_CLOCK,
        fetch,
        timeout,
        audience: process.env['SF_AUDIENCE_URL'] || undefined,
        readKey: readOnce((path) => requireKeyInput(ofFile(sources, path))),
        readSigner: readOnce((uri) => requireKeyInput(ofSigner(sources, uri))),
        readCertificates: (path) => readCertificates(path, sources),
        clientIdsOf: knownIds(copy),
        toldOf: ({ line }) => tellRow((warning) => notes.add(line, warning)),
        keep: (clientId, learnt) => keepKnown(this, clientId, learnt),
        ...tellFleet(this, this.waiting, { rows: rows.length, minutes: wait.minutes }),
      },
    );
    return this.finished(outcomes, { file, copy, notes, flags });
  }

  private async finished(
    outcomes: readonly RotateOutcome[],
    { file, copy, notes, flags }: { file: OrgsFile; copy: CopyTarget | undefined; notes: Notes; flags: FleetEndFlags },
  ): Promise<JwtFleetRotateResult> {
    const { 'dry-run': dryRun, 'output-file': output, verbose } = flags;
    this.waiting.stop();
    onSignal(undefined);
    process.exitCode = exitCodeOf(outcomes);
    const outputFile = dryRun ? null : await this.written(copy, file, outcomes);
    await reportRotate(this, outcomes, {
      verbose,
      dryRun,
      outputFile: outputFile === null ? undefined : output,
      notes,
    });
    const about = { command: `${this.config.bin} jwt fleet rotate`, source: file.source, made: new Date(), dryRun };
    await finishReport(
      this,
      flags.report,
      async () => (await import('../../../flows/fleet/rotate/to-report.js')).rotateReport(outcomes, about),
      process.env,
    );
    const result = resultOf(outcomes, { outputFile, dryRun });
    await warnOfCommittable(
      this,
      result.rotated.flatMap(({ issued }) => issued?.privateKeyFile ?? []),
    );
    return result;
  }

  private async written(
    copy: CopyTarget | undefined,
    file: OrgsFile,
    outcomes: readonly RotateOutcome[],
  ): Promise<string | null> {
    if (copy === undefined) return null;
    const learnt = newKeysOf(outcomes, copy.path);
    return (await writeLearnt(this, file, copy, LEARNT, learnt)) ? copy.path : null;
  }
}

type RotateFlagValues = SubjectFlags & {
  'name': string;
  'client-id': string | undefined;
  'certificate-file': string | undefined;
  'output-dir': string | undefined;
  'key-size': RotateDefaults['keySize'];
  'days': number;
  'if-expires-within': number | undefined;
  'api-version': string | undefined;
};

function defaultsOf(flags: RotateFlagValues): Omit<RotateDefaults, 'nameGiven' | 'key' | 'passphrase' | 'folder'> {
  return {
    name: flags.name,
    clientId: flags['client-id'],
    certificateFile: flags['certificate-file'],
    outputFolder: flags['output-dir'] && resolve(flags['output-dir']),
    keySize: flags['key-size'],
    days: flags.days,
    subject: subjectOf(flags),
    expiresWithin: flags['if-expires-within'],
    apiVersion: flags['api-version'],
  };
}

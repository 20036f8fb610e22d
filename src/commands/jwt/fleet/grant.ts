import { dirname, resolve } from 'node:path';
import { Messages } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { audienceFor } from '../../../assertion/audience.js';
import { explain } from '../../../explain.js';
import { Failure } from '../../../failure.js';
import { readKeyInput, requireKeyInput, type KeySources } from '../../../files/key-input.js';
import { grantFleet } from '../../../fleet/grant.js';
import {
  failedRow,
  failureWarnings,
  keyWarnings,
  outcomeTable,
  repeatCommands,
  wordsOf,
  type FailedRow,
  type Shared,
} from '../../../fleet/report.js';
import { readOrgsFile, rowsOf } from '../../../fleet/orgs-file.js';
import { exitCodeOf, type FleetOutcome } from '../../../fleet/outcome.js';
import { readOnce, type Defaults } from '../../../fleet/requests.js';
import { checkRows, isFaulty } from '../../../fleet/rows.js';
import { parseShard, rowsOfShard, type Shard } from '../../../fleet/shard.js';
import {
  asClaim,
  EXIT_CODES,
  keyFlags,
  keySources,
  LOGIN_ENVIRONMENT,
  timeoutFlag,
  waitFlagOf,
} from '../../../flags/login.js';
import type { KeyStorage } from '../../../grant.js';
import { REAL_PATIENCE } from '../../../patience.js';
import { progressOf } from '../../../progress.js';
import { loginUrlFor } from '../../../store/login-url.js';
import { storeQueue } from '../../../store/store-queue.js';
import { systemFetch } from '../../../token/network.js';
import type { JwtGrantResult } from '../grant.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.grant');

const KEY_STORAGES: KeyStorage[] = ['path', 'copy', 'none'];

/** What `sf jwt fleet grant --json` returns. */
export type JwtFleetGrantResult = {
  /** The logins that were made, each as `sf jwt grant` returns it, in the order of the file. */
  granted: JwtGrantResult[];
  /** The rows whose login failed, in the order of the file. */
  failed: FailedRow[];
  /** The rows that `--resume` left out, since their login works, in the order of the file. */
  skipped: Array<{ line: number; username: string; alias?: string; orgId: string }>;
};

export default class JwtFleetGrant extends SfCommand<JwtFleetGrantResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'orgs-file': Flags.string({
      char: 'x',
      required: true,
      summary: messages.getMessage('flags.orgs-file.summary'),
      description: messages.getMessage('flags.orgs-file.description'),
    }),
    'client-id': Flags.string({
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
    }),
    ...keyFlags,
    'instance-url': Flags.url({
      char: 'r',
      summary: messages.getMessage('flags.instance-url.summary'),
      description: messages.getMessage('flags.instance-url.description'),
    }),
    'audience': Flags.string({ summary: messages.getMessage('flags.audience.summary') }),
    'concurrency': Flags.integer({
      default: 8,
      min: 1,
      max: 100,
      summary: messages.getMessage('flags.concurrency.summary'),
    }),
    'shard': Flags.custom<Shard>({
      parse: (input) => {
        const shard = parseShard(input);
        if (shard !== undefined) return Promise.resolve(shard);
        throw Object.assign(messages.createError('flags.shard.invalid', [input]), { exitCode: 2 });
      },
    })({
      summary: messages.getMessage('flags.shard.summary'),
      description: messages.getMessage('flags.shard.description'),
    }),
    'resume': Flags.boolean({
      default: false,
      summary: messages.getMessage('flags.resume.summary'),
      description: messages.getMessage('flags.resume.description'),
    }),
    'wait': waitFlagOf(10, {
      summary: messages.getMessage('flags.wait.summary'),
      description: messages.getMessage('flags.wait.description'),
    }),
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
    const orgsFile = flags['orgs-file'];
    if (orgsFile === '-' && flags['jwt-key-file'] === '-') throw new Failure('stdin_for_two', {});
    const file = await readOrgsFile(orgsFile, process.stdin);
    // The whole file is checked, so that a row fails or not whatever the shard is.
    const all = checkRows(await rowsOf(file), file.source);
    const rows = flags.shard === undefined ? all : rowsOfShard(all, flags.shard);
    const keyless = rows.some((row) => !isFaulty(row) && row.values['jwt-key-file'] === undefined);
    const defaults = await this.defaults(flags, orgsFile === '-' ? '.' : dirname(orgsFile), keyless);
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
        ...REAL_PATIENCE,
        fetch: await systemFetch(process.env),
        environment: process.env,
        store: storeQueue(),
        onDone: this.tellDone(rows.length),
        onPause: this.tellPause(flags.wait.minutes),
      },
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(outcomes);
    const shared = { bin: this.config.bin, keyStorage: flags['key-storage'], passphraseFile: flags['passphrase-file'] };
    const result = resultOf(outcomes, shared);
    this.report(outcomes, result, shared);
    return result;
  }

  protected override catch(error: Error): Promise<never> {
    this.waiting.stop();
    return super.catch(explain(error));
  }

  private async defaults(
    flags: {
      'client-id': string | undefined;
      'jwt-key-file': string | undefined;
      'passphrase-file': string | undefined;
      'instance-url': URL | undefined;
      'audience': string | undefined;
      'key-storage': KeyStorage | undefined;
      'timeout': { milliseconds: number };
    },
    folder: string,
    keyless: boolean,
  ): Promise<Defaults> {
    const sources = askingOnce(keySources(this, flags));
    const loginUrl = await loginUrlFor(flags['instance-url'], this.configAggregator);
    return {
      clientId: flags['client-id'],
      audience: flags.audience,
      key: keyless ? await readKeyInput(sources) : undefined,
      keyFile: flags['jwt-key-file'] || undefined,
      keyStorage: flags['key-storage'],
      timeout: flags.timeout.milliseconds,
      folder: resolve(folder),
      loginUrlFor: async (given) => (given === undefined ? loginUrl : loginUrlFor(given, this.configAggregator)),
      audienceFor: (url) => process.env['SF_AUDIENCE_URL'] || audienceFor(url),
      readKey: readOnce((path) => requireKeyInput({ ...sources, file: path })),
    };
  }

  private tellDone(total: number): (outcome: FleetOutcome) => void {
    let [done, failed] = [0, 0];
    return ({ state }) => {
      done += 1;
      if (state === 'failed') failed += 1;
      this.waiting.status = messages.getMessage('spinner.status', [done, total, failed]);
    };
  }

  /** A log, where nobody watches the spinner, has one line for each kind of limit at each host. */
  private tellPause(minutes: number): (host: string, error: Error) => void {
    const told = new Set<string>();
    return (host, error) => {
      const pause = messages.getMessage('pause', [host, wordsOf(error), minutes]);
      this.waiting.status = pause;
      if (!told.has(pause) && !process.stderr.isTTY) this.logToStderr(pause);
      told.add(pause);
    };
  }

  private report(outcomes: readonly FleetOutcome[], result: JwtFleetGrantResult, shared: Shared): void {
    if (outcomes.length === 0) {
      this.log(messages.getMessage('nothing'));
      return;
    }
    const failed = outcomes.filter((outcome) => outcome.state === 'failed');
    this.table(outcomeTable(outcomes));
    for (const warning of [...keyWarnings(outcomes), ...failureWarnings(failed, shared)]) this.warn(warning);
    const commands = repeatCommands(failed, shared);
    if (commands.length > 0) this.log(messages.getMessage('repeat'));
    for (const command of commands) this.log(`  ${command}`);
    const counts = [result.granted.length, result.skipped.length, failed.length];
    this.log();
    if (result.granted.some(({ keyStorage }) => keyStorage === 'none'))
      this.log(messages.getMessage('keyStorage.none'));
    const success = messages.getMessage('success', counts);
    if (failed.length === 0) this.logSuccess(success);
    else this.log(success);
    this.log(failed.length === 0 ? messages.getMessage('next', [this.config.bin]) : messages.getMessage('next.resume'));
  }
}

function resultOf(outcomes: readonly FleetOutcome[], shared: Shared): JwtFleetGrantResult {
  const failed: FailedRow[] = [];
  const result: JwtFleetGrantResult = { granted: [], failed, skipped: [] };
  for (const outcome of outcomes) {
    if (outcome.state === 'failed') failed.push(failedRow(outcome, shared));
    else if (outcome.state === 'granted') {
      const { fields, keyStorage } = outcome.granted;
      result.granted.push({ ...fields, keyStorage });
    } else {
      const { line, username = '', alias } = outcome.row;
      result.skipped.push({ line, username, ...(alias === undefined ? {} : { alias }), orgId: outcome.orgId });
    }
  }
  return result;
}

/** A person is asked for one passphrase, as a file holds one. */
function askingOnce(sources: KeySources): KeySources {
  const { askPassphrase } = sources;
  let answer: Promise<string> | undefined;
  return { ...sources, askPassphrase: askPassphrase && (() => (answer ??= askPassphrase())) };
}

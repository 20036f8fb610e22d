import type { ConfigAggregator } from '@salesforce/core';
import type { Command, Config, Interfaces } from '@oclif/core';
import { ux } from '@oclif/core/ux';
import { Flags, SfCommand as CoreCommand } from '@salesforce/sf-plugins-core';
import { keepKeyMaterial, keepSecret, withoutSecrets } from '../keys/secrets.js';
import { isFailure } from '../failure.js';
import { withAnswers, wrongTogether, type Definition, type Definitions, type Look } from './answers.js';
import { explain, isExplained } from './explain.js';
import { endOnSignals, lastWordsNow } from './interruption.js';
import { catchStrays } from './strays.js';
import { foreseen } from './unforeseen.js';
import { withCode } from './parser-error.js';
import { inLine, printable } from './printable.js';
import { masked, writeJson } from './json.js';
import { Messages } from './messages.js';
import type { Given, Question } from './question.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'questions');

type OutputFlags = Interfaces.OutputFlags<Interfaces.FlagInput>;
type OutputArgs = Interfaces.OutputArgs<Interfaces.ArgInput>;

/** Variables whose values are secret. */
const SECRET_VARIABLE = /^SF_JWT_\w*(KEY|PASSPHRASE|PASSWORD|SECRET|TOKEN)\w*$/;

/** The exit code that a shell gives to an interrupted program. */
const INTERRUPTED = 130;

/** Milliseconds, the most that a timer takes: a person may look something up before answering. */
const NO_LIMIT = 2 ** 31 - 1;

/**
 * What every command of this plugin extends: sf's own class of that name, whose outlets let no secret and nothing that steers a terminal
 * pass, whoever wrote it, and whose every error is explained. A command that exists to print a secret names it with
 * {@link handOut}; it then passes on standard output and in the JSON, and nowhere else. What its arguments leave out and a
 * person can say is asked for.
 */
export abstract class SfCommand<Result> extends CoreCommand<Result> {
  public static override readonly baseFlags = {
    ...CoreCommand.baseFlags,
    'no-prompt': Flags.boolean({ helpGroup: 'GLOBAL', summary: messages.getMessage('flags.no-prompt.summary') }),
  };

  /** What is asked for at a terminal, in this order. */
  public static readonly questions: readonly Question[] = [];

  /** The exit code of every failure; another than 1 where that has a meaning of its own. */
  protected failureExitCode = 1;

  readonly #given = new Set<string>();
  /** How it has ended has been said. */
  #hasEnded = false;
  /** An error that nobody awaited is ending it. */
  #isEnding = false;
  /** The arguments are looked at, and not yet taken. */
  #isLooking = false;

  /**
   * Runs the command with the configuration that the CLI has loaded. Since oclif is packed here, oclif would take it for one of another version
   * and load each plugin of the CLI with its commands anew, which is a sixth of a command's processor time.
   */
  public static override async run<T extends Command>(
    this: new (argv: string[], config: Config) => T,
    argv?: string[],
    options?: Interfaces.LoadOptions,
  ): Promise<ReturnType<T['run']>> {
    const command = argv !== undefined && isLoaded(options) ? new this(argv, options) : undefined;
    if (command instanceof SfCommand) return command._run<ReturnType<T['run']>>();
    return (await super.run.call(this, argv, options)) as ReturnType<T['run']>;
  }

  public override log(message = '', ...args: unknown[]): void {
    super.log(this.#shown(message, this.#given), ...args);
  }

  public override logToStderr(message = '', ...args: unknown[]): void {
    super.logToStderr(this.#shown(message), ...args);
  }

  public override warn(input: CoreCommand.Warning): CoreCommand.Warning {
    if (typeof input === 'string') return super.warn(this.#shown(input));
    return super.warn(this.#clean(input));
  }

  public override async secretPrompt(options: Parameters<CoreCommand<Result>['secretPrompt']>[0]): Promise<string> {
    const prompt = (): Promise<string> =>
      super.secretPrompt({ ms: NO_LIMIT, ...options, message: inLine(options.message) });
    // A spinner would write over the question.
    const answer = await ux.action.pauseAsync<string>(prompt);
    keepSecret(answer);
    return answer;
  }

  public override confirm(options: Parameters<CoreCommand<Result>['confirm']>[0]): Promise<boolean> {
    const prompt = (): Promise<boolean> =>
      super.confirm({ ms: NO_LIMIT, ...options, message: this.#shown(options.message) });
    return ux.action.pauseAsync<boolean>(prompt);
  }

  /** Core reads its configuration before anything that has a net. */
  public override async _run<R>(): Promise<R> {
    catchStrays((error) => this.#onStray(error));
    try {
      return await super._run<R>();
    } catch (error) {
      const begun = (this.configAggregator as ConfigAggregator | undefined) !== undefined;
      if (begun || !(error instanceof Error)) throw error;
      return await this.catch(error);
    } finally {
      this.#hasEnded = true;
    }
  }

  protected handOut(...secrets: string[]): void {
    for (const secret of secrets) this.#given.add(secret);
  }

  protected override async init(): Promise<void> {
    endOnSignals((words) => {
      this.logToStderr(words);
    });
    for (const [name, value = ''] of Object.entries(process.env)) {
      if (!SECRET_VARIABLE.test(name)) continue;
      keepSecret(value);
      keepKeyMaterial(value);
    }
    await super.init();
  }

  public override logJson(json: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    writeJson(masked(json, this.#given), (plain) => super.logJson(plain));
  }

  /** Flags that are wrong together are wrong whatever their values are, which are read first. */
  protected override async parse<F extends OutputFlags, B extends OutputFlags, A extends OutputArgs>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    if (options === undefined) return super.parse(options, argv);
    const look: Look = (words, ofFlags, ofArguments) => this.#look(options, words, ofFlags, ofArguments);
    const { questions } = this.ctor as unknown as typeof SfCommand;
    const words = await withAnswers(this, argv ?? this.argv, { questions, options, look });
    try {
      return await super.parse(options, words);
    } catch (error) {
      if (!isFailure(error)) throw error;
      throw (await wrongTogether(words, look)) ?? error;
    }
  }

  protected override warnIfFlagDeprecated(flags: Record<string, unknown>): void {
    if (!this.#isLooking) super.warnIfFlagDeprecated(flags);
  }

  protected override catch(error: Error): Promise<never> {
    // What it goes on with, while it's being ended for another reason, is of no concern any more.
    return this.#isEnding ? new Promise(() => undefined) : this.#end(error);
  }

  async #end(error: Error): Promise<never> {
    // Ctrl-C at a question
    if (error.name === 'ExitPromptError') this.exit(INTERRUPTED);
    return super.catch(this.#clean(withCode(this.#withExitCode(explained(error)))));
  }

  #withExitCode(error: Error): Error {
    const { exitCode } = error as { exitCode?: number };
    return isExplained(error) && exitCode === 1 ? Object.assign(error, { exitCode: this.failureExitCode }) : error;
  }

  /** Ends the command as an error that it awaits does. After its end nothing but that it happened is left to say. */
  #onStray(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (this.#isEnding) return;
    if (this.#hasEnded) {
      ux.stderr(this.#shown(explained(error).message));
      return;
    }
    this.#isEnding = true;
    void this.#end(error).catch((reason: unknown) => {
      const goesOn = lastWordsNow();
      if (goesOn !== '') ux.stderr(this.#shown(goesOn));
      // Whoever else listens has its turn.
      setImmediate(() => process.exit(exitCodeIn(reason)));
    });
  }

  /** Parses with other definitions of flags and arguments, and takes nothing yet; what is wrong comes back. */
  async #look(
    options: object,
    argv: readonly string[],
    ofFlags: (definition: Definition) => Definition,
    ofArguments = ofFlags,
  ): Promise<{ flags: Given; args: Given } | Error> {
    const { flags = {}, args = {} } = options as { flags?: Definitions; args?: Definitions };
    const changed = (definitions: Definitions, change: (definition: Definition) => Definition): Definitions =>
      Object.fromEntries(Object.entries(definitions).map(([name, each]) => [name, change(each)]));
    // A command's class, which inherits sf's own flags.
    const input = Object.assign(Object.create(options) as object, options, {
      flags: changed(flags, ofFlags),
      args: changed(args, ofArguments),
    });
    const before = this.argv;
    this.#isLooking = true;
    try {
      return await super.parse<Given & OutputFlags, OutputFlags, Given & OutputArgs>(input as never, [...argv]);
    } catch (error) {
      if (error instanceof Error) return error;
      throw error;
    } finally {
      this.#isLooking = false;
      this.argv = before;
    }
  }

  /** Message and actions of an error or a warning, which otherwise stays what it is. */
  #clean<Told extends { message: string; actions?: string[] | undefined }>(told: Told): Told {
    told.message = this.#shown(told.message);
    if (told.actions !== undefined) told.actions = told.actions.map((action) => this.#shown(action));
    return told;
  }

  #shown(text: string, given?: ReadonlySet<string>): string {
    return printable(withoutSecrets(text, given));
  }
}

/** Whether these are a configuration of oclif, of a version in which its members are those that commands know. */
function isLoaded(options: Interfaces.LoadOptions): options is Config {
  return typeof options === 'object' && '_base' in options && /^@oclif\/core@[45]\./.test(String(options._base));
}

function explained(error: Error): Error {
  const first = isExplained(error) ? error : explain(error);
  return isExplained(first) ? first : explain(foreseen(first, process.env));
}

function exitCodeIn(error: unknown): number {
  const { exitCode, oclif } = error as { exitCode?: number; oclif?: { exit?: number } };
  return exitCode ?? oclif?.exit ?? 1;
}

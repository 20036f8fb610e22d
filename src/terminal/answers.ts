import type { SfCommand } from '@salesforce/sf-plugins-core';
import { askerOf, type Check } from './asker.js';
import { explain } from './explain.js';
import { isGiven, type Given, type Question } from './question.js';

/** A flag or an argument as oclif has it, so far as it matters here. */
export type Definition = {
  parse?: (value: string, context: unknown, definition: object) => Promise<unknown>;
  required?: boolean;
  default?: unknown;
  exactlyOne?: string[] | undefined;
};
export type Definitions = Record<string, Definition>;

/** Parses with other definitions, and takes nothing yet; what is wrong comes back. */
export type Look = (
  argv: readonly string[],
  ofFlags: (definition: Definition) => Definition,
  ofArguments?: (definition: Definition) => Definition,
) => Promise<{ flags: Given; args: Given } | Error>;

/** Takes what it always takes, or none. */
const asRead = (definition: Definition): Definition => {
  const { exactlyOne: _, ...rest } = definition;
  return { ...rest, required: false, default: undefined };
};

/** Takes any value as it was typed, or none. */
const asTyped = (definition: Definition): Definition => ({
  ...asRead(definition),
  parse: (value) => Promise.resolve(value),
});

/**
 * The command line, and what a person was asked for of what it leaves out. What is wrong in it goes before that: then nothing
 * is asked.
 *
 * @param options flags and arguments as oclif has them
 */
export async function withAnswers(
  command: SfCommand<unknown>,
  argv: string[],
  { questions, options, look }: { questions: readonly Question[]; options: object; look: Look },
): Promise<string[]> {
  const asker = questions.length === 0 || argv.includes('-') ? undefined : askerOf(command);
  const typed = asker && (await look(argv, asTyped));
  if (asker === undefined || typed === undefined || typed instanceof Error) return argv;
  const { flags = {}, args = {} } = options as { flags?: Definitions; args?: Definitions };
  let isSound = false;
  let given: Given = { ...typed.args, ...typed.flags };
  const answers: string[] = [];
  for (const { name, isMissing, ask } of questions) {
    if (!(await (isMissing ?? ((known) => !isGiven(known, name)))(given, answers.length > 0))) continue;
    isSound ||= !((await look(argv, asRead)) instanceof Error);
    if (!isSound) return argv;
    const answer = await ask(asker, given, checkBy(flags[name] ?? args[name], command));
    // What has no answer here is an error that says what to do, and the others needn't be asked then.
    if (answer === undefined) break;
    given = { ...given, ...(typeof answer === 'string' ? { [name]: answer } : { [answer.flag]: true }) };
    if (typeof answer !== 'string') answers.push(`--${answer.flag}`);
    else answers.push(name in args ? answer : `--${name}=${answer}`);
  }
  const end = argv.indexOf('--');
  return end < 0 ? [...argv, ...answers] : [...argv.slice(0, end), ...answers, ...argv.slice(end)];
}

/** What is wrong with flags that are there together, whatever their values are. */
export async function wrongTogether(argv: readonly string[], look: Look): Promise<Error | undefined> {
  const ofFlags = (flag: Definition): Definition => ({ ...asTyped(flag), exactlyOne: flag.exactlyOne });
  const looked = await look(argv, ofFlags, (argument) => argument);
  return looked instanceof Error && 'parse' in looked ? looked : undefined;
}

/** Refuses what the flag or the argument would refuse, in the words of its error. */
function checkBy(definition: Definition | undefined, command: unknown): Check {
  return async (answer) => {
    try {
      await definition?.parse?.(answer, command, { ...definition, required: true });
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return explain(error).message;
    }
  };
}

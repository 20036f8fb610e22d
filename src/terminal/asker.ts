import { ux } from '@oclif/core/ux';
import { withoutSecrets } from '../keys/secrets.js';
import { explain } from './explain.js';
import { inLine } from './printable.js';
import { canAsk } from './prompt.js';
import type { SfCommand } from '@salesforce/sf-plugins-core';

/** One of the answers to choose from. */
export type Choice<Value> = {
  value: Value;
  /** As it's shown */
  name: string;
  /** What else is shown while it's the one that would be chosen */
  description?: string | undefined;
};

/** Says what is wrong with an answer; undefined where nothing is. */
export type Check = (answer: string) => Promise<string | undefined> | string | undefined;

/** Asks a person at a terminal, where a spinner waits meanwhile. Each question is asked until its answer is right, and Ctrl-C ends the command. */
export type Asker = {
  /** A yes or a no. `byDefault` is what Return alone says; without it, no. */
  confirm: (question: string, byDefault?: boolean) => Promise<boolean>;
  /** One of these and nothing else. */
  choose: <Value>(question: string, choices: ReadonlyArray<Choice<Value>>, byDefault?: Value) => Promise<Value>;
  /** One of these, or what is typed: typing narrows the list. Without choices it's {@link Asker.enter}. */
  find: (question: string, choices: ReadonlyArray<Choice<string>>, check?: Check) => Promise<string>;
  /** A text, which isn't empty. `byDefault` is what Return alone says. */
  enter: (question: string, options?: { byDefault?: string | undefined; check?: Check | undefined }) => Promise<string>;
};

/**
 * What asks for whatever a command lacks, and has confirmed what hurts.
 *
 * @param input the file that is read, if any; `-` takes stdin, and with it the answers
 * @returns undefined where nobody is to be asked; see {@link canAsk}
 */
export function askerOf(command: SfCommand<unknown>, input?: string): Asker | undefined {
  if (!canAsk(command, input)) return undefined;
  return {
    confirm: (message, byDefault = false) => command.confirm({ message, defaultAnswer: byDefault }),
    choose: async (message, choices, byDefault) => {
      const { default: select } = await import('@inquirer/select');
      return ux.action.pauseAsync(() =>
        select({
          message: shown(message),
          choices: choices.map(asShown),
          ...(byDefault === undefined ? {} : { default: byDefault }),
        }),
      );
    },
    find: async (message, choices, check) =>
      choices.length === 0 ? enter(message, { check }) : find(message, choices, check),
    enter,
  };
}

const enter: Asker['enter'] = async (message, { byDefault, check } = {}) => {
  const { default: input } = await import('@inquirer/input');
  const answer = await ux.action.pauseAsync(() =>
    input({
      message: shown(message),
      required: true,
      validate: verdictBy(check),
      theme: { validationFailureMode: 'clear' },
      ...(byDefault === undefined ? {} : { default: byDefault }),
    }),
  );
  return answer.trim();
};

async function find(message: string, choices: ReadonlyArray<Choice<string>>, check?: Check): Promise<string> {
  const { findPrompt } = await import('./find-prompt.js');
  return ux.action.pauseAsync(() =>
    findPrompt({ message: shown(message), choices: choices.map(asShown), validate: verdictBy(check) }),
  );
}

/** As the library has it: true, or what is wrong. */
function verdictBy(check: Check | undefined): (answer: string) => Promise<true | string> {
  return async (answer) => {
    try {
      const wrong = await check?.(answer.trim());
      return wrong === undefined ? true : shown(wrong);
    } catch (error) {
      // Nobody above a prompt would catch it.
      if (!(error instanceof Error)) throw error;
      return shown(explain(error).message);
    }
  };
}

function asShown<Value>({ value, name, description }: Choice<Value>): {
  value: Value;
  name: string;
  description?: string;
} {
  return { value, name: shown(name), ...(description === undefined ? {} : { description: shown(description) }) };
}

/** Names come from orgs and files, and stand on one line each. */
function shown(text: string): string {
  return inLine(withoutSecrets(text));
}

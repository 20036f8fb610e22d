import type { Asker, Check } from './asker.js';

/** What the command line says, as it was typed: flags and arguments by their names, with the answers so far. */
export type Given = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/**
 * A flag or an argument that a person at a terminal is asked for where the command line leaves it out. A command has its
 * questions in `static questions`, in the order in which they are asked; see `SfCommand`.
 */
export type Question = {
  /** Name of the flag or argument that takes the answer */
  name: string;
  /**
   * Whether it has to be asked for; by default it's enough that it isn't given.
   *
   * @param inConversation something was asked for already
   */
  isMissing?: (given: Given, inConversation: boolean) => boolean | Promise<boolean>;
  /**
   * @param check refuses what the flag itself would refuse
   * @returns the answer as it would have been typed, or another flag, without a value, in its place. Undefined: there is
   *   nothing to choose from, and the command says what is missing
   */
  ask: (asker: Asker, given: Given, check: Check) => Promise<string | { flag: string } | undefined>;
};

/** Whether a flag or argument says anything. */
export function isGiven(given: Given, name: string): boolean {
  const value = given[name];
  return typeof value === 'string' ? value.trim() !== '' : value !== undefined && value !== false;
}

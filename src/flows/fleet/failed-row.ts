import { SfError } from '@salesforce/core';
import { isFailure } from '../../failure.js';
import { Messages } from '../../terminal/messages.js';
import { inLine } from '../../terminal/printable.js';
import { explainLogin } from '../../terminal/waiting.js';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { Failed, FleetRow } from './outcome.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/** A row that failed, as plain data and in the words that a person reads; the same for every command of a fleet. */

/** A failed row as the JSON has it. */
export type FailedRow = {
  /** The line at which the row begins in the orgs file, from 1. */
  line: number;
  /** Absent if the row has none that could be one. */
  username?: string;
  alias?: string;
  /** Stable, in lower_snake; the same as `data.code` of the single command's failure. */
  code: string;
  message: string;
  actions: string[];
};

/** A failed outcome, whatever the command. */
export type FailedOutcome = Failed & { row: FleetRow; waited: number };

/** @param repeat the line that does the same for this row alone, if there is one */
export function failedRow({ row, error, waited }: FailedOutcome, repeat?: string): FailedRow {
  const { message, actions } = explained(error);
  const minutes = Math.round(waited / 60_000);
  return {
    ...namesOf(row),
    code: codeOf(error),
    message: minutes === 0 ? message : `${message} ${messages.getMessage('waitedInVain', [minutes])}`,
    actions: [...actions, ...(repeat === undefined ? [] : [messages.getMessage('action.repeat', [repeat])])],
  };
}

/** What a row is called, as the JSON has it. */
export function namesOf({ line, username, alias }: FleetRow): { line: number; username?: string; alias?: string } {
  return {
    line,
    ...(username === undefined ? {} : { username }),
    ...(alias === undefined ? {} : { alias }),
  };
}

/** The server's own words, or where it had none, the reason. */
export function wordsOf(error: Error): string {
  const answer = isFailure(error) && 'answer' in error.data ? error.data.answer : '';
  return inLine(answer === '' ? explained(error).message : answer);
}

/** Each kind of failure once, by its first row, with what to do about it. */
export function failureWarnings(failed: readonly FailedOutcome[]): SfCommand.Warning[] {
  const kinds = Map.groupBy(failed, ({ error }) => codeOf(error));
  return [...kinds.values()].map(([first, ...others]) => {
    const { message } = failedRow(first!);
    const lines = others.map(({ row }) => row.line).join(', ');
    return {
      name: codeOf(first!.error),
      message: others.length === 0 ? message : `${message} ${messages.getMessage('failure.others', [lines])}`,
      actions: explained(first!.error).actions,
    };
  });
}

/** An error that isn't one of ours has no code that would last. */
export function codeOf(error: Error): string {
  return isFailure(error) ? error.code : 'unexpected';
}

function explained(error: Error): { message: string; actions: string[] } {
  const { message, actions } = SfError.wrap(explainLogin(error));
  return { message, actions: actions ?? [] };
}

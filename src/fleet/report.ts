import { Messages, SfError } from '@salesforce/core';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import { explain, printable } from '../explain.js';
import { isFailure } from '../failure.js';
import type { FleetOutcome } from './outcome.js';
import type { GrantRequest, Warning } from '../grant.js';
import { shellQuote } from '../shell-quote.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.grant');

/** What became of a fleet, in the words that a person reads. */

type Failed = Extract<FleetOutcome, { state: 'failed' }>;

/** The flags of the command that hold for a row alone, too. */
export type Shared = { bin: string; keyStorage: string | undefined; passphraseFile: string | undefined };

/** A failed row as the JSON has it. */
export type FailedRow = {
  /** The line at which the row begins in the orgs file, from 1. */
  line: number;
  /** Absent if the row has none that could be one. */
  username?: string;
  alias?: string;
  /** Stable, in lower_snake; the same as `data.code` of a failed `sf jwt grant`. */
  code: string;
  message: string;
  actions: string[];
};

export function failedRow(outcome: Failed, shared: Shared): FailedRow {
  const { row, error, request, waited } = outcome;
  const { message, actions } = explained(error);
  const minutes = Math.round(waited / 60_000);
  return {
    line: row.line,
    ...(row.username === undefined ? {} : { username: row.username }),
    ...(row.alias === undefined ? {} : { alias: row.alias }),
    code: codeOf(error),
    message: minutes === 0 ? message : `${message} ${messages.getMessage('waitedInVain', [minutes])}`,
    actions: [
      ...actions,
      ...(request === undefined ? [] : [messages.getMessage('action.repeat', [grantCommand(request, shared)])]),
    ],
  };
}

/** The server's own words, or where it had none, the reason. */
export function wordsOf(error: Error): string {
  const answer = isFailure(error) && 'answer' in error.data ? error.data.answer : '';
  return printable(answer === '' ? explained(error).message : answer);
}

/** A row a row. */
export function outcomeTable(outcomes: readonly FleetOutcome[]) {
  return {
    columns: (['line', 'username', 'alias', 'orgId', 'result'] as const).map((key) => ({
      key,
      name: messages.getMessage(`table.${key}`),
    })),
    data: outcomes.map((outcome) => ({
      line: outcome.row.line,
      username: outcome.row.username ?? '',
      alias: outcome.row.alias ?? '',
      orgId: orgIdOf(outcome),
      result: messages.getMessage(
        `result.${outcome.state}`,
        outcome.state === 'failed' ? [wordsOf(outcome.error)] : [],
      ),
    })),
  };
}

/** Each kind of failure once, by its first row, with what to do about it. */
export function failureWarnings(failed: readonly Failed[], shared: Shared): SfCommand.Warning[] {
  const kinds = Map.groupBy(failed, ({ error }) => codeOf(error));
  return [...kinds.values()].map(([first, ...others]) => {
    const { message } = failedRow(first!, shared);
    const lines = others.map(({ row }) => row.line).join(', ');
    return {
      name: codeOf(first!.error),
      message: others.length === 0 ? message : `${message} ${messages.getMessage('failure.others', [lines])}`,
      actions: explained(first!.error).actions,
    };
  });
}

/** What went well, and still is worth a word: once for each key. */
export function keyWarnings(outcomes: readonly FleetOutcome[]): string[] {
  const told = outcomes.flatMap((outcome) => {
    if (outcome.state !== 'granted') return [];
    const path = outcome.request.keyInput.path ?? '';
    return outcome.granted.warnings.map((warning: Warning) =>
      messages.getMessage(`warning.${warning}`, [shellQuote(path)]),
    );
  });
  return [...new Set(told)];
}

/** The lines that log in to the failed orgs one by one. */
export function repeatCommands(failed: readonly Failed[], shared: Shared): string[] {
  return failed.flatMap(({ request }) => (request === undefined ? [] : [grantCommand(request, shared)]));
}

function grantCommand({ target, keyFile, names }: GrantRequest, { bin, keyStorage, passphraseFile }: Shared): string {
  const flags: Array<[flag: string, value: string | undefined]> = [
    ['--username', target.username],
    ['--client-id', target.clientId],
    ['--jwt-key-file', keyFile],
    ['--passphrase-file', passphraseFile],
    ['--instance-url', target.loginUrl.href.replace(/\/+$/, '')],
    ['--audience', target.audience],
    ['--alias', names.alias],
    ['--key-storage', keyStorage],
  ];
  const words = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, shellQuote(printable(value))]));
  return [bin, 'jwt grant', ...words].join(' ');
}

function orgIdOf(outcome: FleetOutcome): string {
  if (outcome.state === 'granted') return outcome.granted.fields.orgId ?? '';
  return outcome.state === 'skipped' ? outcome.orgId : '';
}

/** An error that isn't one of ours has no code that would last. */
function codeOf(error: Error): string {
  return isFailure(error) ? error.code : 'unexpected';
}

function explained(error: Error): { message: string; actions: string[] } {
  const { message, actions } = isFailure(error) ? explain(error) : SfError.wrap(error);
  return { message, actions: actions ?? [] };
}

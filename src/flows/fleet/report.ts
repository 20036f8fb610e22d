import { Messages } from '../../terminal/messages.js';
import { inLine } from '../../terminal/printable.js';
import { failedRow, failureWarnings, wordsOf, type FailedRow } from './failed-row.js';
import type { GrantOutcome } from './grant.js';
import type { GrantRequest, Warning } from '../grant.js';
import type { Output } from '../../terminal/output.js';
import { terminalWidth } from '../../terminal/one-line.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { showTable } from '../../terminal/table.js';
import { cellsOf, fleetTable } from './table.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.grant');
const shared = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/** What became of the logins of a fleet, in the words that a person reads. */

/** @param verbose whether a row takes as many lines as it needs, where the terminal is narrow */
export async function reportFleet(
  output: Output,
  outcomes: readonly GrantOutcome[],
  { granted, skipped }: { granted: ReadonlyArray<{ keyStorage: string }>; skipped: readonly unknown[] },
  { verbose, ...flags }: Shared & { verbose: boolean },
): Promise<void> {
  if (outcomes.length === 0) {
    output.log(shared.getMessage('nothing'));
    return;
  }
  const failed = outcomes.filter((outcome) => outcome.state === 'failed');
  await showTable(output, outcomeTable(outcomes, verbose ? undefined : terminalWidth(process.stdout)));
  for (const warning of [...keyWarnings(outcomes), ...failureWarnings(failed)]) output.warn(warning);
  const commands = repeatCommands(failed, flags);
  if (commands.length > 0) output.log(messages.getMessage('repeat'));
  for (const command of commands) output.log(`  ${command}`);
  output.log();
  if (granted.some(({ keyStorage }) => keyStorage === 'none')) output.log(messages.getMessage('keyStorage.none'));
  const hidden = outcomes.filter((outcome) => outcome.state === 'granted' && outcome.granted.orgHidden).length;
  const hiddenWords = messages.getMessage('orgHidden', [hidden]);
  if (hidden > 0 && output.jsonEnabled()) output.warn(hiddenWords);
  else if (hidden > 0) output.log(hiddenWords);
  const success = messages.getMessage('success', [granted.length, skipped.length, failed.length]);
  if (failed.length === 0) output.logSuccess(success);
  else output.log(success);
  output.log(failed.length === 0 ? messages.getMessage('next', [flags.bin]) : shared.getMessage('next.resume'));
}

type Failed = Extract<GrantOutcome, { state: 'failed' }>;

/** The flags of the command that hold for a row alone, too. */
export type Shared = {
  bin: string;
  keyStorage: string | undefined;
  passphraseFile: string | undefined;
};

/** The failed row of a login, with the line that logs in to this org alone. */
export function failedLogin(outcome: Failed, flags: Shared): FailedRow {
  return failedRow(outcome, outcome.request && grantCommand(outcome.request, flags));
}

/**
 * A line for each row of the file.
 *
 * @param width characters of the terminal, for one line a row; undefined: whatever it takes
 */
export function outcomeTable(outcomes: readonly GrantOutcome[], width: number | undefined) {
  const lines = outcomes.map((outcome) => {
    const failed = outcome.state === 'failed';
    const result = messages.getMessage(`result.${outcome.state}`, failed ? [wordsOf(outcome.error)] : []);
    const cells = { ...cellsOf(outcome.row), orgId: orgIdOf(outcome), result };
    return { cells, color: failed ? ('red' as const) : undefined };
  });
  return fleetTable<'orgId'>(lines, [{ key: 'orgId', name: messages.getMessage('table.orgId') }], width);
}

/** What went well, and still is worth a word: once for each key. */
export function keyWarnings(outcomes: readonly GrantOutcome[]): string[] {
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
export function repeatCommands(failed: readonly Failed[], flags: Shared): string[] {
  return failed.flatMap(({ request }) => (request === undefined ? [] : [grantCommand(request, flags)]));
}

function grantCommand(
  { target, keyInput, keyFile, names }: GrantRequest,
  { bin, keyStorage, passphraseFile }: Shared,
): string {
  const flags: Array<[flag: string, value: string | undefined]> = [
    ['--username', target.username],
    ['--client-id', target.clientId],
    ['--jwt-key-file', keyFile],
    ['--signer', keyInput.signer.uri],
    ['--passphrase-file', passphraseFile],
    ['--instance-url', target.loginUrl.href.replace(/\/+$/, '')],
    ['--audience', target.audience],
    ['--alias', names.alias],
    ['--key-storage', keyStorage],
  ];
  const words = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, shellQuote(inLine(value))]));
  return [bin, 'jwt grant', ...words].join(' ');
}

function orgIdOf(outcome: GrantOutcome): string {
  if (outcome.state === 'granted') return outcome.granted.fields.orgId ?? '';
  return outcome.state === 'skipped' ? outcome.orgId : '';
}

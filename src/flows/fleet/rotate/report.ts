import { Messages } from '../../../terminal/messages.js';
import { terminalWidth } from '../../../terminal/one-line.js';
import type { Output } from '../../../terminal/output.js';
import { showTable } from '../../../terminal/table.js';
import type { Places } from '../../rotate/new-pair.js';
import { warningsAbout } from '../../rotate/report.js';
import { failureWarnings, wordsOf } from '../failed-row.js';
import type { Notes } from '../notes.js';
import { cellsOf, fleetTable } from '../table.js';
import type { RotateOutcome } from './rotate.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.rotate');
const shared = Messages.loadMessages('sf-plugin-jwt', 'fleet');

type Asked = {
  /** Whether a row takes as many lines as it needs */
  verbose: boolean;
  dryRun: boolean;
  /** The copy of the orgs file, if it was written. */
  outputFile: string | undefined;
  notes: Notes;
};

/** What became of the keys of a fleet, in the words that a person reads. */
export async function reportRotate(
  output: Output,
  outcomes: readonly RotateOutcome[],
  { verbose, dryRun, outputFile, notes }: Asked,
): Promise<void> {
  if (outcomes.length === 0) {
    output.log(shared.getMessage('nothing'));
    return;
  }
  await showTable(output, rotateTable(outcomes, dryRun, verbose ? undefined : terminalWidth(process.stdout)));
  for (const outcome of outcomes) {
    if (outcome.state !== 'rotated' && outcome.state !== 'partly') continue;
    if (dryRun) continue;
    for (const warning of warningsAbout(outcome.rotated, outcome.instanceUrl)) notes.add(outcome.row.line, warning);
  }
  notes.tell(output);
  for (const warning of failureWarnings(outcomes.filter((one) => one.state === 'failed'))) output.warn(warning);
  const count = (...states: Array<RotateOutcome['state']>): number =>
    outcomes.filter(({ state }) => states.includes(state)).length;
  const isWhole = count('failed', 'notBegun', 'partly') === 0;
  const words = messages.getMessage(dryRun ? 'success.dryRun' : 'success', [
    count('rotated', 'partly'),
    count('unchanged'),
    count('skipped'),
    count('failed'),
    count('notBegun'),
  ]);
  if (isWhole) output.logSuccess(words);
  else output.log(words);
  if (outputFile !== undefined) output.log(messages.getMessage('copy', [outputFile]));
  if (dryRun) output.log(messages.getMessage('next.dryRun'));
  else if (!isWhole) output.log(messages.getMessage('next.again'));
  else if (count('rotated') > 0) output.log(messages.getMessage('next'));
}

/** A line for each row of the file. */
export function rotateTable(outcomes: readonly RotateOutcome[], dryRun: boolean, width: number | undefined) {
  const lines = outcomes.map((outcome) => ({
    cells: { ...cellsOf(outcome.row), ends: endOf(outcome), result: resultWords(outcome, dryRun) },
    color: COLORS[outcome.state],
  }));
  return fleetTable<'ends'>(lines, [{ key: 'ends', name: messages.getMessage('table.ends') }], width);
}

const COLORS = {
  failed: 'red',
  partly: 'yellow',
  notBegun: 'yellow',
  rotated: undefined,
  unchanged: undefined,
  skipped: undefined,
} as const;

/** When the certificate ends that is in force now. */
function endOf(outcome: RotateOutcome): string {
  if (outcome.state === 'failed' || outcome.state === 'notBegun' || outcome.state === 'skipped') return '';
  const { issued, previous } = outcome.rotated;
  return (issued?.certificate ?? previous).notAfter.toISOString().slice(0, 10);
}

/** What became of a row, in a few words. */
export function resultWords(outcome: RotateOutcome, dryRun: boolean): string {
  if (outcome.state === 'failed') return messages.getMessage('result.failed', [wordsOf(outcome.error)]);
  if (outcome.state === 'notBegun') return messages.getMessage('result.notBegun');
  if (outcome.state === 'unchanged') return messages.getMessage('result.unchanged');
  if (outcome.state === 'skipped') return messages.getMessage('result.skipped', [outcome.keyFile]);
  const { rotated, plan } = outcome;
  if (dryRun && rotated.resumed) return messages.getMessage('result.dryRun.resumed');
  if (dryRun) return messages.getMessage('result.dryRun', [placeOf(plan?.comes)]);
  const place = placeOf(rotated.issued?.places);
  return messages.getMessage(outcome.state === 'partly' ? 'result.partly' : 'result.rotated', [place]);
}

/** Path or URI of a new key */
function placeOf(places: Places | undefined): string {
  return places?.privateKeyFile ?? places?.signer ?? '';
}

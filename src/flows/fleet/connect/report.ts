import { Messages } from '../../../terminal/messages.js';
import { terminalWidth } from '../../../terminal/one-line.js';
import type { Output } from '../../../terminal/output.js';
import { shellQuote } from '../../../terminal/shell-quote.js';
import { showTable } from '../../../terminal/table.js';
import { warningsAbout } from '../../connect/report.js';
import { shortfallOf } from '../../connect/shortfall.js';
import { changeSentence } from '../../connect/words.js';
import { failureWarnings, wordsOf } from '../failed-row.js';
import type { Notes } from '../notes.js';
import { cellsOf, fleetTable } from '../table.js';
import type { ConnectOutcome } from './connect.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.connect');
const shared = Messages.loadMessages('sf-plugin-jwt', 'fleet');

type Asked = {
  /** How this program is called, as `sf` */
  bin: string;
  /** Whether a row takes as many lines as it needs */
  verbose: boolean;
  dryRun: boolean;
  /** The orgs file as it was given, and the copy that was written of it. */
  orgsFile: string;
  outputFile: string | undefined;
  audience: string | undefined;
  notes: Notes;
};

/** What became of the apps of a fleet, in the words that a person reads. */
export async function reportConnect(output: Output, outcomes: readonly ConnectOutcome[], asked: Asked): Promise<void> {
  if (outcomes.length === 0) {
    output.log(shared.getMessage('nothing'));
    return;
  }
  const { verbose, dryRun, notes, audience } = asked;
  await showTable(
    output,
    connectTable(outcomes, { dryRun, verbose }, verbose ? undefined : terminalWidth(process.stdout)),
  );
  for (const outcome of outcomes) {
    if (outcome.state !== 'connected' && outcome.state !== 'partly') continue;
    const { connected, keyFile: keyPath, ...place } = outcome;
    for (const warning of warningsAbout(connected, { ...place, keyPath, audience }))
      notes.add(outcome.row.line, warning);
  }
  notes.tell(output);
  for (const warning of failureWarnings(outcomes.filter((one) => one.state === 'failed'))) output.warn(warning);
  const counts = (['connected', 'partly', 'skipped', 'failed'] as const).map(
    (state) => outcomes.filter((outcome) => outcome.state === state).length,
  );
  const words = messages.getMessage(dryRun ? 'success.dryRun' : 'success', counts);
  const isWhole = counts[1] === 0 && counts[3] === 0;
  if (isWhole) output.logSuccess(words);
  else output.log(words);
  for (const line of nextLines(outcomes, isWhole, asked)) output.log(line);
}

/** A line for each row of the file. */
export function connectTable(
  outcomes: readonly ConnectOutcome[],
  { dryRun, verbose }: { dryRun: boolean; verbose: boolean },
  width: number | undefined,
) {
  const lines = outcomes.map((outcome) => ({
    cells: { ...cellsOf(outcome.row), app: appOf(outcome), result: resultWords(outcome, dryRun, verbose) },
    color: ({ failed: 'red', partly: 'yellow', connected: undefined, skipped: undefined } as const)[outcome.state],
  }));
  return fleetTable<'app'>(lines, [{ key: 'app', name: messages.getMessage('table.app') }], width);
}

function appOf(outcome: ConnectOutcome): string {
  return outcome.state === 'connected' || outcome.state === 'partly' ? outcome.connected.name : '';
}

/** What became of a row, in a few words. */
export function resultWords(outcome: ConnectOutcome, dryRun: boolean, verbose: boolean): string {
  if (outcome.state === 'failed') return messages.getMessage('result.failed', [wordsOf(outcome.error)]);
  if (outcome.state === 'skipped') return messages.getMessage('result.skipped');
  const { connected } = outcome;
  const { status, changes, users } = connected;
  if (dryRun) {
    const what = verbose ? changes.map(changeSentence).join('; ') : String(changes.length);
    return messages.getMessage(`result.dryRun.${status}`, status === 'unchanged' ? [] : [what]);
  }
  const shortfall = shortfallOf(connected);
  if (shortfall !== undefined) return shortfall;
  const proven = users.some(({ login }) => login?.ok === true);
  return messages.getMessage(`result.${status}${proven ? '' : '.unproven'}`);
}

/** The last lines: what to do now. */
function nextLines(
  outcomes: readonly ConnectOutcome[],
  isWhole: boolean,
  { bin, dryRun, orgsFile, outputFile }: Asked,
): string[] {
  if (dryRun) return [messages.getMessage('next.dryRun')];
  const file = outputFile ?? orgsFile;
  if (outputFile !== undefined && !isWhole)
    return [messages.getMessage('copy', [outputFile]), shared.getMessage('next.resume')];
  if (!isWhole) return [shared.getMessage('next.resume')];
  const [first] = outcomes.flatMap((outcome) => (outcome.state === 'connected' ? [outcome] : []));
  const isInFile = outputFile !== undefined;
  if (!isInFile) return [messages.getMessage('next.ids')];
  const key = first?.keyFile === undefined ? '' : ` --jwt-key-file ${shellQuote(first.keyFile)}`;
  return [
    messages.getMessage('copy', [outputFile]),
    messages.getMessage('next', [`${bin} jwt fleet grant --orgs-file ${shellQuote(file)}${key}`]),
  ];
}

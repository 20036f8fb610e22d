import { Messages } from '../../../terminal/messages.js';
import { terminalWidth } from '../../../terminal/one-line.js';
import type { Output } from '../../../terminal/output.js';
import { inLine } from '../../../terminal/printable.js';
import { showTable } from '../../../terminal/table.js';
import { wrap } from '../../../terminal/wrap.js';
import type { ExplainedFinding } from '../../doctor/explain.js';
import { failureWarnings, wordsOf } from '../failed-row.js';
import { cellsOf, fleetTable, type FleetLine } from '../table.js';
import type { DoctorOutcome } from './doctor.js';
import { concerns, isBad } from './result.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.doctor');
const shared = Messages.loadMessages('sf-plugin-jwt', 'fleet');

type Line = FleetLine<'severity'>;

/** What was found out about the logins of a fleet, in the words that a person reads. */
export async function reportDoctor(
  output: Output,
  outcomes: readonly DoctorOutcome[],
  { bin, verbose, dryRun }: { bin: string; verbose: boolean; dryRun: boolean },
): Promise<void> {
  if (outcomes.length === 0) {
    output.log(shared.getMessage('nothing'));
    return;
  }
  const width = terminalWidth(process.stdout);
  await showTable(output, findingTable(outcomes, verbose ? undefined : width));
  for (const warning of failureWarnings(outcomes.filter((one) => one.state === 'failed'))) output.warn(warning);
  for (const line of whatToDo(outcomes)) output.log(wrap(line, width).join('\n'));
  const bad = outcomes.filter(isBad).length;
  const skipped = outcomes.filter(({ state }) => state === 'skipped').length;
  const warned = outcomes.filter((one) => !isBad(one) && severityOf(one) === 'warning').length;
  const good = outcomes.length - bad - skipped;
  const words = dryRun
    ? messages.getMessage('success.dryRun', [good, bad])
    : messages.getMessage('success', [good, warned, skipped, bad]);
  if (bad === 0) output.logSuccess(words);
  else output.log(words);
  if (bad > 0) output.log(shared.getMessage('next.resume'));
  else output.log(messages.getMessage('next', [bin]));
}

/** A line for each finding that needs a look, and for each row that has none: the worst first. */
export function findingTable(outcomes: readonly DoctorOutcome[], width: number | undefined) {
  const lines = outcomes.flatMap(linesOf).sort((one, other) => rankOf(one) - rankOf(other));
  return fleetTable<'severity'>(
    lines.map(({ line }) => line),
    [{ key: 'severity', name: messages.getMessage('table.severity') }],
    width,
  );
}

type Ranked = { line: Line; severity: Severity };
type Severity = 'error' | 'warning' | 'ok';
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'ok'];
const COLORS = { error: 'red', warning: 'yellow', ok: undefined } as const;

/** `sort` keeps the order of the file among those that are as bad. */
const rankOf = ({ severity }: Ranked): number => SEVERITIES.indexOf(severity);

function linesOf(outcome: DoctorOutcome): Ranked[] {
  const cells = cellsOf(outcome.row);
  const line = (severity: Severity, result: string): Ranked => ({
    severity,
    line: {
      cells: { ...cells, severity: messages.getMessage(`severity.${severity}`), result },
      color: COLORS[severity],
    },
  });
  if (outcome.state === 'failed') return [line('error', wordsOf(outcome.error))];
  if (outcome.state !== 'examined') return [line('ok', messages.getMessage(`result.${outcome.state}`))];
  const found = concerns(outcome.findings).map(({ severity, message }) => line(severity, inLine(message)));
  return found.length > 0 ? found : [line('ok', messages.getMessage('result.works'))];
}

function severityOf(outcome: DoctorOutcome): Severity {
  const found = linesOf(outcome).map(({ severity }) => severity);
  return SEVERITIES.find((each) => found.includes(each)) ?? 'ok';
}

/** What to do about each kind of finding, by the first row that has it. */
function whatToDo(outcomes: readonly DoctorOutcome[]): string[] {
  const found = outcomes.flatMap((outcome) =>
    outcome.state === 'examined' ? concerns(outcome.findings).map((finding) => ({ finding, row: outcome.row })) : [],
  );
  const rank = ({ finding }: { finding: ExplainedFinding }): number => SEVERITIES.indexOf(finding.severity);
  const kinds = Map.groupBy(
    found.sort((one, other) => rank(one) - rank(other)),
    ({ finding }) => finding.code,
  );
  return [...kinds.values()].flatMap((rows) => {
    const { finding } = rows[0]!;
    const lines = rows.map(({ row }) => row.line).join(', ');
    const steps = (finding.fix ?? '').split('\n').filter((step) => step !== '');
    return [messages.getMessage('fix', [lines, inLine(finding.message)]), ...steps.map((step) => `  ${step}`), ''];
  });
}

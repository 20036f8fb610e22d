import { Messages } from '../../../terminal/messages.js';
import { terminalWidth } from '../../../terminal/one-line.js';
import type { Output } from '../../../terminal/output.js';
import { inLine } from '../../../terminal/printable.js';
import { showTable } from '../../../terminal/table.js';
import { wrap } from '../../../terminal/wrap.js';
import { byEnd } from '../../audit/result.js';
import { failureWarnings, wordsOf } from '../failed-row.js';
import { cellsOf, fleetTable, type FleetLine } from '../table.js';
import type { AuditOutcome } from './audit.js';
import { isBad } from './result.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.audit');
const shared = Messages.loadMessages('sf-plugin-jwt', 'fleet');

type Line = FleetLine<'apps' | 'ends'>;

/** Audits of many orgs, in the words that a person reads: a line an org, and what to do about each kind of finding. */
export async function reportFleetAudit(
  output: Output,
  outcomes: readonly AuditOutcome[],
  { verbose }: { verbose: boolean },
): Promise<void> {
  if (outcomes.length === 0) {
    output.log(shared.getMessage('nothing'));
    return;
  }
  const width = terminalWidth(process.stdout);
  const columns = (['apps', 'ends'] as const).map((key) => ({ key, name: messages.getMessage(`table.${key}`) }));
  const lines = [...outcomes].sort((one, other) => rankOf(one) - rankOf(other)).map(lineOf);
  await showTable(output, fleetTable<'apps' | 'ends'>(lines, columns, verbose ? undefined : width));
  for (const warning of failureWarnings(outcomes.filter((one) => one.state === 'failed'))) output.warn(warning);
  for (const line of whatToDo(outcomes)) output.log(wrap(line, width).join('\n'));
  const count = (test: (outcome: AuditOutcome) => boolean): number => outcomes.filter(test).length;
  const failed = count(({ state }) => state === 'failed');
  const wrong = count(isBad) - failed;
  const audited = count(({ state }) => state === 'audited');
  const words = messages.getMessage('success', [audited - wrong, wrong, failed]);
  if (wrong + failed === 0) output.logSuccess(words);
  else output.log(words);
}

/** What is worst comes first; `sort` keeps the order of the file among those that are as bad. */
function rankOf(outcome: AuditOutcome): number {
  if (isBad(outcome)) return 0;
  return outcome.state === 'audited' && outcome.audit.findings.some(({ severity }) => severity === 'warning') ? 1 : 2;
}

function lineOf(outcome: AuditOutcome): Line {
  const cells = { ...cellsOf(outcome.row), apps: '', ends: '' };
  if (outcome.state === 'failed') return { cells: { ...cells, result: wordsOf(outcome.error) }, color: 'red' };
  if (outcome.state === 'repeated')
    return { cells: { ...cells, result: messages.getMessage('result.repeated', [outcome.first]) } };
  const { facts, findings } = outcome.audit;
  const [soonest] = byEnd(facts.apps);
  const certificate = soonest?.certificate;
  const count = (severity: string): number => findings.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  return {
    cells: {
      ...cells,
      apps: String(facts.apps.length),
      ends: typeof certificate === 'object' ? certificate.notAfter.slice(0, 10) : '',
      result:
        errors + warnings === 0
          ? messages.getMessage('result.ok')
          : messages.getMessage('result.found', [errors, warnings]),
    },
    color: errors > 0 ? 'red' : warnings > 0 ? 'yellow' : undefined,
  };
}

/** What to do about each kind of finding, by the first row that has it; notes are for the JSON. */
function whatToDo(outcomes: readonly AuditOutcome[]): string[] {
  const found = outcomes.flatMap((outcome) =>
    outcome.state === 'audited' ? outcome.audit.findings.map((finding) => ({ finding, line: outcome.row.line })) : [],
  );
  const ranked = ['error', 'warning'].flatMap((each) => found.filter(({ finding }) => finding.severity === each));
  const kinds = Map.groupBy(ranked, ({ finding }) => finding.code);
  return [...kinds.values()].flatMap((those) => {
    const { finding } = those[0]!;
    const lines = [...new Set(those.map(({ line }) => line))].join(', ');
    const label = messages.getMessage(`severity.${finding.severity}`);
    return [
      messages.getMessage('fix', [label, lines, inLine(finding.message)]),
      ...finding.actions.map((action) => `  ${action}`),
      '',
    ];
  });
}

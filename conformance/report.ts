import type { ProbeRecord, Recording, Verdict } from './recording.js';
import type { Probe } from './probe.js';

export const EXIT = { agree: 0, differ: 1, usage: 2, incomplete: 68 } as const;

/** 1 if any answer differs from the local org's, else 68 if a probe could not run or had no answer, else 0. */
export function exitCodeOf({ probes }: Recording): number {
  if (probes.some(({ verdicts }) => verdicts.some(({ agrees }) => agrees === false))) return EXIT.differ;
  return probes.every(isComplete) ? EXIT.agree : EXIT.incomplete;
}

/** What a person does by hand is no part of a run. */
function isComplete({ outcome, reason }: ProbeRecord): boolean {
  return outcome === 'answered' || (outcome === 'impossible' && reason?.startsWith('by hand') === true);
}

const HEADINGS = ['Probe', 'Question', 'Answer', 'Local org'] as const;

/** A row for each answer, and for each probe without one. */
export function tableOf({ probes }: Recording, width: number): string {
  const rows = probes.flatMap(({ probe, outcome, reason = 'no answer', verdicts }): string[][] => {
    const answered = verdicts.map((verdict, index) => [index === 0 ? probe : '', ...cellsOf(verdict)]);
    if (outcome === 'answered' && verdicts.length > 0) return answered;
    return [
      ...answered,
      [answered.length === 0 ? probe : '', '', `${outcome === 'failed' ? 'failed' : 'not run'}: ${reason}`, ''],
    ];
  });
  return render([[...HEADINGS], ...rows], width);
}

function cellsOf({ question, answer, agrees }: Verdict): string[] {
  return [question, answer, agrees === undefined ? '-' : agrees ? 'agrees' : 'differs'];
}

function render(rows: string[][], width: number): string {
  const widest = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const [probe, last] = [widest(0), widest(3)];
  const question = Math.min(widest(1), 48);
  const answer = Math.max(30, width - probe - question - last - 6);
  const widths = [probe, question, answer];
  return rows
    .map((row) =>
      row
        .map((cell, index) => fitted(cell, widths[index]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function fitted(cell: string, width: number | undefined): string {
  if (width === undefined) return cell;
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width);
}

/** One line on how it went. */
export function summaryOf({ probes }: Recording): string {
  const verdicts = probes.flatMap((probe) => probe.verdicts);
  const count = (agrees: boolean): number => verdicts.filter((verdict) => verdict.agrees === agrees).length;
  const missing = probes.filter(({ outcome }) => outcome !== 'answered').length;
  return (
    `${String(verdicts.length)} answers: ${String(count(true))} as the local org gives them, ${String(count(false))} otherwise. ` +
    `${String(missing)} of ${String(probes.length)} probes did not run to their end.`
  );
}

/** What `--list` prints. */
export function listOf(probes: readonly Probe[]): string {
  return probes
    .map(({ name, title, needs, changes, questions, byHand, readOnly }) => {
      const lines = [
        `${name}${readOnly ? ' (read-only)' : ''}`,
        `  asks     ${title}`,
        ...(needs.length === 0 ? [] : [`  needs    ${needs.join(', ')}`]),
        `  changes  ${changes}`,
        ...(byHand === undefined ? [] : [`  by hand  ${byHand}`]),
        ...questions.map(({ name: question, notes, switches = [], reliesOn }) => {
          const more = [...switches, ...(reliesOn === undefined ? [] : [reliesOn.file])];
          return `  settles  ${question} [${notes}]${more.length === 0 ? '' : `: ${more.join(', ')}`}`;
        }),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('\n');
}

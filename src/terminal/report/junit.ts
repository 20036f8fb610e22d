import { element, escapeMarkup } from './markup.js';
import { presentable } from './presentable.js';
import type { Report, ReportRow } from './report.js';
import { dayOf, distanceOf, loginOf, messages } from './words.js';

/**
 * A test for each row: what has ended or fails is a failure, what wasn't checked is skipped. It has no elements or attributes but
 * those that every reader knows (Jenkins, GitLab, Azure, CircleCI).
 */
export function junitReport(report: Report): string {
  const { title, command, made, source, rows } = presentable(report);
  const count = (...states: Array<ReportRow['state']>): number =>
    rows.filter(({ state }) => states.includes(state)).length;
  const counts = { tests: rows.length, failures: count('error'), errors: 0, skipped: count('unknown', 'notBegun') };
  const names = uniqueNames(rows);
  const tests = rows.map((row, index) => testCase(row, { name: names[index]!, source, made }));
  const suite = element(
    'testsuite',
    { name: title, ...counts, time: 0, timestamp: made.toISOString().slice(0, 19) },
    `\n${tests.join('')}  `,
  );
  const suites = element('testsuites', { name: command, ...counts, time: 0 }, `\n  ${suite}\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!-- sf-plugin-jwt report -->\n${suites}\n`;
}

type Surroundings = { name: string; source: string | undefined; made: Date };

function testCase(row: ReportRow, { name, source, made }: Surroundings): string {
  const { state, message } = row;
  const body =
    state === 'error'
      ? element('failure', { message, type: row.findings?.[0]?.code ?? state }, escapeMarkup(wordsOf(row, made)))
      : state === 'unknown' || state === 'notBegun'
        ? element('skipped', { message: message === '' ? messages.getMessage(`state.${state}`) : message })
        : element('system-out', {}, escapeMarkup(wordsOf(row, made)));
  const attributes = { classname: row.org, name, time: 0, file: source, line: source && row.line };
  return `    ${element('testcase', attributes, `\n      ${body}\n    `)}\n`;
}

function wordsOf({ state, message, certificate, findings = [], command }: ReportRow, made: Date): string {
  const ends = certificate && `${dayOf(certificate.notAfter)}, ${distanceOf(certificate, made)}`;
  return [
    `${messages.getMessage(`state.${state}`)}: ${message}`,
    ...(ends === undefined ? [] : [`${messages.getMessage('column.ends')}: ${ends}`]),
    ...findings.flatMap(({ severity, message: words, fix }) => [
      `${messages.getMessage(`state.${severity}`)}: ${words}`,
      ...(fix === undefined ? [] : [fix]),
    ]),
    ...(command === undefined ? [] : [`${messages.getMessage('toDo')}: ${command}`]),
  ].join('\n');
}

/** CIs tell tests apart by class and name alone. */
function uniqueNames(rows: readonly ReportRow[]): string[] {
  const taken = new Set<string>();
  return rows.map((row) => {
    const plain = loginOf(row) || row.org;
    let name = plain;
    for (let more = 2; taken.has(`${row.org}\n${name}`); more += 1) name = `${plain} #${more}`;
    taken.add(`${row.org}\n${name}`);
    return name;
  });
}

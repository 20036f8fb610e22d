import { createHash } from 'node:crypto';
import { lifeUsed } from './certificate-life.js';
import { element, escapeMarkup as text } from './markup.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { byUrgency, countsOf, presentable } from './presentable.js';
import type { Report, ReportFinding, ReportRow, ReportState } from './report.js';
import { timeAxis, type TimeAxis } from './time-axis.js';
import { axisHead, axisLegend, lifeBar } from './time-line.js';
import { dayOf, distanceOf, endsIn, loginOf, messages, minuteOf } from './words.js';

const SYMBOLS: Record<ReportState, string> = { ok: '✓', warning: '!', error: '✗', unknown: '?', notBegun: '–' };

const COLUMNS = ['state', 'org', 'ends', 'timeLine', 'next'] as const;
const SORTABLE: readonly string[] = ['state', 'org', 'ends'];

/**
 * One page that needs nothing else: no network, no other file. It can be read without scripts, and printed; its policy lets run
 * its own script and its own style alone.
 */
export function pageReport(report: Report): string {
  const { title, command, made, rows } = presentable(report);
  const sorted = byUrgency(rows);
  const policy = `default-src 'none'; style-src ${hashOf(PAGE_STYLE)}; script-src ${hashOf(PAGE_SCRIPT)}; base-uri 'none'; form-action 'none'`;
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${text(policy)}">`,
    '<meta name="generator" content="sf-plugin-jwt report">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    element('title', {}, text(title)),
    `<style>${PAGE_STYLE}</style>`,
  ];
  const header = [
    element('h1', {}, text(title)),
    element('p', {}, `${text(messages.getMessage('made', [minuteOf(made)]))} ${element('code', {}, text(command))}`),
    element('ul', { class: 'counts' }, countItems(rows)),
    ...(rows.length === 0 ? [] : [element('p', {}, endsIn(rows, made).map(text).join(' · '))]),
  ];
  const main =
    rows.length === 0
      ? element('p', {}, text(messages.getMessage('empty')))
      : [controls(rows), axisLegend(), table(sorted, made)].join('\n');
  return `<!doctype html>
<html lang="en">
<head>
${head.join('\n')}
</head>
<body>
${element('header', {}, header.join('\n'))}
${element('main', {}, `\n${main}\n`)}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** What a policy calls a style or a script by. */
const hashOf = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

const symbol = (state: ReportState): string =>
  element('span', { 'class': 'symbol', 'aria-hidden': 'true' }, SYMBOLS[state]);

function countItems(rows: readonly ReportRow[]): string {
  return statesIn(rows)
    .map(([state, count]) =>
      element(
        'li',
        { class: state },
        `${symbol(state)} ${text(messages.getMessage('count', [messages.getMessage(`state.${state}`), count]))}`,
      ),
    )
    .join('');
}

function statesIn(rows: readonly ReportRow[]): Array<[ReportState, number]> {
  return Object.entries(countsOf(rows)).filter(([, count]) => count > 0) as Array<[ReportState, number]>;
}

/** The script shows them; without it they would do nothing. */
function controls(rows: readonly ReportRow[]): string {
  const boxes = statesIn(rows).map(([state]) =>
    element(
      'label',
      {},
      `<input type="checkbox" value="${state}" checked> ${text(messages.getMessage(`state.${state}`))}`,
    ),
  );
  const filter = `${text(messages.getMessage('filter'))} <input type="search" id="filter" autocomplete="off">`;
  const attributes = {
    'id': 'controls',
    'hidden': '',
    'data-shown': messages.getMessage('filter.shown'),
    'data-copy': messages.getMessage('copy'),
    'data-copied': messages.getMessage('copied'),
  };
  const legend = element('legend', {}, text(messages.getMessage('filter.states')));
  return element(
    'div',
    attributes,
    `${element('label', {}, filter)}${element('fieldset', {}, legend + boxes.join(''))}<output id="shown" for="filter"></output>`,
  );
}

function table(rows: readonly ReportRow[], made: Date): string {
  const axis = timeAxis(rows, made);
  const heads = COLUMNS.map((column) => {
    const name = text(messages.getMessage(`column.${column}`));
    const sortable = SORTABLE.includes(column);
    return element(
      'th',
      { 'scope': 'col', 'class': column, 'data-sort': sortable ? column : undefined },
      column === 'timeLine' ? `${name}${axisHead(axis, made)}` : name,
    );
  });
  const caption = element('caption', {}, text(messages.getMessage('caption', [rows.length])));
  const body = rows.map((row, index) => tableRow(row, { index, axis, made })).join('\n');
  const whole = `${caption}<thead>${element('tr', {}, heads.join(''))}</thead>\n<tbody id="rows">\n${body}\n</tbody>`;
  const region = { 'class': 'scroll', 'role': 'region', 'tabindex': 0, 'aria-label': messages.getMessage('region') };
  return element('div', region, element('table', {}, whole));
}

function tableRow(row: ReportRow, { index, axis, made }: { index: number; axis: TimeAxis; made: Date }): string {
  const { state, org, certificate } = row;
  const login = loginOf(row);
  const used = certificate && lifeUsed(certificate, made);
  const ends =
    certificate === undefined
      ? [messages.getMessage('ends.none')]
      : [
          dayOf(certificate.notAfter),
          distanceOf(certificate, made),
          ...(used === undefined ? [] : [messages.getMessage('life.used', [Math.min(used, 100)])]),
        ];
  const cells = [
    element('td', { class: `state ${state}` }, `${symbol(state)} ${text(messages.getMessage(`state.${state}`))}`),
    element(
      'th',
      { scope: 'row', class: 'org' },
      [element('b', {}, text(org)), ...(login === '' ? [] : [element('span', {}, text(login))])].join(' '),
    ),
    element('td', { class: 'ends' }, ends.map((words) => element('span', {}, text(words))).join(' ')),
    element('td', { class: 'timeLine' }, lifeBar(row, axis, made)),
    element('td', { class: 'next' }, nextOf(row)),
  ];
  const end = certificate?.notAfter.getTime();
  return element('tr', { 'data-state': state, 'data-index': index, 'data-ends': end }, cells.join(''));
}

function nextOf({ message, command, findings = [] }: ReportRow): string {
  const told = findings.filter(({ severity }) => severity !== 'ok');
  const isToldBelow = told.some((one) => one.message === message);
  const inOrder = findings.filter(({ severity }) => severity === 'ok');
  const items = (ones: ReportFinding[]): string => element('ul', {}, ones.map(findingItem).join(''));
  return [
    ...(message === '' || isToldBelow ? [] : [element('p', {}, text(message))]),
    ...(told.length === 0 ? [] : [items(told)]),
    ...(command === undefined ? [] : [element('code', { class: 'command' }, text(command))]),
    ...(inOrder.length === 0
      ? []
      : [
          element(
            'details',
            {},
            element('summary', {}, text(messages.getMessage('inOrder', [inOrder.length]))) + items(inOrder),
          ),
        ]),
  ].join('');
}

function findingItem({ severity, code, message, fix }: ReportFinding): string {
  const parts = [`${symbol(severity)} ${text(messages.getMessage(`state.${severity}`))}: ${text(message)}`];
  if (fix !== undefined) parts.push(element('code', { class: 'fix' }, text(fix)));
  return element('li', { 'class': severity, 'data-code': code }, parts.join(''));
}

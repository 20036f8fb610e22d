import { byUrgency, countsOf, presentable } from './presentable.js';
import type { Report, ReportRow, ReportState } from './report.js';
import { dayOf, distanceOf, endsIn, loginOf, messages, minuteOf, nameOf } from './words.js';

const SYMBOLS: Record<ReportState, string> = { ok: '✅', warning: '⚠️', error: '❌', unknown: '❔', notBegun: '➖' };

/** Tables and fenced blocks as GitHub and GitLab show them. */
export function markdownReport(report: Report, rowLimit = Infinity): string {
  const { title, command, made, rows } = presentable(report);
  const sorted = byUrgency(rows);
  const shown = sorted.slice(0, rowLimit);
  const columns = ['state', 'org', 'ends', 'next'].map((name) => messages.getMessage(`column.${name}`));
  const table = [line(columns), line(columns.map(() => '---')), ...shown.map((row) => line(cellsOf(row, made)))];
  const toDo = shown.filter((row) => row.state !== 'ok').flatMap(stepsOf);
  const leftOut = sorted.length - shown.length;
  return [
    '<!-- sf-plugin-jwt report -->',
    `## ${escapeMarkdown(title)}`,
    `${messages.getMessage('made', [minuteOf(made)])} ${inlineCode(command)}`,
    [...countLines(rows), ...(rows.length === 0 ? [] : endsIn(rows, made))]
      .map((words) => `- ${escapeMarkdown(words)}`)
      .join('\n'),
    rows.length === 0 ? messages.getMessage('empty') : table.join('\n'),
    ...(leftOut === 0 ? [] : [messages.getMessage('leftOut', [leftOut])]),
    ...(toDo.length === 0 ? [] : [`### ${messages.getMessage('toDo')}`, ...toDo]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function countLines(rows: readonly ReportRow[]): string[] {
  return Object.entries(countsOf(rows))
    .filter(([, count]) => count > 0)
    .map(([state, count]) => messages.getMessage('count', [messages.getMessage(`state.${state}`), count]));
}

const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;

function cellsOf(row: ReportRow, made: Date): string[] {
  const { state, org, certificate, message, findings = [] } = row;
  const words = [message, ...findings.filter(({ severity }) => severity !== 'ok').map((one) => one.message)];
  return [
    `${SYMBOLS[state]} ${messages.getMessage(`state.${state}`)}`,
    [`**${escapeMarkdown(org)}**`, escapeMarkdown(loginOf(row))].filter((part) => part !== '').join('<br>'),
    certificate === undefined
      ? messages.getMessage('ends.none')
      : `${dayOf(certificate.notAfter)}<br>${distanceOf(certificate, made)}`,
    [...new Set(words)].map(escapeMarkdown).join('<br>'),
  ];
}

/** What a row needs, with commands that can be copied. */
function stepsOf(row: ReportRow): string[] {
  const fixes = (row.findings ?? []).flatMap(({ severity, fix }) =>
    severity === 'ok' || fix === undefined ? [] : [fix],
  );
  const commands = row.command === undefined ? [] : [row.command];
  const blocks = [...new Set([...fixes, ...commands])].map(fenced);
  return blocks.length === 0 ? [] : [escapeMarkdown(nameOf(row)), ...blocks];
}

/** A fence that is longer than any in the text ends nowhere within it. */
function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function inlineCode(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1);
  return `${ticks} ${text} ${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** A text as it stands in a paragraph, a heading or a cell, and is nothing but text: no list, no link, no emoji. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_{}[\]()#!|~$:@^]/g, '\\$&')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}\\.`)
    .replace(/^[-+=]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/[&<>]/g, (character) => ENTITIES[character]!);
}

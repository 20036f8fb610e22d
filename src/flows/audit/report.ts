import { styleText } from 'node:util';
import { StandardColors } from '@salesforce/sf-plugins-core';
import { Messages } from '../../terminal/messages.js';
import { onOneLine, type Column } from '../../terminal/one-line.js';
import type { Output } from '../../terminal/output.js';
import { showTable } from '../../terminal/table.js';
import { wrap } from '../../terminal/wrap.js';
import type { Audit } from './audit.js';
import type { AuditedApp } from './facts.js';
import { byEnd } from './result.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.audit');

/** Columns of the severity and the space after it, which actions are indented by. */
const LABEL_WIDTH = 11;

/** Columns below which a terminal isn't worth breaking lines for. */
const LEAST_WIDTH = 30;

const COLORS = { error: StandardColors.error, warning: StandardColors.warning, note: (text: string) => text };

type Key = 'app' | 'type' | 'ends' | 'days' | 'enters' | 'users' | 'last' | 'here';

const column = (key: Key, least?: number): Column<Key> => ({
  key,
  name: messages.getMessage(`table.${key}`),
  ...(least === undefined ? {} : { least }),
});

/**
 * Prints an audit as a person reads it: a line an app, a mark for each finding with what to do below it, and where things stand.
 *
 * @param width columns of the terminal; undefined: it isn't one
 */
export async function reportAudit(output: Output, audit: Audit, expiresWithin: number, width?: number): Promise<void> {
  const { facts, findings } = audit;
  const { admin } = facts.org;
  if (facts.apps.length === 0) output.log(messages.getMessage('none', [admin]));
  else await showTable(output, appTable(facts.apps, expiresWithin, width));
  for (const { severity, message, actions } of findings) {
    const lines = [message, ...actions].flatMap((line) =>
      wrap(line, width && Math.max(width - LABEL_WIDTH, LEAST_WIDTH)),
    );
    const label = messages.getMessage(`severity.${severity}`).padEnd(LABEL_WIDTH);
    output.log(`${COLORS[severity](label)}${lines.join(`\n${' '.repeat(LABEL_WIDTH)}`)}`);
  }
  if (findings.length > 0) output.log();
  output.log(lastLine(audit));
}

/** Where things stand, in one line. */
export function lastLine({ ok, facts, findings }: Audit): string {
  const { length } = facts.apps;
  const apps = length === 1 ? messages.getMessage('last.app') : messages.getMessage('last.apps', [length]);
  const wrong = new Set(findings.filter(({ severity }) => severity === 'error').map(({ app }) => app)).size;
  const state = findings.some(({ severity }) => severity === 'warning') ? 'warnings' : 'ok';
  const { admin } = facts.org;
  const line = ok
    ? messages.getMessage(`last.${state}`, [admin, apps])
    : messages.getMessage('last.errors', [admin, apps, wrong]);
  if (facts.withoutCertificate === 0) return line;
  const left = facts.withoutCertificate;
  const others = left === 1 ? messages.getMessage('last.app') : messages.getMessage('last.apps', [left]);
  return `${line} ${messages.getMessage('last.left', [others])}`;
}

function appTable(apps: AuditedApp[], expiresWithin: number, width: number | undefined) {
  const columns = [
    ...[column('app', 12), column('type'), column('ends'), column('days'), column('enters'), column('users')],
    ...[column('last', 10), column('here', 6)],
  ];
  const sorted = byEnd(apps);
  const lines = onOneLine(columns, sorted.map(cellsOf), width);
  return {
    columns: columns.map(({ key, name }) => ({ key, name })),
    data: lines.map((line, index) => colored(line, sorted[index]!, expiresWithin)),
  };
}

function cellsOf(app: AuditedApp): Record<Key, string> {
  const { label, type, certificate, admitted, lastLogin, logins } = app;
  const unknown = messages.getMessage('unknown');
  const known = typeof certificate === 'object' ? certificate : undefined;
  return {
    app: label,
    type: messages.getMessage(`type.${type}`),
    ends: known?.notAfter.slice(0, 10) ?? unknown,
    days: known === undefined ? '' : String(known.daysLeft),
    enters: entersOf(app),
    users: admitted === undefined ? '' : String(admitted.users),
    last: lastLogin ? lastOf(lastLogin) : lastLogin === null ? messages.getMessage('never') : unknown,
    here: logins.map(({ username, aliases }) => aliases[0] ?? username).join(', '),
  };
}

function lastOf({ time, username }: NonNullable<AuditedApp['lastLogin']>): string {
  return [new Date(time).toISOString().slice(0, 10), username ?? ''].join(' ').trim();
}

function entersOf({ settings, adminApproved }: AuditedApp): string {
  if (settings?.enabled === false) return messages.getMessage('enters.disabled');
  if (adminApproved === undefined) return messages.getMessage('unknown');
  return messages.getMessage(adminApproved ? 'enters.admin' : 'enters.self');
}

function colored(line: Record<Key, string>, app: AuditedApp, expiresWithin: number): Record<Key, string> {
  const daysLeft = typeof app.certificate === 'object' ? app.certificate.daysLeft : Infinity;
  const paint = (text: string): string =>
    daysLeft < 0 ? styleText('red', text) : daysLeft <= expiresWithin ? styleText('yellow', text) : text;
  const isOpen = app.adminApproved === false && app.settings?.enabled !== false;
  return {
    ...line,
    ends: paint(line.ends),
    days: paint(line.days),
    enters: isOpen ? styleText('red', line.enters) : line.enters,
  };
}

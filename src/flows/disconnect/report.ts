import { Messages } from '../../terminal/messages.js';
import type { Output } from '../../terminal/output.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import type { Disconnected } from './disconnected.js';
import type { Change, Plan } from './plan.js';
import type { CurrentState, LoginOfApp } from './read.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.disconnect');

/** So many users are named. */
const NAMED = 20;

export function changeSentence(change: Change): string {
  const { key, name } = change;
  return messages.getMessage(`change.${key}`, 'username' in change ? [name, change.username] : [name]);
}

/** What is about to be changed, and what ends with it. */
export function reportPlan(output: Output, { changes, kept }: Plan, current: CurrentState, admin: string): void {
  output.log(messages.getMessage(changes.length === 0 ? 'plan.nothing' : 'plan', [admin]));
  for (const change of changes) output.log(`  ${changeSentence(change)}`);
  for (const { name, reason } of kept) output.log(messages.getMessage(`kept.${reason}`, [name]));
  const removes = changes.some(({ key }) => key.startsWith('remove'));
  if (removes) for (const line of endingLines(current)) output.log(line);
  output.log();
}

function endingLines({ logins, tokenUsers, clientId }: CurrentState): string[] {
  const shown = tokenUsers?.slice(0, NAMED).join(', ') ?? '';
  const more = (tokenUsers?.length ?? 0) - NAMED;
  return [
    ...(logins.length === 0 ? [] : [messages.getMessage('ends.logins'), ...logins.map((each) => `  ${nameOf(each)}`)]),
    ...(clientId === undefined ? [messages.getMessage('ends.clientIdUnknown')] : []),
    ...(tokenUsers === undefined ? [messages.getMessage('ends.unknown')] : []),
    ...(shown === '' ? [] : [usersLine(shown, more)]),
  ];
}

function usersLine(shown: string, more: number): string {
  return more > 0 ? messages.getMessage('ends.users.more', [shown, more]) : messages.getMessage('ends.users', [shown]);
}

function nameOf({ username, aliases }: LoginOfApp): string {
  return [username, ...aliases.map((alias) => `(${alias})`)].join(' ');
}

export type Asked = { admin: string; dryRun: boolean; bin: string };

/** What it came to. The logins are for {@link reportLogins}. */
export function reportDisconnected(output: Output, disconnected: Disconnected, { admin, dryRun, bin }: Asked): void {
  const { name, status, unassigned, kept, resumed } = disconnected;
  for (const { username, permissionSet, error } of unassigned) {
    if (error !== undefined) output.warn(messages.getMessage('warning.unassign', [username, permissionSet, error]));
  }
  for (const each of kept) {
    if (each.reason === 'unassignFailed') output.warn(messages.getMessage('kept.unassignFailed', [each.name]));
  }
  if (dryRun) {
    const isAsItWas = status === 'unchanged';
    output.logSuccess(
      isAsItWas ? messages.getMessage('success.unchanged', [name]) : messages.getMessage('success.dryRun'),
    );
    return;
  }
  output.logSuccess(messages.getMessage(resumed ? 'success.resumed' : `success.${status}`, [name]));
  if (status !== 'removed') return;
  const connect = ['--target-org', admin, '--name', name, '--certificate-file', 'server.crt'];
  const line = [bin, 'jwt', 'connect', ...connect.map((word) => shellQuote(word))].join(' ');
  output.log(messages.getMessage('next.connect', [line]));
}

/** The commands that end the logins of an app that is gone, where nobody is asked. */
export function reportLogins(output: Output, logins: LoginOfApp[], bin: string): void {
  if (logins.length === 0) return;
  output.log(messages.getMessage('next.logins'));
  for (const { username, aliases } of logins) {
    output.log(`  ${bin} jwt revoke --target-org ${shellQuote(aliases[0] ?? username)}`);
  }
}

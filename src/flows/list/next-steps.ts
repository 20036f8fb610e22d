import { Messages } from '../../terminal/messages.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { EXAMPLE_ADMIN_ORG } from '../../failure-data.js';
import { adminLogin } from '../../machine/store/admin-login.js';
import { readKnownApp } from '../../machine/store/known-apps.js';
import { byEnd } from './one-line.js';
import type { LoginRow } from './report.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.list');

/** What to do next: a line for each app whose certificate ends, for a login that fails, or for whoever is content. */
export function nextSteps(rows: LoginRow[], checked: boolean, bin: string): string[] {
  if (rows.length === 0) return [messages.getMessage('next.first', [bin])];
  const failing = rows.find(({ login, org }) => login === 'fails' && org !== null);
  const lines = failing === undefined ? [] : [messages.getMessage('next.fails', [doctorCommand(failing, bin)])];
  const expiring = byEnd(rows).filter((row) => row.expiring);
  if (expiring.length > 0) {
    // A certificate is the app's: one new one serves all its logins in the org.
    const apps = Map.groupBy(expiring, ({ clientId, org }) => `${org?.id ?? ''} ${clientId ?? ''}`);
    lines.push(messages.getMessage('next.expiring'), ...[...apps.values()].map((logins) => rotateLine(logins, bin)));
  }
  if (lines.length > 0) return lines;
  const nameOf = ({ aliases, username }: LoginRow): string => shellQuote(aliases[0] ?? username);
  const bySigner = rows.filter(({ signer }) => signer !== undefined);
  const renewal = bySigner.slice(0, 1).map((row) => messages.getMessage('next.signer', [bin, nameOf(row)]));
  if (!checked) return [...renewal, messages.getMessage('next.check', [bin])];
  return [...renewal, messages.getMessage('next.revoke', [bin, nameOf(rows[0]!)])];
}

/** The command that gives the app of a login a new key and certificate. */
export function rotateCommand(login: LoginRow, bin: string): string {
  const { clientId, username } = login;
  const { name: app, admin } = readKnownApp(clientId ?? '');
  const words = [
    ...['--target-org', adminOf(login, admin) ?? EXAMPLE_ADMIN_ORG],
    ...(app === undefined ? ['--client-id', clientId ?? ''] : ['--name', app]),
    ...['--username', username],
  ];
  return `${bin} jwt rotate ${words.map((word) => shellQuote(word)).join(' ')}`;
}

function rotateLine(logins: LoginRow[], bin: string): string {
  const whose = logins.map(({ aliases, username }) => aliases[0] ?? username).join(', ');
  return `  ${messages.getMessage('next.rotate', [whose, rotateCommand(logins[0]!, bin)])}`;
}

/** Whoever set up the app from here, if that login is still stored, else another login of the org. */
function adminOf({ org, username }: LoginRow, admin: string | undefined): string | undefined {
  const loginUrl = URL.parse(org?.loginUrl || (org?.instanceUrl ?? ''));
  return loginUrl === null ? undefined : adminLogin({ loginUrl, orgId: org?.id || undefined }, username, admin);
}

/** The command that finds out why a login fails. */
export function doctorCommand({ username, clientId, key, signer, org }: LoginRow, bin: string): string {
  const words = [
    ...['--username', username, '--client-id', clientId ?? ''],
    ...(signer === undefined ? ['--jwt-key-file', key?.path ?? ''] : ['--signer', signer.uri]),
    ...['--instance-url', org?.loginUrl ?? ''],
  ];
  return `${bin} jwt doctor ${words.map((word) => shellQuote(word)).join(' ')}`;
}

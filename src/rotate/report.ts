import { Messages } from '@salesforce/core';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import { validityAt } from '../credential/certificate.js';
import { explain } from '../explain.js';
import type { Rotated, RotationPlan, SwitchedLogin } from './rotation.js';
import { shellQuote } from '../shell-quote.js';
import { answerInWords } from '../token/log-in.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

/** What `rotate` does, in the words that a person reads. */

export function planLines({ standing, inUse, paths, logins }: RotationPlan, now: Date): string[] {
  const { daysLeft } = validityAt(inUse, now);
  return [
    messages.getMessage('plan', [standing.app.name, standing.clientId]),
    ...[
      messages.getMessage('plan.certificate', [inUse.fingerprint256, dateOf(inUse.notAfter), daysLeft]),
      messages.getMessage('plan.files', [paths.privateKeyFile, paths.certificateFile]),
      ...logins.map((login) => messages.getMessage('plan.login', [userOf(login)])),
    ].map((line) => `  ${line}`),
  ];
}

/** Whether the new key stands in the login and works. */
export function isInOrder({ login, failure }: SwitchedLogin): boolean {
  return login.ok && failure === undefined;
}

/** One login as the JSON has it. */
export type LoginRow = {
  username: string;
  aliases: string[];
  /** Whether sf reads the key from its file or from a copy of ours. */
  keyStorage: 'path' | 'copy';
  /** Whether the login has the new key now. */
  switched: boolean;
  /** Whether a login with the new key succeeded. */
  verified: boolean;
  error?: string;
};

export function loginRow(row: SwitchedLogin): LoginRow {
  const { username, aliases, isCopy, login, failure } = row;
  const error = failure === undefined ? (login.ok ? undefined : answerInWords(login)) : explain(failure).message;
  return {
    username,
    aliases,
    keyStorage: isCopy ? 'copy' : 'path',
    switched: failure === undefined,
    verified: login.ok,
    ...(error === undefined ? {} : { error }),
  };
}

/** A row a login. */
export function loginTable({ logins }: Rotated) {
  return {
    columns: (['user', 'key', 'login'] as const).map((key) => ({ key, name: messages.getMessage(`table.${key}`) })),
    data: logins.map(({ isCopy, failure, login, ...stored }) => ({
      user: userOf(stored),
      key: messages.getMessage(failure === undefined ? (isCopy ? 'key.copy' : 'key.path') : 'key.failed'),
      login: messages.getMessage(`verified.${String(login.ok)}`),
    })),
  };
}

/** Why a login on this machine isn't in order, and what to do. */
export function warningsOf({ logins, issued, standing: { clientId } }: Rotated): SfCommand.Warning[] {
  return logins
    .filter((row) => !isInOrder(row))
    .map((row) => {
      const { error = '', switched } = loginRow(row);
      const words = [row.username, clientId, issued?.paths.privateKeyFile ?? row.privateKeyFile, row.loginUrl];
      return switched
        ? messages.getMessage('warning.login', [row.username, error, ...words.map((word) => shellQuote(word))])
        : messages.getMessage('warning.switch', [row.username, error]);
    });
}

/** What it came to, and what is left to do elsewhere. */
export function closingLines(rotated: Rotated): string[] {
  const { issued, previous, previousKeyFile, gap, standing } = rotated;
  if (issued === undefined) return [];
  const { certificate, paths } = issued;
  const key = shellQuote(paths.privateKeyFile);
  return [
    messages.getMessage('clientId', [standing.clientId]),
    messages.getMessage('files', [paths.privateKeyFile, paths.certificateFile, dateOf(certificate.notAfter)]),
    ...(gap === undefined ? [] : [messages.getMessage('gap', [(gap / 1000).toFixed(1)])]),
    ...(previousKeyFile === undefined ? [] : [messages.getMessage('previousKey', [previousKeyFile])]),
    '',
    messages.getMessage('next', [previous.fingerprint256]),
    `  GitHub  gh secret set SF_JWT_KEY < ${key}`,
    `  GitLab  glab variable set SF_JWT_KEY < ${key}`,
  ];
}

function userOf({ username, aliases }: Pick<SwitchedLogin, 'username' | 'aliases'>): string {
  return [username, ...aliases.map((alias) => `(${alias})`)].join(' ');
}

export function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

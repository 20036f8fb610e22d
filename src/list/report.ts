import { Messages } from '@salesforce/core';
import { explain } from '../explain.js';
import type { Failure } from '../failure.js';
import { isEnding, type DamagedLogin, type ListedCertificate, type ListedKey, type ListedLogin } from './list.js';
import type { OrgKind } from '../store/stored-logins.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.list');

/** What `list` found, as plain data and in the words that a person reads. */

/** Why something can't be used. */
export type Problem = {
  /** Stable, in lower_snake. */
  code: string;
  message: string;
};

/** One stored login. */
export type LoginRow = {
  username: string;
  aliases: string[];
  /** Null if the entry in the store is damaged, which `error` explains; then the next three are null too. */
  org: {
    id: string;
    name: string;
    instanceUrl: string;
    /** Where the login is refreshed. */
    loginUrl: string;
    /** Developer and trial orgs are "production". Null if the entry doesn't say. */
    kind: OrgKind | null;
    /** Null if the entry doesn't say. */
    isDevHub: boolean | null;
  } | null;
  clientId: string | null;
  key: {
    /** A file of yours, a copy in the CLI's state directory, or only the access token is stored. */
    storage: 'path' | 'copy' | 'none';
    /** Null if no key is stored. */
    path: string | null;
    /** "unusable": the CLI can't read it as it stands, which `error` explains. */
    state: 'usable' | 'missing' | 'encrypted' | 'unusable' | 'none';
    readableByOthers: boolean;
    error: Problem | null;
  } | null;
  /** The certificate beside the key file, NAME.crt beside NAME.key; null if there is none. */
  certificate: {
    path: string;
    /** ISO date. Null if the certificate can't be read, which `error` explains; then the next two are null too. */
    notAfter: string | null;
    /** Whole days; negative after its end. */
    daysLeft: number | null;
    /** Whether it belongs to the key; null also if the key can't be read. */
    matchesKey: boolean | null;
    error: Problem | null;
  } | null;
  /** What came of a login with --check; "untried" if no key is stored. Null if it wasn't asked for. */
  login: 'works' | 'fails' | 'untried' | null;
  /** Whether the certificate ends within the days of --expires-within. */
  expiring: boolean;
  /** Why the login fails, or that the entry is damaged. */
  error: (Problem & { actions: string[] }) | null;
};

export function loginRow(listed: ListedLogin | DamagedLogin, checked: boolean): LoginRow {
  const { username, aliases } = listed;
  if (listed.damaged !== undefined) {
    const nothing = { org: null, clientId: null, key: null, certificate: null };
    const login = checked ? 'fails' : null;
    return { username, aliases, ...nothing, login, expiring: false, error: withActions(listed.damaged) };
  }
  const { login, key, certificate, check } = listed;
  return {
    username,
    aliases,
    org: {
      id: login.orgId,
      name: login.orgName,
      instanceUrl: login.instanceUrl,
      loginUrl: login.loginUrl,
      kind: login.orgKind ?? null,
      isDevHub: login.isDevHub ?? null,
    },
    clientId: login.clientId,
    key: {
      storage: key.storage,
      path: key.path ?? null,
      state: stateOf(key),
      readableByOthers: key.readableByOthers,
      error: key.failure === undefined ? null : problemOf(key.failure),
    },
    certificate: certificate === undefined ? null : certificateRow(certificate),
    login: check?.state ?? null,
    expiring: isEnding(listed),
    error: check?.state === 'fails' ? withActions(check.failure) : null,
  };
}

function certificateRow(certificate: ListedCertificate): NonNullable<LoginRow['certificate']> {
  const { path, failure } = certificate;
  if (failure !== undefined) {
    return { path, notAfter: null, daysLeft: null, matchesKey: null, error: problemOf(failure) };
  }
  const { notAfter, daysLeft, matchesKey = null } = certificate;
  return { path, notAfter: notAfter.toISOString(), daysLeft, matchesKey, error: null };
}

function stateOf({ storage, failure }: ListedKey): NonNullable<LoginRow['key']>['state'] {
  if (storage === 'none') return 'none';
  if (failure === undefined) return 'usable';
  if (failure.code === 'file_missing') return 'missing';
  return failure.code === 'key_passphrase_missing' ? 'encrypted' : 'unusable';
}

function problemOf(failure: Failure): Problem {
  return { code: failure.code, message: explain(failure).message };
}

function withActions(failure: Failure): Problem & { actions: string[] } {
  return { ...problemOf(failure), actions: explain(failure).actions ?? [] };
}

/** Parts of a narrow terminal's width: left alone, the widest columns get next to nothing of it. */
const WIDTHS = [
  ['username', '21%'],
  ['org', '25%'],
  ['clientId', '14%'],
  ['key', '16%'],
  ['certificate', '15%'],
  ['login', '9%'],
] as const;

/** Where a table is shown. In a CI's log, tables are drawn in a way that knows one line a row. */
export type TablePlace = { narrow: boolean; oneLineCells: boolean };

/** A row a login; the column of the check only where there was one. */
export function loginTable(rows: LoginRow[], checked: boolean, { narrow, oneLineCells }: TablePlace) {
  const cell = (parts: string[]): string => parts.filter((part) => part !== '').join(oneLineCells ? ', ' : '\n');
  return {
    columns: (checked ? WIDTHS : WIDTHS.slice(0, -1)).map(([key, width]) => ({
      key,
      name: messages.getMessage(`table.${key}`),
      ...(narrow ? { width } : {}),
    })),
    data: rows.map((row) => ({
      username: cell([row.username, row.aliases.join(', ')]),
      org: row.org === null ? messages.getMessage('entry.damaged') : cell(orgParts(row.org)),
      clientId: shortened(row.clientId ?? ''),
      key: row.key === null ? '' : cell(keyParts(row.key)),
      certificate: cell(certificateParts(row)),
      login: row.login === null ? '' : messages.getMessage(`login.${row.login}`),
    })),
    overflow: 'wrap' as const,
  };
}

function orgParts(org: NonNullable<LoginRow['org']>): string[] {
  return [org.name, org.id, kindOf(org), org.instanceUrl.replace('https://', '')];
}

function kindOf({ kind, isDevHub }: NonNullable<LoginRow['org']>): string {
  const words = [kind === null ? '' : messages.getMessage(`kind.${kind}`)];
  return [...words, ...(isDevHub === true ? [messages.getMessage('kind.devHub')] : [])].filter(Boolean).join(', ');
}

function keyParts({ storage, path, state, readableByOthers }: NonNullable<LoginRow['key']>): string[] {
  const words = [
    ...(storage === 'copy' ? [messages.getMessage('key.copy')] : []),
    ...(state === 'usable' ? [] : [messages.getMessage(`key.${state}`)]),
    ...(readableByOthers ? [messages.getMessage('key.readableByOthers')] : []),
  ];
  return [path ?? '', words.join(', ')];
}

function certificateParts({ certificate }: LoginRow): string[] {
  if (certificate === null) return [];
  const { notAfter, daysLeft, matchesKey } = certificate;
  if (notAfter === null || daysLeft === null) return [messages.getMessage('certificate.unusable')];
  const end = messages.getMessage(daysLeft < 0 ? 'certificate.ended' : 'certificate.ends', [notAfter.slice(0, 10)]);
  return [
    end,
    daysLeft < 0 ? '' : messages.getMessage('certificate.days', [daysLeft]),
    matchesKey === false ? messages.getMessage('certificate.otherKey') : '',
  ];
}

/** Client ids have 64 to 85 characters, and begin alike; `--json` has them whole. */
function shortened(clientId: string): string {
  return clientId.length <= 20 ? clientId : `${clientId.slice(0, 8)}…${clientId.slice(-8)}`;
}

/** A line for each thing that is wrong, the login's own first. */
export function problemLines(rows: LoginRow[]): string[] {
  return rows.flatMap(({ username, key, certificate, error, expiring }) => {
    const lines = [error?.message, key?.error?.message, certificate?.error?.message].filter(
      (line) => line !== undefined,
    );
    if (expiring) lines.push(messages.getMessage('problem.expiring', [certificate?.path, certificate?.notAfter]));
    return [...new Set(lines)].map((line) => `${username}: ${line}`);
  });
}

/** Logins whose end can't be told from here, though somebody asked for it. */
export function withoutEnd(rows: LoginRow[]): string[] {
  return rows
    .filter(({ certificate }) => (certificate?.notAfter ?? null) === null || certificate?.matchesKey === false)
    .map(({ username }) => username);
}

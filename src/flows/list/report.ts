import { Messages } from '../../terminal/messages.js';
import { explain } from '../../terminal/explain.js';
import type { Failure } from '../../failure.js';
import { isEnding, type DamagedLogin, type ListedCertificate, type ListedKey, type ListedLogin } from './list.js';
import type { JwtLogin, OrgKind } from '../../machine/store/stored-logins.js';
import { latestEnd } from '../../salesforce/token/session.js';

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
  /** Where a key is kept that signs for this login and is in no file; "jwt grant --target-org" makes the next session. */
  signer?: {
    uri: string;
    /** ISO date: when the session of the last login ends at the latest, unless it is used. */
    sessionEndsBy: string;
  };
  /**
   * The certificate beside the key file, NAME.crt beside NAME.key, or the one that "connect" or "grant" kept of the
   * app, to which `path` leads then; null if there is none.
   */
  certificate: {
    path: string;
    /** ISO date. Null if the certificate can't be read, which `error` explains; then the next three are null too. */
    notBefore: string | null;
    /** ISO date. */
    notAfter: string | null;
    /** Whole days; negative after its end. */
    daysLeft: number | null;
    /** Whether it belongs to the key; null also if the key can't be read. */
    matchesKey: boolean | null;
    error: Problem | null;
  } | null;
  /** What came of a login with --check; "untried" if no key is stored. Null if it wasn't asked for. */
  login: 'works' | 'fails' | 'untried' | null;
  /** Whether the certificate is due, as --expires-within asks. */
  expiring: boolean;
  /** Why the login fails, or that the entry is damaged. */
  error: (Problem & { actions: string[] }) | null;
};

/** The end of the certificate that belongs to the login's key; undefined if it isn't known. */
export function knownEnd({
  certificate,
}: LoginRow): { notBefore: string | null; notAfter: string; daysLeft: number } | undefined {
  if (certificate === null || certificate.notAfter === null || certificate.daysLeft === null) return undefined;
  const { notBefore, notAfter, daysLeft, matchesKey } = certificate;
  return matchesKey === false ? undefined : { notBefore, notAfter, daysLeft };
}

/** The life of the certificate that belongs to the login's key; undefined if its end isn't known. */
export function lifeOf(row: LoginRow): { notBefore: Date | undefined; notAfter: Date } | undefined {
  const end = knownEnd(row);
  if (end === undefined) return undefined;
  return {
    notBefore: end.notBefore === null ? undefined : new Date(end.notBefore),
    notAfter: new Date(end.notAfter),
  };
}

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
    ...signerPart(login),
    certificate: certificate === undefined ? null : certificateRow(certificate),
    login: check?.state ?? null,
    expiring: isEnding(listed),
    error: check?.state === 'fails' ? withActions(check.failure) : null,
  };
}

function signerPart({ signer }: JwtLogin): Pick<LoginRow, 'signer'> {
  if (signer === undefined) return {};
  const { uri, loggedInAt } = signer;
  return { signer: { uri, sessionEndsBy: latestEnd(new Date(loggedInAt)).toISOString() } };
}

function certificateRow(certificate: ListedCertificate): NonNullable<LoginRow['certificate']> {
  const { path, failure } = certificate;
  if (failure !== undefined) {
    return { path, notBefore: null, notAfter: null, daysLeft: null, matchesKey: null, error: problemOf(failure) };
  }
  const { notBefore, notAfter, daysLeft, matchesKey = null } = certificate;
  const [begin, end] = [notBefore.toISOString(), notAfter.toISOString()];
  return { path, notBefore: begin, notAfter: end, daysLeft, matchesKey, error: null };
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
      key:
        row.key === null
          ? ''
          : cell(row.signer === undefined ? keyParts(row.key) : [row.signer.uri, signerState(row.signer)]),
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

/** When the session of a login ends that only `grant` can renew. */
export function signerState({ sessionEndsBy }: NonNullable<LoginRow['signer']>): string {
  return messages.getMessage('state.signer', [`${sessionEndsBy.slice(0, 16)}Z`]);
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

/**
 * A line for each thing that is wrong; one that is wrong with several logins is said once.
 *
 * @param ends whether an end that is near is said as well, which the table shows
 */
export function problemLines(rows: LoginRow[], ends: boolean): string[] {
  const problems = rows.flatMap(({ username, key, certificate, error, expiring }) => {
    const lines = [error?.message, key?.error?.message, certificate?.error?.message].filter(
      (line) => line !== undefined,
    );
    if (ends && expiring)
      lines.push(messages.getMessage('problem.expiring', [certificate?.path, certificate?.notAfter]));
    return [...new Set(lines)].map((line) => ({ username, line }));
  });
  return [...Map.groupBy(problems, ({ line }) => line)].map(
    ([line, logins]) =>
      `${namesOf(
        logins.map(({ username }) => username),
        rows.length,
      )}: ${line}`,
  );
}

/**
 * What is said of logins whose end can't be told from here, though somebody asked for it; undefined if there's none.
 *
 * @param allowed whether they pass all the same
 */
export function withoutEnd(rows: LoginRow[], allowed = false): string | undefined {
  const unknown = rows.filter((row) => knownEnd(row) === undefined).map(({ username }) => username);
  if (unknown.length === 0) return undefined;
  return messages.getMessage(`warning.endUnknown${allowed ? '.allowed' : ''}`, [namesOf(unknown, rows.length)]);
}

function namesOf(usernames: string[], total: number): string {
  return usernames.length === total && total > 1 ? messages.getMessage('logins.all', [total]) : usernames.join(', ');
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AuthInfo, Connection, Global, StateAggregator } from '@salesforce/core';
import { Failure, isFailure } from '../failure.js';
import type { Fetch } from '../token/endpoint.js';
import { readState, type Json } from './state-files.js';

/** A JWT login as sf has stored it, without its token. */
export type StoredLogin = {
  username: string;
  /** 18 characters; empty where the entry doesn't say. */
  orgId: string;
  clientId: string;
  loginUrl: string;
  /** Absolute path of the key that sf reads at each refresh. */
  privateKeyFile: string;
  isDevHub: boolean | undefined;
};

export type OrgKind = 'production' | 'sandbox' | 'scratch';

/** As {@link StoredLogin}, also where only the access token is stored, and with what the entry knows of the org. */
export type JwtLogin = Omit<StoredLogin, 'privateKeyFile'> & {
  /** Undefined: no key is stored, so the login ends with its access token. */
  privateKeyFile: string | undefined;
  /** Empty where the entry doesn't say, as the next one. */
  instanceUrl: string;
  orgName: string;
  /** Developer and trial orgs are `production` here, as everywhere in sf. Undefined: the entry doesn't say. */
  orgKind: OrgKind | undefined;
};

/** An entry of sf's auth store. */
export type Entry =
  | { type: 'jwt'; username: string; login: JwtLogin }
  /** Stored by another kind of login. */
  | { type: 'other'; username: string }
  | { type: 'damaged'; username: string; failure: Failure<'store_damaged'> };

/** The names by which core itself finds entries. */
const ENTRY_NAME = /^[^.][^@]*@[^.]+(\.[^.\s]+)+\.json$/;

/** What only entries of other kinds of logins hold. */
const OF_OTHER_LOGINS = ['refreshToken', 'clientSecret', 'authCode', 'password'];

/** The entries in sf's auth store by username. A damaged one is an entry too. No secret is decrypted. */
export function readEntries(): Entry[] {
  return entryNames()
    .sort()
    .map((name) => entryOf(name.slice(0, -'.json'.length), join(Global.DIR, name)));
}

/** The entry of one user; undefined if there is none. */
export function readEntry(username: string): Entry | undefined {
  const name = entryNames().find((each) => each === `${username}.json`);
  return name === undefined ? undefined : entryOf(username, join(Global.DIR, name));
}

/** The JWT logins in sf's auth store: those that sf refreshes with a private key. */
export function readStoredLogins(): StoredLogin[] {
  return readEntries().flatMap((entry) => {
    if (entry.type !== 'jwt' || entry.login.privateKeyFile === undefined) return [];
    const { username, orgId, clientId, loginUrl, privateKeyFile, isDevHub } = entry.login;
    return [{ username, orgId, clientId, loginUrl, privateKeyFile, isDevHub }];
  });
}

/** Whether the key at a path is that of a stored login of anybody but this user. */
export function isUsedByOthers(path: string, username: string | undefined): boolean {
  return readEntries().some(
    (entry) => entry.type === 'jwt' && entry.username !== username && entry.login.privateKeyFile === path,
  );
}

function entryNames(): string[] {
  try {
    return readdirSync(Global.DIR).filter((name) => ENTRY_NAME.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function entryOf(username: string, path: string): Entry {
  try {
    const fields = readState(path);
    return isJwt(fields) ? { type: 'jwt', username, login: loginOf(username, fields) } : { type: 'other', username };
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return { type: 'damaged', username, failure: error };
    throw error;
  }
}

/** A login without a key is told from one by access token alone by its client id. */
function isJwt(fields: Json): boolean {
  if (typeof fields['privateKey'] === 'string') return fields['refreshToken'] === undefined;
  return typeof fields['clientId'] === 'string' && OF_OTHER_LOGINS.every((field) => fields[field] === undefined);
}

function loginOf(username: string, fields: Json): JwtLogin {
  const text = (field: string): string => {
    const value = fields[field];
    return typeof value === 'string' ? value : '';
  };
  return {
    username,
    clientId: text('clientId'),
    loginUrl: text('loginUrl'),
    privateKeyFile: text('privateKey') || undefined,
    isDevHub: typeof fields['isDevHub'] === 'boolean' ? fields['isDevHub'] : undefined,
    instanceUrl: text('instanceUrl'),
    orgId: text('orgId'),
    orgName: text('name'),
    orgKind: orgKindOf(fields),
  };
}

function orgKindOf({ isScratch, isSandbox, devHubUsername }: Json): OrgKind | undefined {
  if (isScratch === true || typeof devHubUsername === 'string') return 'scratch';
  if (isSandbox === true) return 'sandbox';
  return isSandbox === false ? 'production' : undefined;
}

/**
 * One of the JWT logins in sf's auth store, with a key or without.
 *
 * @throws Failure `login_without_key` for a login of another kind, `store_damaged`; the NamedOrgNotFoundError of core for
 *   an org that isn't stored
 */
export async function findJwtLogin(aliasOrUsername: string): Promise<JwtLogin> {
  const { username } = await findStoredOrg(aliasOrUsername);
  const entry = readEntry(username);
  if (entry?.type === 'damaged') throw entry.failure;
  if (entry?.type !== 'jwt') throw new Failure('login_without_key', { username });
  return entry.login;
}

/** An org in sf's auth store, found but not yet asked anything. */
export type StoredOrg = {
  username: string;
  /**
   * Opens it at its newest API version. Unlike `Org.create` this writes nothing: core would note the version in the
   * entry.
   *
   * @param timeout milliseconds until the question for the version is given up
   * @throws Error with the server's or the system's words
   */
  open: (fetch: Fetch, timeout: number) => Promise<Connection>;
};

/** @throws the NamedOrgNotFoundError of core for an org that isn't stored */
export async function findStoredOrg(aliasOrUsername: string): Promise<StoredOrg> {
  const state = await StateAggregator.getInstance();
  const username = state.aliases.resolveUsername(aliasOrUsername);
  const authInfo = await AuthInfo.create({ username });
  return { username, open: (fetch, timeout) => open(authInfo, fetch, timeout) };
}

async function open(authInfo: AuthInfo, fetch: Fetch, timeout: number): Promise<Connection> {
  const { instanceUrl = '' } = authInfo.getFields();
  const response = await fetch(`${instanceUrl}/services/data`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const version = ((await response.json()) as Array<{ version: string }>).at(-1)?.version;
  return Connection.create({ authInfo, connectionOptions: version === undefined ? {} : { version } });
}

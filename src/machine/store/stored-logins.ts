import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AuthInfo, Connection, Global, StateAggregator } from '@salesforce/core';
import { baseUrl } from '../../salesforce/hosts.js';
import { Failure, isFailure } from '../../failure.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { readSignerRecord, type SignerRecord } from './signer-record.js';
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
  /** The key that signs for it elsewhere, where no file has one; undefined: none is known. */
  signer: SignerRecord | undefined;
  /** Empty where the entry doesn't say, as the next one. */
  instanceUrl: string;
  orgName: string;
  /** Developer and trial orgs are `production` here, as everywhere in sf. Undefined: the entry doesn't say. */
  orgKind: OrgKind | undefined;
};

/** An entry of sf's auth store. */
export type Entry =
  | { type: 'jwt'; username: string; login: JwtLogin }
  /** Stored by another kind of login; `web`: by one in a browser. */
  | { type: 'other'; username: string; orgId: string; instanceUrl: string; web: boolean }
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
    const login = loginOf(username, fields);
    if (isJwtLogin(fields)) return { type: 'jwt', username, login: { ...login, signer: signerOf(login) } };
    const { orgId, instanceUrl } = login;
    return { type: 'other', username, orgId, instanceUrl, web: isSet(fields, 'refreshToken') };
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return { type: 'damaged', username, failure: error };
    throw error;
  }
}

/**
 * Whether an entry is that of a JWT login, by the rule of core itself: it has a private key and no refresh token. A web
 * login of the same user brings the latter and so ends a JWT login. A login without a key is told from one by access token
 * alone by its client id.
 */
export function isJwtLogin(fields: Json): boolean {
  if (isSet(fields, 'privateKey')) return !isSet(fields, 'refreshToken');
  return isSet(fields, 'clientId') && !OF_OTHER_LOGINS.some((field) => isSet(fields, field));
}

/** One that has a key by now, or is of another app or org than the record, has been made anew by another tool. */
function signerOf({ username, privateKeyFile, clientId, orgId }: Omit<JwtLogin, 'signer'>): SignerRecord | undefined {
  const record = privateKeyFile === undefined ? readSignerRecord(username) : undefined;
  return record?.clientId === clientId && isSameOrg(record.orgId, orgId) ? record : undefined;
}

function isSet(fields: Json, field: string): boolean {
  return typeof fields[field] === 'string' && fields[field] !== '';
}

/** Whether two ids are those of one org: they have 15 or 18 characters, and the last three only repeat the case of the others. */
export function isSameOrg(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

/** Whether the entry of a user is that of a login in a browser. */
export function isWebLogin(username: string): boolean {
  const entry = readEntry(username);
  return entry?.type === 'other' && entry.web;
}

function loginOf(username: string, fields: Json): Omit<JwtLogin, 'signer'> {
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
    instanceUrl: baseUrl(text('instanceUrl')),
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
 * @throws Failure `login_without_key` for a login of another kind, `store_damaged`,
 *   `named_org_not_found` for an org that isn't stored
 */
export async function findJwtLogin(aliasOrUsername: string): Promise<JwtLogin> {
  const { username } = await findStoredOrg(aliasOrUsername);
  const entry = readEntry(username);
  if (entry?.type === 'damaged') throw entry.failure;
  if (entry?.type !== 'jwt') throw new Failure('login_without_key', { username });
  return entry.login;
}

/** A version that every org has. */
const ANY_VERSION = '51.0';

/** An org in sf's auth store, found but not yet asked anything. */
export type StoredOrg = {
  username: string;
  /**
   * Opens it at its newest API version. Unlike `Org.create` this writes nothing: core would note the version in the
   * entry.
   *
   * @param timeout milliseconds until a request of the connection is given up
   * @throws Failure of `guardAnswers`, or the client library's error for what the org refuses
   */
  open: (fetch: Fetch, timeout: number) => Promise<Connection>;
};

/** @throws Failure `named_org_not_found` for an org that isn't stored */
export async function findStoredOrg(aliasOrUsername: string): Promise<StoredOrg> {
  const state = await StateAggregator.getInstance();
  const username = state.aliases.resolveUsername(aliasOrUsername);
  const authInfo = await storedOrg(aliasOrUsername, username);
  return { username, open: (fetch, timeout) => open(authInfo, fetch, timeout) };
}

/** The name of the failure is that of core's own error. */
async function storedOrg(name: string, username: string): Promise<AuthInfo> {
  try {
    return await AuthInfo.create({ username });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NamedOrgNotFoundError') throw error;
    throw new Failure('named_org_not_found', { org: name }, { cause: error });
  }
}

async function open(authInfo: AuthInfo, fetch: Fetch, timeout: number): Promise<Connection> {
  const { guardAnswers } = await import('../../salesforce/org/transport.js');
  guardAnswers(fetch, timeout);
  const { instanceUrl = '' } = authInfo.getFields();
  // With any version, core doesn't ask for one.
  const connection = await Connection.create({ authInfo, connectionOptions: { version: ANY_VERSION } });
  const versions = await connection.request<Array<{ version: string }>>(`${baseUrl(instanceUrl)}/services/data`);
  connection.setApiVersion(`${Math.max(...versions.map(({ version }) => Number.parseInt(version, 10)))}.0`);
  return connection;
}

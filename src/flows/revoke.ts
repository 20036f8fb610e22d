import { isFailure, Failure } from '../failure.js';
import { readAccessToken } from '../machine/store/access-token.js';
import { readAliases } from '../machine/store/aliases.js';
import { findTraces, removeLogin, usersWithoutEntry, type Leaving, type Traces } from '../machine/store/removal.js';
import { isKeyCopy } from '../machine/store/key-copy.js';
import { readEntries, readEntry, type Entry, type JwtLogin } from '../machine/store/stored-logins.js';
import type { Fetch } from '../salesforce/token/endpoint.js';
import { answerInWords } from '../salesforce/token/log-in.js';
import { revokeToken } from '../salesforce/token/revocation.js';

/** A login that is to be revoked. Without `login`, only traces of it are left, by an interrupted run. */
export type Revocable = Leaving & {
  login: JwtLogin | undefined;
  /** Its entry can't be read, so nobody can tell whose token it holds. */
  damaged: Failure<'store_damaged'> | undefined;
};

/**
 * What became of the access token. `alive`: it couldn't be revoked, `reason` in the org's or the system's words;
 * `unreadable`: it couldn't be decrypted, `reason` in core's words, or the entry can't be read; `none`: the entry holds
 * none.
 */
export type TokenFate = { state: 'revoked' | 'ended' | 'none' } | { state: 'alive' | 'unreadable'; reason: string };

/** What became of one login. `failure`: why it couldn't be removed here; the token's fate stands all the same. */
export type Revoked = {
  username: string;
  token: TokenFate;
  removed: Traces | undefined;
  failure: Failure | undefined;
  /** The user's own key file, which stays */
  keyFile: string | undefined;
  /** URI of the key that signed for it elsewhere, and stays */
  signer: string | undefined;
};

export type RevokeDependencies = {
  fetch: Fetch;
  /** Milliseconds until a request is given up */
  timeout: number;
  onRevoked: (done: number, total: number) => void;
};

/** Orgs that are asked at once. */
const CONCURRENCY = 8;

/**
 * The login with this username or alias, or what is left of it.
 *
 * @throws Failure `login_not_stored`, `login_not_jwt`, `store_damaged`
 */
export async function findRevocable(name: string): Promise<Revocable> {
  const behind = readAliases()[name];
  const username = typeof behind === 'string' ? behind : name;
  const entry = readEntry(username);
  if (entry?.type === 'damaged') throw entry.failure;
  if (entry?.type === 'other') throw new Failure('login_not_jwt', { username });
  const traces = await findTraces({ username, name });
  if (entry === undefined && Object.values(traces).every(({ length }) => length === 0)) {
    throw new Failure('login_not_stored', { name });
  }
  return { username, name, login: entry?.login, damaged: undefined };
}

/** Every JWT login in the store, entries that can't be read, and copies of keys that nothing leads to any more. */
export function findAllRevocable(): Revocable[] {
  const stored = readEntries().filter((entry): entry is Exclude<Entry, { type: 'other' }> => entry.type !== 'other');
  return [
    ...stored.map((entry) => ({
      username: entry.username,
      name: undefined,
      login: entry.type === 'jwt' ? entry.login : undefined,
      damaged: entry.type === 'damaged' ? entry.failure : undefined,
    })),
    ...usersWithoutEntry().map((username) => ({ username, name: undefined, login: undefined, damaged: undefined })),
  ];
}

/**
 * Revokes the access tokens at their orgs, several at once, and then removes the logins here, one after the other. An org
 * that refuses or can't be reached doesn't keep a login here; what can't be removed here keeps none of the others.
 */
export async function revokeLogins(logins: Revocable[], dependencies: RevokeDependencies): Promise<Revoked[]> {
  const { default: pLimit } = await import('p-limit');
  let done = 0;
  const fates = await pLimit(CONCURRENCY).map(logins, async (login) => {
    const fate = await fateOf(login, dependencies);
    done += 1;
    dependencies.onRevoked(done, logins.length);
    return fate;
  });
  const revoked: Revoked[] = [];
  for (const [index, login] of logins.entries()) revoked.push(await removeOne(login, fates[index]!));
  return revoked;
}

async function fateOf({ login, damaged }: Revocable, dependencies: RevokeDependencies): Promise<TokenFate> {
  if (damaged !== undefined) return { state: 'unreadable', reason: damaged.data.reason };
  return login === undefined ? { state: 'none' } : revokeTokenOf(login, dependencies);
}

async function revokeTokenOf(
  { username, instanceUrl }: JwtLogin,
  { fetch, timeout }: RevokeDependencies,
): Promise<TokenFate> {
  const stored = await readAccessToken(username);
  if ('reason' in stored) return { state: 'unreadable', reason: stored.reason };
  if (stored.accessToken === undefined) return { state: 'none' };
  const revocation = await revokeToken(fetch, instanceUrl, stored.accessToken, timeout);
  return revocation.state === 'alive'
    ? { state: 'alive', reason: answerInWords(revocation.refusal) }
    : { state: revocation.state };
}

async function removeOne({ username, name, login, damaged }: Revocable, token: TokenFate): Promise<Revoked> {
  const { privateKeyFile } = login ?? {};
  const keyFile = privateKeyFile === undefined || isKeyCopy(privateKeyFile) ? undefined : privateKeyFile;
  const one = { username, token, keyFile, signer: login?.signer?.uri };
  if (damaged !== undefined) return { ...one, removed: undefined, failure: damaged };
  try {
    return { ...one, removed: await removeLogin({ username, name }), failure: undefined };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ...one, removed: undefined, failure: error };
  }
}

import type { KeyObject } from 'node:crypto';
import { audienceFor } from '../assertion/audience.js';
import { endsWithin, matches, readCertificate, validityAt } from '../credential/certificate.js';
import { Failure, isFailure } from '../failure.js';
import { readInputFile } from '../files/input-file.js';
import { certificateFileBeside } from '../files/key-input.js';
import { isReadableByOthers } from '../files/passphrase.js';
import { readStoredKey } from '../files/stored-key.js';
import { aliasesOf, readAliases } from '../store/aliases.js';
import { isKeyCopy } from '../store/key-copy.js';
import { readEntries, type JwtLogin } from '../store/stored-logins.js';
import type { Fetch } from '../token/endpoint.js';
import { logIn, loginFailure } from '../token/log-in.js';

export type ListRequest = {
  /** Tries every login, this many at once; undefined: asks no org. */
  concurrency: number | undefined;
  /** Days; undefined: no certificate is judged. */
  expiresWithin: number | undefined;
  /** Milliseconds until a request is given up */
  timeout: number;
};

export type ListWorld = {
  fetch: Fetch;
  now: () => number;
  environment: NodeJS.ProcessEnv;
  onChecked: (done: number, total: number) => void;
};

/** The key of a stored login: a file of the user's, a copy of ours, or none. */
export type ListedKey = {
  storage: 'path' | 'copy' | 'none';
  path: string | undefined;
  readableByOthers: boolean;
  /** Undefined with a `failure`, and where none is stored. */
  key: KeyObject | undefined;
  /** Why sf can't use it */
  failure: Failure | undefined;
};

/** The certificate beside a key, as `keygen` writes it. */
export type ListedCertificate =
  | { path: string; failure: Failure }
  | {
      path: string;
      failure: undefined;
      notAfter: Date;
      /** Whole days; negative after its end */
      daysLeft: number;
      /** Undefined: the key can't be read. */
      matchesKey: boolean | undefined;
      /** Whether it ends within the days that were asked for. */
      ending: boolean;
    };

/** What came of one login that was tried; `untried` where there's no key to try it with. */
export type Check = { state: 'works' | 'untried' } | { state: 'fails'; failure: Failure };

export type ListedLogin = {
  damaged: undefined;
  username: string;
  aliases: string[];
  login: JwtLogin;
  key: ListedKey;
  certificate: ListedCertificate | undefined;
  check: Check | undefined;
};

/** An entry that can't be read, which may or may not be that of a JWT login. */
export type DamagedLogin = { damaged: Failure; username: string; aliases: string[] };

export type Listing = {
  /** Nothing failed, and nothing ends too soon. */
  ok: boolean;
  logins: Array<ListedLogin | DamagedLogin>;
  /** How many logins of other kinds are stored */
  otherLogins: number;
};

/**
 * Every JWT login in sf's auth store with what can be known of it here, and with `concurrency` whether it works. It
 * changes nothing.
 *
 * @throws Failure `store_damaged` for the file of the aliases
 */
export async function listLogins(request: ListRequest, world: ListWorld): Promise<Listing> {
  const entries = readEntries();
  const aliases = readAliases();
  const now = new Date(world.now());
  const found = await Promise.all(
    entries
      .filter((entry) => entry.type !== 'other')
      .map(async (entry): Promise<ListedLogin | DamagedLogin> => {
        const names = { username: entry.username, aliases: aliasesOf(entry.username, aliases) };
        if (entry.type === 'damaged') return { ...names, damaged: entry.failure };
        const key = await keyOf(entry.login);
        const certificate = await certificateOf(key, request.expiresWithin, now);
        return { ...names, damaged: undefined, login: entry.login, key, certificate, check: undefined };
      }),
  );
  const logins = request.concurrency === undefined ? found : await checked(found, request.concurrency, request, world);
  return {
    ok: !logins.some((login) => isEnding(login) || (request.concurrency !== undefined && isFailing(login))),
    logins,
    otherLogins: entries.filter(({ type }) => type === 'other').length,
  };
}

async function keyOf({ privateKeyFile: path }: JwtLogin): Promise<ListedKey> {
  if (path === undefined) {
    return { storage: 'none', path, readableByOthers: false, key: undefined, failure: undefined };
  }
  const read = await readStoredKey(path);
  return {
    storage: isKeyCopy(path) ? 'copy' : 'path',
    path,
    readableByOthers: isReadableByOthers(path),
    key: 'key' in read ? read.key : undefined,
    failure: 'failure' in read ? read.failure : undefined,
  };
}

async function certificateOf(
  { path: keyFile, key }: ListedKey,
  expiresWithin: number | undefined,
  now: Date,
): Promise<ListedCertificate | undefined> {
  const path = keyFile === undefined ? undefined : certificateFileBeside(keyFile);
  if (path === undefined) return undefined;
  try {
    const certificate = readCertificate(await readInputFile(path), path);
    const matchesKey = key === undefined ? undefined : matches(certificate, key);
    const { notAfter } = certificate;
    const { daysLeft } = validityAt(certificate, now);
    // The end of another key's certificate says nothing about this login.
    const ending = matchesKey !== false && endsWithin(notAfter, expiresWithin, now);
    return { path, failure: undefined, notAfter, daysLeft, matchesKey, ending };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { path, failure: error };
  }
}

async function checked(
  logins: Listing['logins'],
  concurrency: number,
  { timeout }: ListRequest,
  world: ListWorld,
): Promise<Listing['logins']> {
  const { default: pLimit } = await import('p-limit');
  let done = 0;
  return pLimit(concurrency).map(logins, async (listed) => {
    const check = listed.damaged === undefined ? await tried(listed, timeout, world) : undefined;
    done += 1;
    world.onChecked(done, logins.length);
    return listed.damaged === undefined ? { ...listed, check } : listed;
  });
}

/**
 * One login as sf makes it at a refresh. The token isn't revoked afterwards: an org may have given out the same one as
 * is stored.
 */
async function tried({ login, key }: ListedLogin, timeout: number, world: ListWorld): Promise<Check> {
  if (key.failure !== undefined) return { state: 'fails', failure: key.failure };
  if (key.key === undefined) return { state: 'untried' };
  const { username, clientId } = login;
  const loginUrl = URL.parse(login.loginUrl || login.instanceUrl);
  if (loginUrl === null) {
    return { state: 'fails', failure: new Failure('login_url_unusable', { username, url: login.loginUrl }) };
  }
  const audience = world.environment['SF_AUDIENCE_URL'] || audienceFor(loginUrl);
  const target = { username, clientId, loginUrl, audience };
  const now = world.now();
  const answer = await logIn(target, key.key, { fetch: world.fetch, now, timeout });
  if (answer.ok) return { state: 'works' };
  const files = { keyFile: key.path, certificateFile: key.path && certificateFileBeside(key.path) };
  return { state: 'fails', failure: loginFailure(answer, target, { ...files, now: world.now(), timeout }) };
}

export function isEnding(listed: ListedLogin | DamagedLogin): boolean {
  return (
    listed.damaged === undefined && listed.certificate?.failure === undefined && listed.certificate?.ending === true
  );
}

function isFailing(listed: ListedLogin | DamagedLogin): boolean {
  return listed.damaged !== undefined || listed.check?.state === 'fails';
}

import { adminLogin } from '../../machine/store/admin-login.js';
import { audienceFor } from '../../keys/assertion/audience.js';
import type { Signer } from '../../keys/signer/signer.js';
import { matches, validityAt, type Certificate } from '../../keys/credential/certificate.js';
import { isDue, type Due } from '../../keys/credential/due.js';
import { Failure, isFailure } from '../../failure.js';
import { chosenCertificate, readCertificates } from '../../machine/files/certificate-input.js';
import { certificateFileBeside } from '../../machine/files/key-input.js';
import { isReadableByOthers } from '../../machine/files/passphrase.js';
import { readStoredKey } from '../../machine/files/stored-key.js';
import { aliasesOf, readAliases } from '../../machine/store/aliases.js';
import { storedSigner } from '../../machine/stored-signer.js';
import { knownCertificate } from '../../machine/store/known-apps.js';
import { isKeyCopy } from '../../machine/store/key-copy.js';
import { readEntries, type JwtLogin } from '../../machine/store/stored-logins.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { logIn, loginFailure } from '../../salesforce/token/log-in.js';

export type ListRequest = {
  /** Tries every login, this many at once; undefined: asks no org. */
  concurrency: number | undefined;
  /** Undefined: no certificate is judged. */
  due: Due | undefined;
  /** Whether a login whose certificate's end isn't known is let pass where certificates are judged. */
  allowUnknown: boolean;
  /** Milliseconds until a request is given up */
  timeout: number;
};

export type ListDependencies = {
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
  signer: Signer | undefined;
  /** Why sf can't use it */
  failure: Failure | undefined;
};

/** The certificate beside a key, as `keygen` writes it, or the one that this machine knows of the app. */
export type ListedCertificate =
  | { path: string; failure: Failure }
  | {
      path: string;
      failure: undefined;
      notBefore: Date;
      notAfter: Date;
      /** Whole days; negative after its end */
      daysLeft: number;
      /** Undefined: the key can't be read. */
      matchesKey: boolean | undefined;
      /** Whether it's due, where that was asked for. */
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
  /** Nothing failed, nothing is due, and where ends were asked for, all are known or allowed not to be. */
  ok: boolean;
  /** Nothing failed and nothing is known to be due, and still it isn't `ok`. */
  unchecked: boolean;
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
export async function listLogins(request: ListRequest, dependencies: ListDependencies): Promise<Listing> {
  const entries = readEntries();
  const aliases = readAliases();
  const now = new Date(dependencies.now());
  const found = await Promise.all(
    entries
      .filter((entry) => entry.type !== 'other')
      .map(async (entry): Promise<ListedLogin | DamagedLogin> => {
        const names = { username: entry.username, aliases: aliasesOf(entry.username, aliases) };
        if (entry.type === 'damaged') return { ...names, damaged: entry.failure };
        const key = await keyOf(entry.login);
        const certificate = await certificateOf(key, entry.login.clientId, request.due, now);
        return { ...names, damaged: undefined, login: entry.login, key, certificate, check: undefined };
      }),
  );
  const logins =
    request.concurrency === undefined ? found : await checked(found, request.concurrency, request, dependencies);
  const isWrong = logins.some((login) => isEnding(login) || (request.concurrency !== undefined && isFailing(login)));
  const isUnknown = request.due !== undefined && !request.allowUnknown && logins.some((login) => !hasKnownEnd(login));
  return {
    ok: !isWrong && !isUnknown,
    unchecked: !isWrong && isUnknown,
    logins,
    otherLogins: entries.filter(({ type }) => type === 'other').length,
  };
}

async function keyOf({ privateKeyFile: path, signer: kept }: JwtLogin): Promise<ListedKey> {
  if (path === undefined) {
    const signer = kept && storedSigner(kept);
    return { storage: 'none', path, readableByOthers: false, signer, failure: undefined };
  }
  const read = await readStoredKey(path);
  return {
    storage: isKeyCopy(path) ? 'copy' : 'path',
    path,
    readableByOthers: isReadableByOthers(path),
    signer: 'signer' in read ? read.signer : undefined,
    failure: 'failure' in read ? read.failure : undefined,
  };
}

async function certificateOf(
  { path: keyFile, signer }: ListedKey,
  clientId: string,
  due: Due | undefined,
  now: Date,
): Promise<ListedCertificate | undefined> {
  const judged = (path: string, certificate: Certificate): ListedCertificate => {
    const matchesKey = signer === undefined ? undefined : matches(certificate, signer);
    const { notBefore, notAfter } = certificate;
    const { daysLeft } = validityAt(certificate, now);
    // The end of another key's certificate says nothing about this login.
    const ending = matchesKey !== false && due !== undefined && isDue(certificate, due, now);
    return { path, failure: undefined, notBefore, notAfter, daysLeft, matchesKey, ending };
  };
  const beside = keyFile === undefined ? undefined : await certificateBeside(keyFile, signer);
  if (beside?.certificate !== undefined && signer !== undefined && matches(beside.certificate, signer))
    return judged(beside.path, beside.certificate);
  const known = signer === undefined ? undefined : knownCertificate(clientId, signer);
  if (known !== undefined) return judged(known.path, known.certificate);
  if (beside === undefined) return undefined;
  return beside.certificate === undefined
    ? { path: beside.path, failure: beside.failure }
    : judged(beside.path, beside.certificate);
}

async function certificateBeside(
  keyFile: string,
  signer: Signer | undefined,
): Promise<
  { path: string; certificate: Certificate } | { path: string; certificate: undefined; failure: Failure } | undefined
> {
  const path = certificateFileBeside(keyFile);
  if (path === undefined) return undefined;
  try {
    return { path, certificate: chosenCertificate(await readCertificates(path), signer) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { path, certificate: undefined, failure: error };
  }
}

async function checked(
  logins: Listing['logins'],
  concurrency: number,
  { timeout }: ListRequest,
  dependencies: ListDependencies,
): Promise<Listing['logins']> {
  const { default: pLimit } = await import('p-limit');
  let done = 0;
  return pLimit(concurrency).map(logins, async (listed) => {
    const check = listed.damaged === undefined ? await tried(listed, timeout, dependencies) : undefined;
    done += 1;
    dependencies.onChecked(done, logins.length);
    return listed.damaged === undefined ? { ...listed, check } : listed;
  });
}

/** What a signer can't sign is why the login fails. */
async function tried(listed: ListedLogin, timeout: number, dependencies: ListDependencies): Promise<Check> {
  try {
    return await loggedIn(listed, timeout, dependencies);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: 'fails', failure: error };
  }
}

/**
 * One login as sf makes it at a refresh. The token isn't revoked afterwards: an org may have given out the same one as
 * is stored.
 */
async function loggedIn({ login, key }: ListedLogin, timeout: number, dependencies: ListDependencies): Promise<Check> {
  if (key.failure !== undefined) return { state: 'fails', failure: key.failure };
  if (key.signer === undefined) return { state: 'untried' };
  const { username, clientId } = login;
  const loginUrl = URL.parse(login.loginUrl || login.instanceUrl);
  if (loginUrl === null) {
    return { state: 'fails', failure: new Failure('login_url_unusable', { username, url: login.loginUrl }) };
  }
  const audience = dependencies.environment['SF_AUDIENCE_URL'] || audienceFor(loginUrl);
  const target = { username, clientId, loginUrl, audience };
  const now = dependencies.now();
  const answer = await logIn(target, key.signer, { fetch: dependencies.fetch, now, timeout });
  if (answer.ok) return { state: 'works' };
  const files = {
    keyFile: key.path,
    signer: key.signer.uri,
    certificateFile: key.path && certificateFileBeside(key.path),
    adminOrg: adminLogin({ loginUrl, orgId: login.orgId }, username, undefined),
  };
  return { state: 'fails', failure: loginFailure(answer, target, { ...files, now: dependencies.now(), timeout }) };
}

export function isEnding(listed: ListedLogin | DamagedLogin): boolean {
  return (
    listed.damaged === undefined && listed.certificate?.failure === undefined && listed.certificate?.ending === true
  );
}

/** Whether it's known when the certificate ends that the login's key belongs to. */
function hasKnownEnd(listed: ListedLogin | DamagedLogin): boolean {
  const certificate = listed.damaged === undefined ? listed.certificate : undefined;
  return certificate !== undefined && certificate.failure === undefined && certificate.matchesKey !== false;
}

function isFailing(listed: ListedLogin | DamagedLogin): boolean {
  return listed.damaged !== undefined || listed.check?.state === 'fails';
}

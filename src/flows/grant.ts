import type { AuthFields } from '@salesforce/core';
import { matches, readCertificate } from '../keys/credential/certificate.js';
import { Failure, isFailure } from '../failure.js';
import { readInputFile } from '../machine/files/input-file.js';
import { certificateFileBeside, type KeyInput } from '../machine/files/key-input.js';
import { isReadableByOthers } from '../machine/files/passphrase.js';
import { isTemporary } from '../machine/files/temporary-folder.js';
import { provenLogin, type LoginRequest, type LoginDependencies } from './login.js';
import { learnOrganization } from '../salesforce/org/organization.js';
import { hasSignUpVariables } from '../salesforce/org/sign-up-variables.js';
import { checkStore, type Names, type storeLogin, type StoredKey } from '../machine/store/auth-store.js';
import { isKeyCopy } from '../machine/store/key-copy.js';
import { isStorable } from '../machine/store/username.js';
import { latestEnd } from '../salesforce/token/session.js';

/** Where the key is when sf refreshes the login: at its path, in a copy of ours, or nowhere. */
export type KeyStorage = 'path' | 'copy' | 'none';

export type GrantRequest = Omit<LoginRequest, 'signer'> & {
  keyInput: KeyInput;
  /** Undefined: by where the key came from. */
  keyStorage: KeyStorage | undefined;
  names: Names;
  /** PEM of the key's certificate, where somebody gave it. */
  certificate?: string | undefined;
};

export type GrantDependencies = LoginDependencies & {
  environment: NodeJS.ProcessEnv;
  store: typeof storeLogin;
  /** Whether the store can take the login, before anything is asked of an org. Default: sf's own store */
  checkStore?: typeof checkStore;
};

/** What went well, and still is worth a word. */
export type Warning = 'keyTemporary' | 'keyReadableByOthers' | 'notDevHub' | 'devHubUnknown' | 'devHubApp';

/** What `sf jwt grant --json` returns: the stored entry as `sf org login jwt` shows it, and where the key is. */
export type JwtGrantResult = AuthFields & {
  /** Where sf finds the private key when it refreshes the login. */
  keyStorage: 'path' | 'copy' | 'none';
  /** URI of the key that signed, with its version, where it is kept elsewhere: only "jwt grant" makes the next login. */
  signer?: string;
  /**
   * With a signer: when the session ends at the latest unless it is used, as an ISO 8601 date in UTC. An org may end it
   * sooner.
   */
  sessionEndsBy?: string;
};

export type Granted = {
  fields: AuthFields;
  keyStorage: KeyStorage;
  /** Whether the user may not query what the org is, so that the entry doesn't say it all. */
  orgHidden: boolean;
  /** Where the key is that signed, and when the session ends at the latest; undefined where sf may refresh it, or nobody. */
  signer: { uri: string; sessionEndsBy: Date } | undefined;
  warnings: Warning[];
};

/**
 * Logs in, learns what org it is, and only then touches the auth store: what stood there before a failure still stands.
 *
 * @throws Failure for a refused login, an org that can't be read, a key that can't be stored as asked, a store that can't
 *   be changed
 */
export async function grant(request: GrantRequest, dependencies: GrantDependencies): Promise<Granted> {
  const { target, keyInput, names, timeout } = request;
  const { username, clientId, loginUrl } = target;
  if (!isStorable(username)) throw new Failure('username_illegal', { username });
  const keyStorage = keyStorageFor(request);
  await (dependencies.checkStore ?? checkStore)(username, names);
  const answer = await provenLogin({ ...request, signer: keyInput.signer }, dependencies);
  const organization = await learnOrganization(dependencies.fetch, { ...answer, username }, timeout);
  const login = { username, clientId, loginUrl: loginUrl.href, token: answer, organization };
  const now = new Date(dependencies.now());
  const fields = await dependencies.store(
    { ...login, key: storedKey(keyInput, keyStorage), certificate: await certificateToKeep(request, keyStorage) },
    names,
    now,
  );
  const { uri } = keyInput.signer;
  return {
    fields,
    keyStorage,
    orgHidden: organization.name === undefined,
    signer: uri === undefined ? undefined : { uri, sessionEndsBy: latestEnd(now) },
    warnings: warningsAbout(request, keyStorage, organization.isDevHub, dependencies.environment),
  };
}

/**
 * sf can refresh only with the path of a plain key file that it can read as it stands. A copy of ours is no file of the
 * user's: it's kept as the copy that it is.
 */
export function keyStorageFor({
  keyInput: { key, source, path, encrypted, asIs },
  keyStorage,
}: Pick<GrantRequest, 'keyInput' | 'keyStorage'>): KeyStorage {
  if (key === undefined) {
    if (keyStorage === undefined || keyStorage === 'none') return 'none';
    throw new Failure('key_storage_signer', { signer: source, keyStorage });
  }
  if (path !== undefined && isKeyCopy(path)) return keyStorage === 'none' ? 'none' : 'copy';
  if (keyStorage !== 'path') return keyStorage ?? (encrypted ? 'none' : path === undefined || !asIs ? 'copy' : 'path');
  if (path === undefined) throw new Failure('key_storage_without_file', {});
  if (encrypted) throw new Failure('key_storage_encrypted', { path });
  if (!asIs) throw new Failure('key_storage_unreadable', { path });
  return keyStorage;
}

/** Beside a key that stays where it is, its certificate is found there. A copy has none beside it. */
async function certificateToKeep(
  { certificate, keyInput: { signer, path } }: GrantRequest,
  keyStorage: KeyStorage,
): Promise<string | undefined> {
  if (certificate !== undefined || keyStorage !== 'copy' || path === undefined) return certificate;
  const beside = certificateFileBeside(path);
  if (beside === undefined) return undefined;
  try {
    const found = readCertificate(await readInputFile(beside), beside);
    return matches(found, signer) ? found.pem : undefined;
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

export function storedKey({ signer, key, path }: KeyInput, keyStorage: KeyStorage): StoredKey {
  // What a program signs with by itself has no URI by which anybody else could find it.
  if (key === undefined) return signer.uri === undefined ? undefined : { signer };
  if (keyStorage === 'copy') return { copyOf: key };
  return keyStorage === 'path' && path !== undefined ? { path } : undefined;
}

/** A Dev Hub's entry doesn't tell whether its app is an External Client App, so that one is said to whom it may concern. */
function warningsAbout(
  { keyInput: { path, encrypted }, names }: GrantRequest,
  keyStorage: KeyStorage,
  isDevHub: boolean | undefined,
  environment: NodeJS.ProcessEnv,
): Warning[] {
  const warnings: Warning[] = [];
  if (path !== undefined && keyStorage === 'path' && isTemporary(path, environment)) warnings.push('keyTemporary');
  if (path !== undefined && !encrypted && isReadableByOthers(path)) warnings.push('keyReadableByOthers');
  if (names.setDefaultDevHub && isDevHub === false) warnings.push('notDevHub');
  if (names.setDefaultDevHub && isDevHub === undefined) warnings.push('devHubUnknown');
  if (names.setDefaultDevHub && isDevHub !== false && !hasSignUpVariables(environment)) warnings.push('devHubApp');
  return warnings;
}

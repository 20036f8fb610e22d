import type { AuthFields } from '@salesforce/core';
import { Failure } from './failure.js';
import type { KeyInput } from './files/key-input.js';
import { isReadableByOthers } from './files/passphrase.js';
import { isTemporary } from './files/temporary-folder.js';
import { provenLogin, type LoginRequest, type LoginWorld } from './login.js';
import { learnOrganization } from './org/organization.js';
import { hasSignUpVariables } from './org/sign-up-variables.js';
import { checkStore, type Names, type storeLogin, type StoredKey } from './store/auth-store.js';
import { isKeyCopy } from './store/key-copy.js';
import { isStorable } from './store/username.js';

/** Where the key is when sf refreshes the login: at its path, in a copy of ours, or nowhere. */
export type KeyStorage = 'path' | 'copy' | 'none';

export type GrantRequest = Omit<LoginRequest, 'key'> & {
  keyInput: KeyInput;
  /** Undefined: by where the key came from. */
  keyStorage: KeyStorage | undefined;
  names: Names;
};

export type GrantWorld = LoginWorld & { environment: NodeJS.ProcessEnv; store: typeof storeLogin };

/** What went well, and still is worth a word. */
export type Warning = 'keyTemporary' | 'keyReadableByOthers' | 'notDevHub' | 'devHubApp';

export type Granted = { fields: AuthFields; keyStorage: KeyStorage; warnings: Warning[] };

/**
 * Logs in, learns what org it is, and only then touches the auth store: what stood there before a failure still stands.
 *
 * @throws Failure for a refused login, an org that can't be read, a key that can't be stored as asked, a store that can't
 *   be changed
 */
export async function grant(request: GrantRequest, world: GrantWorld): Promise<Granted> {
  const { target, keyInput, names, timeout } = request;
  const { username, clientId, loginUrl } = target;
  if (!isStorable(username)) throw new Failure('username_illegal', { username });
  const keyStorage = keyStorageFor(request);
  await checkStore(username, names);
  const answer = await provenLogin({ ...request, key: keyInput.key }, world);
  const organization = await learnOrganization(world.fetch, answer, timeout);
  const login = { username, clientId, loginUrl: loginUrl.href, token: answer, organization };
  const fields = await world.store({ ...login, key: storedKey(keyInput, keyStorage) }, names, new Date(world.now()));
  return { fields, keyStorage, warnings: warningsAbout(request, keyStorage, organization.isDevHub, world.environment) };
}

/**
 * sf can refresh only with the path of a plain key file that it can read as it stands. A copy of ours is no file of the
 * user's: it's kept as the copy that it is.
 */
export function keyStorageFor({
  keyInput: { path, encrypted, asIs },
  keyStorage,
}: Pick<GrantRequest, 'keyInput' | 'keyStorage'>): KeyStorage {
  if (path !== undefined && isKeyCopy(path)) return keyStorage === 'none' ? 'none' : 'copy';
  if (keyStorage !== 'path') return keyStorage ?? (encrypted ? 'none' : path === undefined || !asIs ? 'copy' : 'path');
  if (path === undefined) throw new Failure('key_storage_without_file', {});
  if (encrypted) throw new Failure('key_storage_encrypted', { path });
  if (!asIs) throw new Failure('key_storage_unreadable', { path });
  return keyStorage;
}

export function storedKey({ key, path }: KeyInput, keyStorage: KeyStorage): StoredKey {
  if (keyStorage === 'copy') return { copyOf: key };
  return keyStorage === 'path' && path !== undefined ? { path } : undefined;
}

/** A Dev Hub's entry doesn't tell whether its app is an External Client App, so that one is said to whom it may concern. */
function warningsAbout(
  { keyInput: { path, encrypted }, names }: GrantRequest,
  keyStorage: KeyStorage,
  isDevHub: boolean,
  environment: NodeJS.ProcessEnv,
): Warning[] {
  const warnings: Warning[] = [];
  if (path !== undefined && keyStorage === 'path' && isTemporary(path, environment)) warnings.push('keyTemporary');
  if (path !== undefined && !encrypted && isReadableByOthers(path)) warnings.push('keyReadableByOthers');
  if (names.setDefaultDevHub && !isDevHub) warnings.push('notDevHub');
  if (names.setDefaultDevHub && isDevHub && !hasSignUpVariables(environment)) warnings.push('devHubApp');
  return warnings;
}

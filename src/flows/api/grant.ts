import type { AuthFields } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { readCertificate, requireMatch } from '../../keys/credential/certificate.js';
import { formatPrivateKey } from '../../keys/credential/private-key.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import { storeLogin, type Login, type Names, type StoredKey } from '../../machine/store/auth-store.js';
import { grant as grantLogin } from '../grant.js';
import type { Signer } from '../../keys/signer/signer.js';
import { keyInputOf } from './key.js';
import { loginDependenciesOf, loginRequestOf } from './request-token.js';
import type { GrantedLogin, GrantOptions, LoginToStore } from './types.js';

export async function grant(options: GrantOptions): Promise<GrantedLogin> {
  const { alias, setDefault = false, setDefaultDevHub = false, store } = options;
  const request = loginRequestOf(options);
  const keyInput = await keyInputOf(options);
  const keyStorage = keyStorageOf(options, keyInput);
  const certificate = certificateOf(options.certificate, keyInput.signer);
  const names = { alias, setDefault, setDefaultDevHub };
  const granted = await grantLogin(
    { ...request, keyInput, keyStorage, names, certificate },
    {
      ...(await loginDependenciesOf(options)),
      environment: process.env,
      ...(store === undefined
        ? { store: storeLogin }
        : { store: storingWith(store), checkStore: () => Promise.resolve() }),
    },
  );
  const { target } = request;
  const { orgId = '', instanceUrl = '', isDevHub } = granted.fields;
  return {
    username: target.username,
    orgId,
    instanceUrl,
    loginUrl: target.loginUrl.href,
    clientId: target.clientId,
    ...(alias !== undefined && { alias }),
    ...(isDevHub !== undefined && { isDevHub }),
    keyStorage: granted.keyStorage,
    warnings: granted.warnings,
  };
}

/** A key that is elsewhere can't be kept here. */
function keyStorageOf({ keyStorage }: GrantOptions, { key }: KeyInput): GrantOptions['keyStorage'] {
  if (key !== undefined || keyStorage === 'none') return keyStorage;
  if (keyStorage !== undefined)
    throw new Failure('option_malformed', { option: 'keyStorage', wanted: '"none", as it is for a signer' });
  return 'none';
}

function certificateOf(pem: string | undefined, signer: Signer): string | undefined {
  if (pem === undefined) return undefined;
  const certificate = readCertificate(pem, 'the option "certificate"');
  requireMatch(certificate, signer, { keyPath: 'the option "key"', certificatePath: 'the option "certificate"' });
  return certificate.pem;
}

/** A store of the caller's in the place of sf's own. */
function storingWith(store: (login: LoginToStore) => Promise<void>): typeof storeLogin {
  return async (login: Login, names: Names): Promise<AuthFields> => {
    const { username, clientId, loginUrl, key, certificate, token, organization } = login;
    const { accessToken, orgId, userId, instanceUrl, communityUrl, communityId } = token;
    const { name, edition, isDevHub, isSandbox, isScratch, apiVersion } = organization;
    const known = { name, edition, isDevHub, isSandbox, isScratch };
    await store({
      ...{ username, clientId, loginUrl, accessToken, orgId, userId, instanceUrl, certificate },
      ...(communityUrl !== undefined && { communityUrl }),
      ...(communityId !== undefined && { communityId }),
      alias: names.alias,
      setDefault: names.setDefault,
      setDefaultDevHub: names.setDefaultDevHub,
      key: keyOf(key),
      org: { ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)), apiVersion },
    });
    return { username, orgId, instanceUrl, ...(isDevHub !== undefined && { isDevHub }) };
  };
}

function keyOf(key: StoredKey): LoginToStore['key'] {
  if (key === undefined || 'signer' in key) return undefined;
  return 'path' in key ? { file: key.path } : { pem: formatPrivateKey(key.copyOf) };
}

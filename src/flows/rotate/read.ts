import type { Connection } from '@salesforce/core';
import type { AppReading, AppType } from '../../salesforce/app/app.js';
import { certificateIn } from '../../salesforce/app/certificate-swap.js';
import { adapterFor, readApp, typeOfApp, type AppAdapter } from '../../salesforce/app/app-adapter.js';
import {
  certificatePem,
  matches,
  readCertificate,
  requireMatch,
  type Certificate,
} from '../../keys/credential/certificate.js';
import { Failure } from '../../failure.js';
import { chosenCertificate, type CertificateInput } from '../../machine/files/certificate-input.js';
import { certificateFileBeside, type KeyInput } from '../../machine/files/key-input.js';
import { readStoredKey } from '../../machine/files/stored-key.js';
import { aliasesOf, readAliases } from '../../machine/store/aliases.js';
import { isKeyCopy, keyCopyPath } from '../../machine/store/key-copy.js';
import { readKnownApp } from '../../machine/store/known-apps.js';
import type { SignerRecord } from '../../machine/store/signer-record.js';
import { storedSignerInput } from '../../machine/stored-signer.js';
import { isSameOrg, readEntries, type StoredLogin } from '../../machine/store/stored-logins.js';
import type { RotateRequest } from './request.js';

/** The app as it is in the org. */
export type CurrentState = {
  type: AppType;
  adapter: AppAdapter;
  app: AppReading;
  clientId: string;
  orgId: string;
  /** Username of the admin who looks at it */
  admin: string;
};

/** A login on this machine that uses the app, and whose key it has. */
export type LoginOfApp = StoredLogin & { aliases: string[]; isCopy: boolean; holds: 'previous' | 'new' | 'other' };

/**
 * @param recorded the client id that the record of a rotation has, for an org that doesn't give it out
 * @throws Failure `app_missing`, `client_id_needed`, `client_id_differs`, those of reading an app
 */
export async function readCurrentState(
  { name, clientId }: Pick<RotateRequest, 'name' | 'clientId'>,
  connection: Connection,
  recorded?: string,
): Promise<CurrentState> {
  const admin = connection.getUsername() ?? '';
  const type = await typeOfApp(connection.metadata, name);
  const adapter = adapterFor(type ?? 'external-client-app');
  const app = type && (await readApp(connection, adapter, name));
  if (app === undefined) throw new Failure('app_missing', { name, instanceUrl: connection.instanceUrl, admin });
  const actual = app.clientId ?? clientId ?? recorded;
  if (actual === undefined) throw new Failure('client_id_needed', { name: app.name });
  if (clientId !== undefined && clientId !== actual) {
    throw new Failure('client_id_differs', { name: app.name, clientId, actual });
  }
  const orgId = connection.getAuthInfoFields().orgId ?? '';
  return { type: type!, adapter, app, clientId: actual, orgId, admin };
}

/**
 * The key in use: the one that was given, else that of the user's stored login with the app. The login may have a client id
 * that the app had before it was converted to an External Client App; its key is still the app's.
 *
 * @param readKey reads a key's file
 * @throws Failure `key_missing`, what `readKey` throws
 */
export async function findKeyInUse(
  { key, username }: Pick<RotateRequest, 'key' | 'username'>,
  { clientId, orgId, app }: Pick<CurrentState, 'clientId' | 'orgId' | 'app'>,
  readKey: (path: string) => Promise<KeyInput>,
): Promise<KeyInput> {
  if (key !== undefined) return withoutCopysPath(key);
  const own = loginsWithKey().find((login) => login.username === username && isSameOrg(login.orgId, orgId));
  if (own?.signer !== undefined && own.clientId === clientId) return storedSignerInput(own.signer);
  if (own === undefined || own.signer !== undefined || !(own.clientId === clientId || (await hasKeyOfApp(own, app)))) {
    throw new Failure('key_missing', {});
  }
  return withoutCopysPath(await readKey(own.privateKeyFile));
}

/** The stored logins whose key can be found: in a file, or at a signer, and then `privateKeyFile` is empty. */
function loginsWithKey(): Array<StoredLogin & { signer: SignerRecord | undefined }> {
  return readEntries().flatMap((entry) => {
    if (entry.type !== 'jwt') return [];
    const { privateKeyFile, signer, ...login } = entry.login;
    if (privateKeyFile === undefined && signer === undefined) return [];
    const { username, orgId, clientId, loginUrl, isDevHub } = login;
    return [{ username, orgId, clientId, loginUrl, isDevHub, privateKeyFile: privateKeyFile ?? '', signer }];
  });
}

/** Whether the key of a login with another client id is the app's: by its certificate, else as far as is known from here. */
async function hasKeyOfApp({ clientId, privateKeyFile }: StoredLogin, app: AppReading): Promise<boolean> {
  const shown = certificateIn(app);
  if (shown === undefined) return readKnownApp(clientId).name === app.name;
  const stored = await readStoredKey(privateKeyFile);
  return 'signer' in stored && matches(readCertificate(certificatePem(shown), app.name), stored.signer);
}

/** A copy is ours, whichever user's: nothing is written beside it, and it isn't a file that anybody knows. */
function withoutCopysPath(input: KeyInput): KeyInput {
  return input.path !== undefined && isKeyCopy(input.path) ? { ...input, path: undefined } : input;
}

/**
 * The app's certificate, as the org gives it out, else from a file: the one that was named, else the one beside the key.
 *
 * @param readCertificates reads the file
 * @throws Failure `key_not_in_use`, `certificate_in_use_unknown`, `key_certificate_mismatch`, those of `readCertificates`
 */
export async function findCertificateInUse(
  { app, type: appType, admin }: Pick<CurrentState, 'app' | 'type' | 'admin'>,
  { signer, source, path }: Pick<KeyInput, 'signer' | 'source' | 'path'>,
  certificateFile: string | undefined,
  readCertificates: (path: string) => Promise<CertificateInput>,
): Promise<Certificate> {
  const shown = certificateIn(app);
  if (shown !== undefined) {
    const certificate = readCertificate(certificatePem(shown), app.name);
    if (matches(certificate, signer)) return certificate;
    const { fingerprint256 } = certificate;
    throw new Failure('key_not_in_use', { name: app.name, keyFile: path ?? '', fingerprint256, appType, admin });
  }
  const file = certificateFile ?? (path === undefined ? undefined : certificateFileBeside(path));
  if (file === undefined) throw new Failure('certificate_in_use_unknown', { name: app.name, appType, admin });
  const certificate = chosenCertificate(await readCertificates(file), signer);
  requireMatch(certificate, signer, { keyPath: source, certificatePath: file });
  return certificate;
}

/** The key that goes and the one that comes, as far as they are known. */
type KeyChange = {
  previousKeyFile?: string | undefined;
  previousCertificate: string;
  certificate?: string;
};

/** The stored logins of the app in this org, with whose key each has. */
export async function loginsOf(
  { clientId, orgId }: Pick<CurrentState, 'clientId' | 'orgId'>,
  { previousKeyFile, previousCertificate, certificate }: KeyChange,
): Promise<LoginOfApp[]> {
  const previous = readCertificate(previousCertificate, 'previous');
  const next = certificate === undefined ? undefined : readCertificate(certificate, 'new');
  const aliases = readAliases();
  const own = loginsWithKey().filter((login) => login.clientId === clientId && isSameOrg(login.orgId, orgId));
  return Promise.all(
    own.map(async ({ signer, ...login }): Promise<LoginOfApp> => {
      const stored = signer === undefined ? await readStoredKey(login.privateKeyFile) : storedSignerInput(signer);
      const key = 'signer' in stored ? stored.signer : undefined;
      const isPrevious = key === undefined ? login.privateKeyFile === previousKeyFile : matches(previous, key);
      const isNew = key !== undefined && next !== undefined && matches(next, key);
      return {
        ...login,
        aliases: aliasesOf(login.username, aliases),
        isCopy: isCopy(login),
        holds: isPrevious ? 'previous' : isNew ? 'new' : 'other',
      };
    }),
  );
}

function isCopy({ privateKeyFile, orgId, username }: StoredLogin): boolean {
  return privateKeyFile === keyCopyPath(orgId, username);
}

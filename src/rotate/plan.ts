import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import type { AppReading, AppType } from '../app/app.js';
import { certificateIn } from '../app/certificate-swap.js';
import { doorTo, readApp, typeOfApp, type Door } from '../app/door.js';
import { certificatePem, matches, readCertificate, requireMatch, type Certificate } from '../credential/certificate.js';
import { KEY_SIZES, type KeySize } from '../credential/issue.js';
import type { Passphrase } from '../credential/private-key.js';
import type { Subject } from '../credential/subject.js';
import { Failure } from '../failure.js';
import { readInputFile } from '../files/input-file.js';
import { isBaseName } from '../files/base-name.js';
import { planKeyFiles, type KeyFilesPlan } from '../files/key-files.js';
import { certificateFileBeside, type KeyInput } from '../files/key-input.js';
import { readStoredKey } from '../files/stored-key.js';
import { aliasesOf, readAliases } from '../store/aliases.js';
import { isKeyCopy, keyCopyPath } from '../store/key-copy.js';
import { readStoredLogins, type StoredLogin } from '../store/stored-logins.js';

/** What `rotate` is asked for. */
export type RotateRequest = {
  /** API name of the app */
  name: string;
  /** Who proves the new key by logging in. */
  username: string;
  /** The app's client id, for an org that doesn't give it out. */
  clientId: string | undefined;
  /** The key in use, where it was given. */
  key: KeyInput | undefined;
  /** The file of the certificate in use, for an org that doesn't give it out. */
  certificateFile: string | undefined;
  newPair: {
    /** Undefined: beside the key in use, or the current directory. */
    folder: string | undefined;
    /** Bits. Undefined: as the key in use. */
    keySize: KeySize | undefined;
    days: number;
    subject: Omit<Subject, 'commonName'> & { commonName: string | undefined };
    passphrase: Passphrase | undefined;
    serialNumber: Uint8Array;
  };
  /** Days; nothing is done while the certificate in use has more than that. */
  expiresWithin: number | undefined;
  /** Milliseconds for the new key's first login */
  wait: number;
  apiVersion: string;
  dryRun: boolean;
};

/** The app as it stands. */
export type Standing = { type: AppType; door: Door; app: AppReading; clientId: string; orgId: string };

/** A login on this machine that uses the app, and whose key it has. */
export type LoginOfApp = StoredLogin & { aliases: string[]; isCopy: boolean; holds: 'previous' | 'new' | 'other' };

/**
 * @param recorded the client id that the record of a rotation has, for an org that doesn't give it out
 * @throws Failure `app_missing`, `client_id_needed`, `client_id_differs`, those of reading an app
 */
export async function standingOf(
  { name, clientId }: Pick<RotateRequest, 'name' | 'clientId'>,
  connection: Connection,
  recorded?: string,
): Promise<Standing> {
  const type = await typeOfApp(connection.metadata, name);
  const door = doorTo(type ?? 'external-client-app');
  const app = type && (await readApp(connection, door, name));
  if (app === undefined) throw new Failure('app_missing', { name, instanceUrl: connection.instanceUrl });
  const actual = app.clientId ?? clientId ?? recorded;
  if (actual === undefined) throw new Failure('client_id_needed', { name: app.name });
  if (clientId !== undefined && clientId !== actual) {
    throw new Failure('client_id_differs', { name: app.name, clientId, actual });
  }
  return { type: type!, door, app, clientId: actual, orgId: connection.getAuthInfoFields().orgId ?? '' };
}

/**
 * The key in use: the one that was given, else that of the stored login.
 *
 * @param readKey reads a key's file
 * @throws Failure `key_missing`, what `readKey` throws
 */
export async function findKeyInUse(
  { key, username }: Pick<RotateRequest, 'key' | 'username'>,
  { clientId, orgId }: Pick<Standing, 'clientId' | 'orgId'>,
  readKey: (path: string) => Promise<KeyInput>,
): Promise<KeyInput> {
  if (key !== undefined) return withoutCopysPath(key);
  const logins = readStoredLogins();
  const own = logins.find(
    (login) => login.username === username && login.clientId === clientId && isSameOrg(login.orgId, orgId),
  );
  if (own === undefined) throw new Failure('key_missing', {});
  return withoutCopysPath(await readKey(own.privateKeyFile));
}

/** A copy is ours, whichever user's: nothing is written beside it, and it isn't a file that anybody knows. */
function withoutCopysPath(input: KeyInput): KeyInput {
  return input.path !== undefined && isKeyCopy(input.path) ? { ...input, path: undefined } : input;
}

/**
 * The app's certificate, as the org gives it out, else from a file: the one that was named, else the one beside the key.
 *
 * @throws Failure `key_not_in_use`, `certificate_in_use_unknown`, `key_certificate_mismatch`, those of `readCertificate`
 */
export async function findCertificateInUse(
  app: AppReading,
  { key, path }: Pick<KeyInput, 'key' | 'path'>,
  certificateFile: string | undefined,
): Promise<Certificate> {
  const shown = certificateIn(app);
  if (shown !== undefined) {
    const certificate = readCertificate(certificatePem(shown), app.name);
    if (matches(certificate, key)) return certificate;
    const { fingerprint256 } = certificate;
    throw new Failure('key_not_in_use', { name: app.name, keyFile: path ?? '', fingerprint256 });
  }
  const file = certificateFile ?? (path === undefined ? undefined : certificateFileBeside(path));
  if (file === undefined) throw new Failure('certificate_in_use_unknown', { name: app.name });
  const certificate = readCertificate(await readInputFile(file), file);
  requireMatch(certificate, key, { keyPath: path ?? 'SF_JWT_KEY', certificatePath: file });
  return certificate;
}

/** X.520 allows a common name no more characters. */
const LONGEST_COMMON_NAME = 64;

/** Where the new pair goes: beside the key in use, under a name that nothing has yet; the app's, where the key's won't do. */
export function planNewPair(
  { folder, keySize, passphrase: _, subject, ...newPair }: RotateRequest['newPair'],
  inUse: { key: KeyObject; path: string | undefined },
  appName: string,
  now: Date,
): KeyFilesPlan {
  const size = KEY_SIZES.find((each) => each === inUse.key.asymmetricKeyDetails?.modulusLength);
  const at = folder ?? (inUse.path === undefined ? '.' : dirname(inUse.path));
  const own = inUse.path === undefined ? [] : [freeName(at, basename(inUse.path).replace(/\.[^.]+$/, ''), now)];
  const name = own.find(isBaseName) ?? freeName(at, appName, now);
  const commonName = name.length > LONGEST_COMMON_NAME ? appName.slice(0, LONGEST_COMMON_NAME) : name;
  return planKeyFiles({
    ...newPair,
    folder: at,
    name,
    subject: { ...subject, commonName: subject.commonName ?? commonName },
    keySize: keySize ?? size ?? 2048,
    now,
    overwrite: false,
  });
}

/** `server` → `server-20261122`, and `server-20261122-2` if that is there; the date of an earlier rotation gives way. */
function freeName(folder: string, base: string, now: Date): string {
  const stem = `${base.replace(/-\d{8}(-\d+)?$/, '')}-${now.toISOString().slice(0, 10).replaceAll('-', '')}`;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    if (!['key', 'crt', 'csr'].some((extension) => existsSync(join(folder, `${name}.${extension}`)))) return name;
  }
}

/** The key that goes and the one that comes, as far as they are known. */
type KeyChange = {
  previousKeyFile?: string | undefined;
  previousCertificate: string;
  certificate?: string;
};

/** The stored logins of the app in this org, with whose key each has. */
export async function loginsOf(
  { clientId, orgId }: Pick<Standing, 'clientId' | 'orgId'>,
  { previousKeyFile, previousCertificate, certificate }: KeyChange,
): Promise<LoginOfApp[]> {
  const previous = readCertificate(previousCertificate, 'previous');
  const next = certificate === undefined ? undefined : readCertificate(certificate, 'new');
  const aliases = readAliases();
  const own = readStoredLogins().filter((login) => login.clientId === clientId && isSameOrg(login.orgId, orgId));
  return Promise.all(
    own.map(async (login): Promise<LoginOfApp> => {
      const stored = await readStoredKey(login.privateKeyFile);
      const key = 'key' in stored ? stored.key : undefined;
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

/** Ids have 15 or 18 characters; the last three only repeat the case of the others. */
function isSameOrg(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

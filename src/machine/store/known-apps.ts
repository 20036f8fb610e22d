import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { matches, readCertificate, type Certificate } from '../../keys/credential/certificate.js';
import type { Signer } from '../../keys/signer/signer.js';
import { isFailure } from '../../failure.js';
import type { NewFile } from '../files/replace-together.js';
import { changeTogether, readState, stateFile } from './state-files.js';

/**
 * What this machine has learnt of an app and would need again: its name, who sets it up, and its certificates, of which
 * none is secret. One file for each client id, in sf's state folder, since an entry of the auth store has no place for it.
 */
export type KnownApp = {
  /** API name; undefined if only logins were made here. */
  name: string | undefined;
  /** Username of the admin who set it up from here. */
  admin: string | undefined;
  /** PEM, the latest first: copies of an app in other orgs keep an older one. */
  certificates: string[];
  /** Usernames of those to whom `connect` has assigned its permission set from here; undefined where that isn't known. */
  assigned?: string[] | undefined;
  /** The last rotation from here: where the new key is, and when it was proven (ISO 8601). */
  rotated?: { keyFile: string; at: string } | undefined;
};

/** How many certificates are kept of an app. */
const KEPT = 8;

/** Where an app is known from: absolute path. A client id has no characters that a file's name can't have; another value may. */
export const knownAppPath = (clientId: string): string =>
  join(Global.SF_DIR, 'jwt-apps', `${encodeURIComponent(clientId).slice(0, 200)}.json`);

/** What is known of an app; nothing where the file isn't there or can't be read, which is no loss that stops anything. */
export function readKnownApp(clientId: string): KnownApp {
  try {
    const { name, admin, certificates, assigned, rotated } = readState(knownAppPath(clientId));
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    const texts = (value: unknown): string[] =>
      Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
    const whom = assigned === undefined ? {} : { assigned: texts(assigned) };
    const last = rotationIn(rotated);
    const when = last === undefined ? {} : { rotated: last };
    return { name: text(name), admin: text(admin), certificates: texts(certificates), ...whom, ...when };
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return { name: undefined, admin: undefined, certificates: [] };
    throw error;
  }
}

function rotationIn(value: unknown): KnownApp['rotated'] {
  const { keyFile, at } = (value ?? {}) as { keyFile?: unknown; at?: unknown };
  return typeof keyFile === 'string' && typeof at === 'string' ? { keyFile, at } : undefined;
}

/** The file with what was learnt now laid over what was known. To be written under the lock of its path. */
export function knownAppFile(clientId: string, learnt: Partial<KnownApp>): NewFile {
  const known = readKnownApp(clientId);
  const app: KnownApp = {
    name: learnt.name ?? known.name,
    admin: learnt.admin ?? known.admin,
    certificates: [...new Set([...(learnt.certificates ?? []), ...known.certificates])].slice(0, KEPT),
  };
  const assigned = [...(known.assigned ?? []), ...(learnt.assigned ?? [])];
  if ((learnt.assigned ?? known.assigned) !== undefined) app.assigned = [...new Set(assigned)];
  const rotated = learnt.rotated ?? known.rotated;
  if (rotated !== undefined) app.rotated = rotated;
  return stateFile(knownAppPath(clientId), JSON.stringify(app, null, 2));
}

/**
 * Keeps what was learnt of an app.
 *
 * @throws Failure `store_locked`, `store_unwritable`
 */
export async function rememberApp(clientId: string, learnt: Partial<KnownApp>): Promise<void> {
  await changeTogether([knownAppPath(clientId)], () => ({ files: [knownAppFile(clientId, learnt)], obsolete: [] }));
}

/**
 * Keeps nothing of an app any more.
 *
 * @throws Failure `store_locked`, `store_unwritable`
 */
export async function forgetApp(clientId: string): Promise<void> {
  await changeTogether([knownAppPath(clientId)], () => ({ files: [], obsolete: [knownAppPath(clientId)] }));
}

/**
 * The app that a certificate is known of.
 *
 * @returns undefined where no app has one for which `isIts` holds
 */
export function findKnownApp(
  isIts: (certificate: Certificate) => boolean,
): (KnownApp & { clientId: string }) | undefined {
  const clientId = knownClientIds().find((each) => certificatesOf(each).some(isIts));
  return clientId === undefined ? undefined : { clientId, ...readKnownApp(clientId) };
}

/**
 * The client ids of the apps that are known. A file of another name than {@link knownAppPath} gives is none of ours, such as what is left
 * of one that a killed run was writing, whose name begins with a dot.
 */
export function knownClientIds(): string[] {
  try {
    const names = readdirSync(join(Global.SF_DIR, 'jwt-apps')).sort();
    return names
      .flatMap((name) => /^((?:[^%.]|%[\dA-F]{2})(?:[^%]|%[\dA-F]{2})*)\.json$/.exec(name)?.[1] ?? [])
      .map(decodeURIComponent);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The client ids of the apps that are known by an API name. Several: in several orgs. */
export function clientIdsNamed(name: string): string[] {
  return knownClientIds().filter((each) => readKnownApp(each).name?.toLowerCase() === name.toLowerCase());
}

/** The latest certificate of an app that belongs to a key, and the file that has it. */
export function knownCertificate(
  clientId: string,
  key: Pick<Signer, 'publicKey'>,
): { path: string; certificate: Certificate } | undefined {
  const certificate = certificatesOf(clientId).find((each) => matches(each, key));
  return certificate && { path: knownAppPath(clientId), certificate };
}

/** Those that can be read. */
function certificatesOf(clientId: string): Certificate[] {
  return readKnownApp(clientId).certificates.flatMap((pem) => {
    try {
      return [readCertificate(pem, knownAppPath(clientId))];
    } catch (error) {
      if (!isFailure(error)) throw error;
      return [];
    }
  });
}

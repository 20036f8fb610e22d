import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { Global, type AuthFields } from '@salesforce/core';
import { Failure } from '../../failure.js';
import type { Signer } from '../../keys/signer/signer.js';
import type { NewFile } from '../files/replace-together.js';
import { reasonOf } from '../files/write-failure.js';
import type { Organization } from '../../salesforce/org/organization.js';
import type { Token } from '../../salesforce/token/endpoint.js';
import { aliasesOf, aliasesPath, aliasesWith, readAliases } from './aliases.js';
import { findDefaultsFiles, withDefaults, type DefaultsFiles } from './defaults.js';
import { keyCopy, keyCopyPath } from './key-copy.js';
import { keyChainFault } from './key-chain.js';
import { knownAppFile, knownAppPath } from './known-apps.js';
import { sealTokens } from './sealed-token.js';
import { signerRecordFile, signerRecordPath } from './signer-record.js';
import { isUsedByOthers } from './stored-logins.js';
import { changeTogether, checkStateFile, readState, stateFile, type Json } from './state-files.js';

/** Where sf finds the key when it refreshes the login: at the path of a file, in a copy of ours, or nowhere, but we may. */
export type StoredKey = { path: string } | { copyOf: KeyObject } | { signer: Signer } | undefined;

/** A proven login. */
export type Login = {
  username: string;
  clientId: string;
  loginUrl: string;
  key: StoredKey;
  /** PEM of the key's certificate, where it's known and doesn't lie beside the key. */
  certificate?: string | undefined;
  token: Token;
  organization: Organization;
};

/** Names under which sf finds the org afterwards. */
export type Names = { alias?: string | undefined; setDefault: boolean; setDefaultDevHub: boolean };

/** What an entry that was made by another kind of login may hold, and what makes sf refresh it in that other way. */
const OTHER_CREDENTIALS = ['refreshToken', 'clientSecret', 'password', 'authCode', 'clientApps', 'privateKey'];

/** What an entry knows about one org and what is wrong as soon as the username stands for another. */
const OF_ANOTHER_ORG = [
  'devHubUsername',
  'expirationDate',
  'created',
  'createdOrgInstance',
  'snapshot',
  'tracksSource',
];

/** The words with which sf itself stands in for a secret. */
const REDACTED = "[REDACTED] Use 'sf org auth show-access-token' to view";

/** The files of sf that a login changes. */
type Places = { entry: string; aliases: string; defaults: DefaultsFiles | undefined };

/**
 * Finds out, before anything is asked of an org, whether a login could be stored.
 *
 * @throws Failure `store_damaged`, `store_mode_refused`, `store_unwritable`
 */
export async function checkStore(username: string, names: Names): Promise<void> {
  const fault = keyChainFault();
  if (fault !== undefined) throw fault;
  const { entry, aliases, defaults } = await findPlaces(username, names);
  if (names.alias !== undefined || defaults !== undefined) readState(aliases);
  const configurations =
    defaults === undefined ? [] : [defaults.path, ...(defaults.sfdxPath === undefined ? [] : [defaults.sfdxPath])];
  for (const path of configurations) readState(path);
  for (const path of [entry, aliases, ...configurations]) checkStateFile(path);
  for (const path of [entry, ...configurations]) checkFolder(path);
}

/**
 * Stores a login in sf's auth store with the fields that `sf org login jwt` leaves: the copy of the key, the entry, the
 * alias and the defaults, all or none; see `state-files.ts`. An entry of the same username is replaced; what it knows
 * about the org itself stays if the org is still the same.
 *
 * @returns the entry's fields, secrets redacted as sf redacts them
 * @throws Failure `store_damaged`, `store_locked`, `store_unwritable`; `store_unfinished` where all is stored and an
 *   earlier copy of the key couldn't be removed
 */
export async function storeLogin(login: Login, names: Names, now: Date): Promise<AuthFields> {
  const [fields] = await storeLogins([{ login, names }], now);
  return fields!;
}

/** A login and the names that it gets. */
export type NamedLogin = { login: Login; names: Names };

/**
 * As {@link storeLogin} for several at once, all or none, with one change of the aliases.
 *
 * @param logins of different users; at most one of them sets defaults
 * @throws Failure those of `storeLogin`
 */
export async function storeLogins(logins: readonly NamedLogin[], now: Date): Promise<AuthFields[]> {
  const tokens = await sealTokens(logins.map(({ login }) => login.token.accessToken));
  const parts = await Promise.all(
    logins.map(async ({ login, names }, index) => {
      const { key, token, username } = login;
      const copyPath = keyCopyPath(token.orgId, username);
      return {
        login,
        names,
        places: await findPlaces(username, names),
        sealed: { ...fieldsOf(login, copyPath, now), accessToken: tokens[index] },
        copyPath,
        copy: key !== undefined && 'copyOf' in key ? [keyCopy(key.copyOf, copyPath)] : [],
      };
    }),
  );
  let stored: Json[] = [];
  await changeTogether(locksOf(parts), () => {
    stored = parts.map(({ places, login, sealed }) => ({ ...remaining(places.entry, login.token.orgId), ...sealed }));
    return {
      files: [
        ...parts.flatMap(({ copy }) => copy),
        ...certificateFiles(parts),
        ...signerFiles(parts, now),
        ...parts.map(({ places }, index) => stateFile(places.entry, JSON.stringify(stored[index], null, 2))),
        ...namesFiles(parts),
      ],
      // A copy for an earlier login of this user, unless a scratch org that was made through it refreshes with it.
      obsolete: parts.flatMap(({ copy, copyPath, login: { username, key } }) => [
        ...(copy.length > 0 || (existsSync(copyPath) && isUsedByOthers(copyPath, username)) ? [] : [copyPath]),
        ...(isOfSigner(key) ? [] : [signerRecordPath(username)]),
      ]),
    };
  });
  return stored.map((fields, index) => redacted(fields, parts[index]!.names.alias));
}

type Part = { login: Login; names: Names; places: Places };

/** Entries first and by name, so that no two processes wait for each other, whatever logins they store together. */
function locksOf(parts: readonly Part[]): string[] {
  const aliases = parts.flatMap(({ names, places }) => (names.alias === undefined ? [] : [places.aliases]));
  const defaults = parts.flatMap(({ places }) => (places.defaults === undefined ? [] : [places.defaults.path]));
  const apps = parts.flatMap(({ login }) => (login.certificate === undefined ? [] : [knownAppPath(login.clientId)]));
  return [...new Set([...parts.map(({ places }) => places.entry).sort(), ...aliases, ...defaults, ...apps.sort()])];
}

/** One file for each app: logins through the same app may have several certificates. */
function certificateFiles(parts: readonly Part[]): NewFile[] {
  const known = parts.filter(({ login }) => login.certificate !== undefined);
  return [...Map.groupBy(known, ({ login }) => login.clientId)].map(([clientId, logins]) =>
    knownAppFile(clientId, { certificates: logins.map(({ login }) => login.certificate!) }),
  );
}

function signerFiles(parts: readonly Part[], now: Date): NewFile[] {
  return parts.flatMap(({ login: { username, clientId, key, token } }) => {
    const of = { clientId, orgId: token.orgId, loggedInAt: now.toISOString() };
    return isOfSigner(key) ? [signerRecordFile(username, key.signer, of)] : [];
  });
}

function isOfSigner(key: StoredKey): key is { signer: Signer } {
  return key !== undefined && 'signer' in key;
}

/** The files of aliases and defaults with the new names in them. */
function namesFiles(parts: readonly Part[]): NewFile[] {
  const named = parts.filter(({ names, places }) => names.alias !== undefined || places.defaults !== undefined);
  const [first] = named;
  if (first === undefined) return [];
  const { aliases } = first.places;
  const known = readAliases(aliases);
  const added = Object.fromEntries(
    named.flatMap(({ login, names }) => (names.alias === undefined ? [] : [[names.alias, login.username]])),
  );
  const defaults = named.flatMap(({ login: { username }, names, places }) => {
    if (places.defaults === undefined) return [];
    const [aliasOf] = aliasesOf(username, known);
    return withDefaults(places.defaults, names.alias ?? aliasOf ?? username, names);
  });
  return [...(Object.keys(added).length === 0 ? [] : [aliasesWith(aliases, { ...known, ...added })]), ...defaults];
}

async function findPlaces(username: string, { setDefault, setDefaultDevHub }: Names): Promise<Places> {
  return {
    entry: join(Global.DIR, `${username}.json`),
    aliases: aliasesPath(),
    defaults: setDefault || setDefaultDevHub ? await findDefaultsFiles() : undefined,
  };
}

/** Whether a file could be written into its folder, or the folder made. */
function checkFolder(path: string): void {
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Failure('store_unwritable', { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** What of an older entry holds for the new login. One that can't be read can't be used either, and is replaced. */
function remaining(path: string, orgId: string): Json {
  let before: Json;
  try {
    before = readState(path);
  } catch {
    return {};
  }
  const stale = before['orgId'] === orgId ? OTHER_CREDENTIALS : [...OTHER_CREDENTIALS, ...OF_ANOTHER_ORG];
  return Object.fromEntries(Object.entries(before).filter(([field]) => !stale.includes(field)));
}

function fieldsOf(
  { username, clientId, loginUrl, key, token, organization }: Login,
  copyPath: string,
  now: Date,
): AuthFields {
  const copied = key !== undefined && 'copyOf' in key ? copyPath : undefined;
  const privateKey = key !== undefined && 'path' in key ? key.path : copied;
  return {
    accessToken: token.accessToken,
    orgId: token.orgId,
    loginUrl,
    instanceUrl: token.instanceUrl,
    ...(privateKey === undefined ? {} : { privateKey }),
    clientId,
    username,
    ...organizationFields(organization),
    instanceApiVersion: organization.apiVersion,
    // the form in which core itself writes and reads it
    instanceApiVersionLastRetrieved: now.toLocaleString(),
  };
}

/** Fields of which nothing is known are left out: an entry that has them from another login of the same org keeps them. */
function organizationFields(organization: Organization): AuthFields {
  const { isDevHub, name, instanceName, namespacePrefix, isSandbox, isScratch, trialExpirationDate, edition } =
    organization;
  const fields = {
    ...{ isDevHub, name, instanceName, namespacePrefix, isSandbox, isScratch },
    ...{ trailExpirationDate: trialExpirationDate, orgEdition: edition },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** As `org login jwt` shows an entry: no secret, and where to get the access token. */
function redacted(stored: Json, alias: string | undefined): AuthFields {
  return { ...stored, accessToken: REDACTED, ...(alias === undefined ? {} : { alias }) };
}

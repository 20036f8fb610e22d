import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { ConfigFile, Global, type AuthFields } from '@salesforce/core';
import { Failure } from '../failure.js';
import type { NewFile } from '../files/replace-together.js';
import { reasonOf } from '../files/write-failure.js';
import type { Organization } from '../org/organization.js';
import type { Token } from '../token/endpoint.js';
import { aliasesOf, aliasesPath, aliasesWith, readAliases } from './aliases.js';
import { findDefaultsFiles, withDefaults, type DefaultsFiles } from './defaults.js';
import { keyCopy, keyCopyPath } from './key-copy.js';
import { isUsedByOthers } from './stored-logins.js';
import { changeTogether, readState, stateFile, whileLocked, type Json } from './state-files.js';

/** Where sf finds the key when it refreshes the login: at the path of a file, in a copy of ours, or nowhere. */
export type StoredKey = { path: string } | { copyOf: KeyObject } | undefined;

/** A proven login. */
export type Login = {
  username: string;
  clientId: string;
  loginUrl: string;
  key: StoredKey;
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

/** A configuration file of core's whose secrets core encrypts as it does in entries, with the key of its key chain. */
class Sealed extends ConfigFile {
  protected static override readonly encryptedKeys = [/token/i];
}

/**
 * Finds out, before anything is asked of an org, whether a login could be stored.
 *
 * @throws Failure `store_damaged`, `store_unwritable`
 */
export async function checkStore(username: string, names: Names): Promise<void> {
  const { entry, aliases, defaults } = await findPlaces(username, names);
  if (names.alias !== undefined || defaults !== undefined) readState(aliases);
  const configurations =
    defaults === undefined ? [] : [defaults.path, ...(defaults.sfdxPath === undefined ? [] : [defaults.sfdxPath])];
  for (const path of configurations) readState(path);
  for (const path of [entry, ...configurations]) checkFolder(path);
}

/**
 * Stores a login in sf's auth store with the fields that `sf org login jwt` leaves: the copy of the key, the entry, the
 * alias and the defaults, all or none; see `state-files.ts`. An entry of the same username is replaced; what it knows
 * about the org itself stays if the org is still the same.
 *
 * What core alone can write is its key chain. In a HOME without one, the first login makes it, and a kill within that
 * one write may leave it damaged; it's outside of what is said above.
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
        ...parts.map(({ places }, index) => stateFile(places.entry, JSON.stringify(stored[index], null, 2))),
        ...namesFiles(parts),
      ],
      // A copy for an earlier login of this user, unless a scratch org that was made through it refreshes with it.
      obsolete: parts.flatMap(({ copy, copyPath, login: { username } }) =>
        copy.length > 0 || (existsSync(copyPath) && isUsedByOthers(copyPath, username)) ? [] : [copyPath],
      ),
    };
  });
  return stored.map((fields, index) => redacted(fields, parts[index]!.names.alias));
}

type Part = { login: Login; names: Names; places: Places };

/** Entries first and by name, so that no two processes wait for each other, whatever logins they store together. */
function locksOf(parts: readonly Part[]): string[] {
  const aliases = parts.flatMap(({ names, places }) => (names.alias === undefined ? [] : [places.aliases]));
  const defaults = parts.flatMap(({ places }) => (places.defaults === undefined ? [] : [places.defaults.path]));
  return [...new Set([...parts.map(({ places }) => places.entry).sort(), ...aliases, ...defaults])];
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

/** Two first logins at once would each make a key chain, and one of them couldn't read its token again. */
async function sealTokens(accessTokens: readonly string[]): Promise<string[]> {
  return whileLocked(join(Global.DIR, 'key.json'), async () => {
    // It's never written; the name is only there because core asks for one.
    const file = await Sealed.create({ isGlobal: true, filename: 'jwt-sealed.json' });
    return accessTokens.map((accessToken) => {
      file.set('accessToken', accessToken);
      return file.getContents()['accessToken'] as string;
    });
  });
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
  const privateKey = key !== undefined && 'path' in key ? key.path : key && copyPath;
  return {
    accessToken: token.accessToken,
    orgId: token.orgId,
    loginUrl,
    instanceUrl: token.instanceUrl,
    ...(privateKey === undefined ? {} : { privateKey }),
    clientId,
    isDevHub: organization.isDevHub,
    username,
    name: organization.name,
    instanceName: organization.instanceName,
    namespacePrefix: organization.namespacePrefix,
    isSandbox: organization.isSandbox,
    isScratch: organization.isScratch,
    trailExpirationDate: organization.trialExpirationDate,
    orgEdition: organization.edition,
    instanceApiVersion: organization.apiVersion,
    // the form in which core itself writes and reads it
    instanceApiVersionLastRetrieved: now.toLocaleString(),
  };
}

/** As `org login jwt` shows an entry: no secret, and where to get the access token. */
function redacted(stored: Json, alias: string | undefined): AuthFields {
  return { ...stored, accessToken: REDACTED, ...(alias === undefined ? {} : { alias }) };
}

import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { ConfigFile, Global, type AuthFields } from '@salesforce/core';
import { Failure } from '../failure.js';
import { reasonOf } from '../files/write-failure.js';
import type { Organization } from '../org/organization.js';
import type { Token } from '../token/endpoint.js';
import { aliasesOf, aliasesPath, aliasesWith, readAliases } from './aliases.js';
import { findDefaultsFiles, withDefaults, type DefaultsFiles } from './defaults.js';
import { keyCopy, keyCopyPath } from './key-copy.js';
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
 * @throws Failure `store_damaged`, `store_locked`, `store_unwritable`
 */
export async function storeLogin(login: Login, names: Names, now: Date): Promise<AuthFields> {
  const { username, token, key } = login;
  const { entry, aliases, defaults } = await findPlaces(username, names);
  const copyPath = keyCopyPath(token.orgId, username);
  const copy = key !== undefined && 'copyOf' in key ? [keyCopy(key.copyOf, copyPath)] : [];
  const sealed = { ...fieldsOf(login, copyPath, now), accessToken: await sealToken(token.accessToken) };
  const locks = [
    entry,
    ...(names.alias === undefined ? [] : [aliases]),
    ...(defaults === undefined ? [] : [defaults.path]),
  ];
  let stored: Json = {};
  await changeTogether(locks, () => {
    stored = { ...remaining(entry, token.orgId), ...sealed };
    const known = names.alias === undefined && defaults === undefined ? {} : readAliases(aliases);
    const [aliasOf] = aliasesOf(username, known);
    return {
      files: [
        ...copy,
        stateFile(entry, JSON.stringify(stored, null, 2)),
        ...(names.alias === undefined ? [] : [aliasesWith(aliases, { ...known, [names.alias]: username })]),
        ...(defaults === undefined ? [] : withDefaults(defaults, names.alias ?? aliasOf ?? username, names)),
      ],
      // A copy for an earlier login of this user: nothing leads to it now.
      obsolete: copy.length > 0 ? [] : [copyPath],
    };
  });
  return redacted(stored, names.alias);
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
async function sealToken(accessToken: string): Promise<string> {
  return whileLocked(join(Global.DIR, 'key.json'), async () => {
    // It's never written; the name is only there because core asks for one.
    const file = await Sealed.create({ isGlobal: true, filename: 'jwt-sealed.json' });
    file.set('accessToken', accessToken);
    return file.getContents()['accessToken'] as string;
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

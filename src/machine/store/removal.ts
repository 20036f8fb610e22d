import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { isFailure } from '../../failure.js';
import { interruptedFiles, type NewFile } from '../files/replace-together.js';
import { aliasesOf, aliasesPath, aliasesWith, readAliases } from './aliases.js';
import { findAllDefaultsFiles, variablesNaming, withoutVariables, type DefaultsFiles } from './defaults.js';
import { allKeyCopies, isKeyCopy } from './key-copy.js';
import { signerRecordPath } from './signer-record.js';
import { changeTogether, readState, stateFile } from './state-files.js';
import { isUsedByOthers, readEntries, readEntry } from './stored-logins.js';

/** What sf's state knows of a login besides its entry. */
export type Traces = {
  aliases: string[];
  /** Configuration variables that name it, such as `target-org` */
  defaults: string[];
  /** Absolute paths of our copies of its key */
  keyCopies: string[];
  /** Absolute paths of lists of an org's users in which it has a place */
  lists: string[];
  /** Absolute paths of second copies of core's files that name it, of a run that was killed */
  interrupted: string[];
};

/** A login that is to go: its user, and the name by which somebody asked for it; undefined where nobody did. */
export type Leaving = { username: string; name: string | undefined };

/** Files of core with the usernames of an org, made when `sf org create user` adds one. */
const USER_LIST = /^00D\w{12}(\w{3})?\.json$/;

/**
 * What would go along with the entry.
 *
 * @throws Failure `store_damaged` for a file that couldn't be changed then
 */
export async function findTraces(leaving: Leaving): Promise<Traces> {
  return tracesOf(leaving, await findAllDefaultsFiles(), allLists());
}

/** Users who have a copy of a key, but no entry: what an interrupted removal left. */
export function usersWithoutEntry(): string[] {
  const stored = new Set(readEntries().map(({ username }) => username));
  const owners = allKeyCopies().filter(({ path }) => !isUsedByOthers(path, undefined));
  return [...new Set(owners.map(({ username }) => username))].filter((username) => !stored.has(username)).sort();
}

/**
 * Removes a login from sf's state: the copy of its key, its entry, its place in lists of users, the defaults and the
 * aliases that name it. It's all under core's locks, each file whole at any moment. By which name a run was started goes
 * last, so that the same run finishes what a killed one began: the aliases where somebody named the login, else the
 * entry, by which it's found again.
 *
 * A key file of the user's own stays, and so does a copy that another login uses.
 *
 * @throws Failure `store_damaged`, `store_locked`, `store_unwritable`, `store_unfinished`
 */
export async function removeLogin(leaving: Leaving): Promise<Traces> {
  const { username, name } = leaving;
  const configurations = await concernedConfigurations(leaving);
  const aliases = aliasesPath();
  const entry = readEntry(username) === undefined ? undefined : join(Global.DIR, `${username}.json`);
  const concerned = allLists().filter((path) => usersIn(path).includes(username) || interruptedFiles(path).length > 0);
  let traces: Traces = { aliases: [], defaults: [], keyCopies: [], lists: [], interrupted: [] };
  const locks = [
    ...(entry === undefined ? [] : [entry]),
    ...(existsSync(aliases) ? [aliases] : []),
    ...configurations.map(({ path }) => path),
    ...concerned,
  ];
  await changeTogether(locks, () => {
    traces = tracesOf(leaving, configurations, concerned);
    const record = signerRecordPath(username);
    const secrets = [...traces.keyCopies, record, ...(entry === undefined ? [] : [...interruptedFiles(entry), entry])];
    // Locked, so whatever lies beside these files is of a run that was killed.
    const left = sharedFiles(configurations, concerned).flatMap((path) => interruptedFiles(path));
    const listing = traces.lists;
    const empty = listing.filter((path) => usersIn(path).every((user) => user === username));
    const files = [
      ...listing.filter((path) => !empty.includes(path)).map((path) => listWithout(path, username)),
      ...configurations.flatMap((files) => withoutVariables(files, variablesNaming(files, namesOf(leaving, traces)))),
      ...withoutAliases(aliases, traces.aliases),
    ];
    return name === undefined
      ? { removed: left, files, obsolete: [...empty, ...secrets] }
      : { removed: [...left, ...secrets, ...empty], files, obsolete: [] };
  });
  return traces;
}

/** The configurations that are to change. Any other isn't locked: it may lie in a folder that can't be written. */
async function concernedConfigurations(leaving: Leaving): Promise<DefaultsFiles[]> {
  const names = namesOf(leaving, { aliases: aliasesOf(leaving.username, readAliases()) });
  const all = await findAllDefaultsFiles();
  return all.filter(
    (files) =>
      variablesNaming(files, names).length > 0 || pathsOf(files).some((path) => interruptedFiles(path).length > 0),
  );
}

function tracesOf(leaving: Leaving, configurations: DefaultsFiles[], lists: string[]): Traces {
  const { username } = leaving;
  const aliases = aliasesOf(username, readAliases());
  const names = namesOf(leaving, { aliases });
  const defaults = configurations.flatMap((files) => variablesNaming(files, names));
  return {
    aliases,
    defaults: [...new Set(defaults)],
    keyCopies: keyCopiesOf(username),
    lists: lists.filter((path) => usersIn(path).includes(username)),
    interrupted: interruptedWith(names, sharedFiles(configurations, lists)),
  };
}

/** The files in which a login has a place among others. */
function sharedFiles(configurations: DefaultsFiles[], lists: string[]): string[] {
  return [aliasesPath(), ...configurations.flatMap(pathsOf), ...lists];
}

function pathsOf({ path, sfdxPath }: DefaultsFiles): string[] {
  return sfdxPath === undefined ? [path] : [path, sfdxPath];
}

/** What a killed run left beside these files and has one of the names in it. */
function interruptedWith(names: string[], paths: string[]): string[] {
  return paths
    .flatMap((path) => interruptedFiles(path))
    .filter((path) => {
      // Nothing is locked yet: another process may be about to rename it.
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      return names.some((name) => text.includes(JSON.stringify(name)));
    });
}

function namesOf({ username, name }: Leaving, { aliases }: Pick<Traces, 'aliases'>): string[] {
  return [username, ...aliases, ...(name === undefined ? [] : [name])];
}

/** A scratch org that was made through this login refreshes with the same copy, under another user's name. */
function keyCopiesOf(username: string): string[] {
  const entry = readEntry(username);
  const used = entry?.type === 'jwt' ? entry.login.privateKeyFile : undefined;
  const own = allKeyCopies().filter((copy) => copy.username === username);
  const paths = own.map(({ path }) => path);
  const all = used !== undefined && isKeyCopy(used) && existsSync(used) ? [...paths, used] : paths;
  return [...new Set(all)].filter((path) => !isUsedByOthers(path, username));
}

function withoutAliases(path: string, gone: string[]): NewFile[] {
  if (gone.length === 0) return [];
  const staying = Object.entries(readAliases(path)).filter(([alias]) => !gone.includes(alias));
  return [aliasesWith(path, Object.fromEntries(staying))];
}

function allLists(): string[] {
  if (!existsSync(Global.DIR)) return [];
  return readdirSync(Global.DIR)
    .filter((name) => USER_LIST.test(name))
    .map((name) => join(Global.DIR, name));
}

/** A list that can't be read isn't in anybody's way, and none of this run's business. */
function usersIn(path: string): unknown[] {
  try {
    const { usernames } = readState(path);
    return Array.isArray(usernames) ? usernames : [];
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return [];
    throw error;
  }
}

function listWithout(path: string, username: string): NewFile {
  const usernames = usersIn(path).filter((user) => user !== username);
  return stateFile(path, JSON.stringify({ ...readState(path), usernames }, null, 2));
}

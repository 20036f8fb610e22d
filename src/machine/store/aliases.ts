import { join } from 'node:path';
import { Global } from '@salesforce/core';
import type { NewFile } from '../files/replace-together.js';
import { readState, stateFile, type Json } from './state-files.js';

/** Where core keeps the aliases: a name for each, in the group `orgs`. */
export function aliasesPath(): string {
  return join(Global.DIR, 'alias.json');
}

/**
 * The username behind each alias.
 *
 * @throws Failure `store_damaged`
 */
export function readAliases(path = aliasesPath()): Json {
  const { orgs } = readState(path);
  return typeof orgs === 'object' && orgs !== null ? (orgs as Json) : {};
}

/** The aliases of a user. */
export function aliasesOf(username: string, aliases: Json): string[] {
  return Object.keys(aliases).filter((alias) => aliases[alias] === username);
}

/** The file with other aliases in it; what else it holds stays. */
export function aliasesWith(path: string, orgs: Json): NewFile {
  return stateFile(path, JSON.stringify({ ...readState(path), orgs }));
}

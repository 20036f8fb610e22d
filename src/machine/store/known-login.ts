import { readFileSync } from 'node:fs';
import { isFailure } from '../../failure.js';
import { aliasesOf, readAliases } from './aliases.js';
import type { StoredKey } from './auth-store.js';
import { keyCopy, keyCopyPath } from './key-copy.js';
import { readEntry, type JwtLogin } from './stored-logins.js';

/** A stored login, with all names that lead to it. */
export type KnownLogin = JwtLogin & { aliases: string[] };

/** The stored login of a user; undefined where there is none, or none that can be read. */
export function readKnownLogin(username: string): KnownLogin | undefined {
  try {
    const entry = readEntry(username);
    return entry?.type === 'jwt' ? { ...entry.login, aliases: aliasesOf(username, readAliases()) } : undefined;
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return undefined;
    throw error;
  }
}

/** Whether a stored login is refreshed with this key, and finds it where it looks. */
export function isRefreshedWith({ orgId, username, privateKeyFile, signer }: KnownLogin, key: StoredKey): boolean {
  if (key === undefined) return privateKeyFile === undefined && signer === undefined;
  if ('path' in key) return privateKeyFile === key.path;
  if ('signer' in key) return signer?.uri === key.signer.uri;
  const copy = keyCopy(key.copyOf, keyCopyPath(orgId, username));
  return privateKeyFile === copy.path && isContent(copy.path, copy.data.toString());
}

function isContent(path: string, content: string): boolean {
  try {
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}

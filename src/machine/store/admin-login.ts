import { aliasesOf, readAliases } from './aliases.js';
import { isSameOrg, readEntries, type Entry } from './stored-logins.js';

/** The org that an admin is looked for in: by the URL of its logins, or its id where that is known. */
export type SoughtOrg = { loginUrl: URL; orgId?: string | undefined };

/**
 * The stored login of somebody who may be an admin of an org: the configured target org if it's that org, else one that
 * was stored by another kind of login than JWT, as people log in, else another JWT login.
 *
 * @param username whose login is in question, and who is no admin for it
 * @param targetOrg username or alias of the configured target org
 * @returns an alias, or the username where there is none; undefined: no login of that org is known
 */
export function adminLogin(
  { loginUrl, orgId }: SoughtOrg,
  username: string,
  targetOrg: string | undefined,
): string | undefined {
  const entries = ifReadable(readEntries) ?? [];
  const aliases = ifReadable(readAliases) ?? {};
  const others = entries.filter((entry) => entry.username !== username);
  const own = entries.find((entry) => entry.username === username);
  const atHost = others.filter((entry) => URL.parse(siteOf(entry).instanceUrl)?.host === loginUrl.host);
  // A login host tells no org, but the user's login may be stored already.
  const id = orgId ?? (atHost.length > 0 || own === undefined ? '' : siteOf(own).orgId);
  const ofOrg = id === '' ? atHost : others.filter((entry) => isSameOrg(siteOf(entry).orgId, id));
  const target = typeof aliases[targetOrg ?? ''] === 'string' ? aliases[targetOrg ?? ''] : targetOrg;
  const found =
    ofOrg.find((entry) => entry.username === target) ?? ofOrg.find(({ type }) => type === 'other') ?? ofOrg[0];
  if (found === undefined) return undefined;
  return aliasesOf(found.username, aliases)[0] ?? found.username;
}

/**
 * How commands name a stored login: by its first alias, else by its username.
 *
 * @returns undefined where nothing is stored under the name
 */
export function storedName(aliasOrUsername: string): string | undefined {
  const aliases = ifReadable(readAliases) ?? {};
  const username = aliases[aliasOrUsername] ?? aliasOrUsername;
  if (!(ifReadable(readEntries) ?? []).some((entry) => entry.username === username)) return undefined;
  return username === aliasOrUsername ? (aliasesOf(aliasOrUsername, aliases)[0] ?? aliasOrUsername) : aliasOrUsername;
}

type Site = { orgId: string; instanceUrl: string };

function siteOf(entry: Entry): Site {
  if (entry.type === 'damaged') return { orgId: '', instanceUrl: '' };
  return entry.type === 'jwt' ? entry.login : entry;
}

/** Advice is given where the store can't be read, too. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

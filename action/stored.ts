/**
 * The login that a job leaves in the CLI's store until it ends. On a runner that serves several jobs, a login of the same user
 * may be there before: that one isn't removed, unless a job that was killed left it.
 */
import { recordPath, readRecord, writeRecord } from '../src/machine/store/record.js';
import { removeWithRemains } from '../src/machine/files/replace-together.js';
import { removeLogin } from '../src/machine/store/removal.js';
import { readEntry } from '../src/machine/store/stored-logins.js';

type Mark = { username: string };

const pathOf = (orgId: string, username: string): string => recordPath('jwt-action', orgId, username);

/**
 * Says that the login which is about to be stored is this action's.
 *
 * @returns whether it is: another's may be there already
 */
export function claimLogin(orgId: string, username: string): boolean {
  if (readEntry(username) !== undefined && !isClaimed(orgId, username)) return false;
  writeRecord(pathOf(orgId, username), { username });
  return true;
}

/** Removes the login with its key, if it's this action's. */
export async function removeClaimed(orgId: string, username: string): Promise<boolean> {
  if (!isClaimed(orgId, username)) return false;
  await removeLogin({ username, name: undefined });
  removeWithRemains(pathOf(orgId, username));
  return true;
}

function isClaimed(orgId: string, username: string): boolean {
  const isMark = (state: object): state is Mark => 'username' in state && state.username === username;
  return readRecord(pathOf(orgId, username), 'login of the action', isMark as never) !== undefined;
}

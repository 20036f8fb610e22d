import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { changeTogether, readState, stateFile } from './state-files.js';

/**
 * Gives a stored login another app, and the URL at which that one is found. Key, token and everything else in the entry
 * stay; a refresh goes to the new app. An entry that has come to be another login meanwhile is left alone.
 *
 * @returns whether it was that login still
 * @throws Failure `store_damaged`, `store_locked`, `store_unwritable`
 */
export async function switchClientId(
  { username, clientId }: { username: string; clientId: string },
  next: { clientId: string; loginUrl: string },
): Promise<boolean> {
  const entry = join(Global.DIR, `${username}.json`);
  let isSame = false;
  await changeTogether([entry], () => {
    const stored = readState(entry);
    isSame = stored['clientId'] === clientId;
    if (!isSame) return { files: [], obsolete: [] };
    return { files: [stateFile(entry, JSON.stringify({ ...stored, ...next }, null, 2))], obsolete: [] };
  });
  return isSame;
}

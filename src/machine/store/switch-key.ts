import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { Global } from '@salesforce/core';
import { keyCopy, keyCopyPath } from './key-copy.js';
import { signerRecordPath } from './signer-record.js';
import { changeTogether, readState, stateFile } from './state-files.js';

/**
 * Gives a stored login another key. One that reads its key from a file reads the new file from then on; the copy of one
 * that has a copy is replaced; one whose key a signer kept has the file in its place. Everything else in the entry stays.
 *
 * @throws Failure `store_damaged`, `store_locked`, `store_unwritable`
 */
export async function switchKey(
  { username, orgId, privateKeyFile }: { username: string; orgId: string; privateKeyFile: string },
  next: { key: KeyObject; path: string },
): Promise<void> {
  const entry = join(Global.DIR, `${username}.json`);
  const copyPath = keyCopyPath(orgId, username);
  await changeTogether([entry], () => {
    if (privateKeyFile === copyPath) return { files: [keyCopy(next.key, copyPath)], obsolete: [] };
    const stored = { ...readState(entry), privateKey: next.path };
    return { files: [stateFile(entry, JSON.stringify(stored, null, 2))], obsolete: [signerRecordPath(username)] };
  });
}

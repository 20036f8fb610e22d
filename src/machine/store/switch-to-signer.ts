import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import type { Signer } from '../../keys/signer/signer.js';
import { keyCopyPath } from './key-copy.js';
import { sealTokens } from './sealed-token.js';
import { signerRecordFile } from './signer-record.js';
import { changeTogether, readState, stateFile, type Json } from './state-files.js';
import { isUsedByOthers } from './stored-logins.js';

/**
 * Gives a stored login the key of a signer, as `storeLogin` stores such a login: the session, and where the key is. Everything
 * else in the entry stays.
 *
 * @param accessToken of a login with the new key; undefined: there is none, and the one before stays
 * @throws Failure `store_damaged`, `store_locked`, `store_unwritable`; `store_unfinished` where all is done and the copy of
 *   the old key couldn't be removed
 */
export async function switchToSigner(
  { username, orgId, clientId }: { username: string; orgId: string; clientId: string },
  signer: Signer,
  accessToken: string | undefined,
  now: Date,
): Promise<void> {
  const entry = join(Global.DIR, `${username}.json`);
  const copyPath = keyCopyPath(orgId, username);
  const session = accessToken === undefined ? {} : { accessToken: (await sealTokens([accessToken]))[0] };
  await changeTogether([entry], () => {
    const { privateKey: _, ...others }: Json = readState(entry);
    return {
      files: [
        signerRecordFile(username, signer, { clientId, orgId, loggedInAt: now.toISOString() }),
        stateFile(entry, JSON.stringify({ ...others, ...session }, null, 2)),
      ],
      obsolete: existsSync(copyPath) && isUsedByOthers(copyPath, username) ? [] : [copyPath],
    };
  });
}

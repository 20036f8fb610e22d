import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { Global } from '@salesforce/core';
import { formatPrivateKey } from '../credential/private-key.js';
import type { NewFile } from '../files/replace-together.js';

/** The copy of a key that sf reads when it refreshes a login: in sf's state folder, by org and user. */
export function keyCopyPath(orgId: string, username: string): string {
  return join(Global.SF_DIR, 'jwt-keys', `${orgId}.${username}.key`);
}

/** The copy as sf can read it: PKCS#8, not encrypted, for the user's eyes only. */
export function keyCopy(key: KeyObject, path: string): NewFile {
  return { path, data: formatPrivateKey(key), mode: 0o600 };
}

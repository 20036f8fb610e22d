import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { Global } from '@salesforce/core';
import { formatPrivateKey } from '../../keys/credential/private-key.js';
import type { NewFile } from '../files/replace-together.js';

/** `ORG_ID.USERNAME.key`, or what a killed run left of one. */
const COPY_NAME = /^\.?00D\w{12}(?:\w{3})?\.(.+?)(?:-[0-9a-f]{16}\.(?:old|new))?\.key$/;

/** The copy of a key that sf reads when it refreshes a login: in sf's state folder, by org and user. */
export function keyCopyPath(orgId: string, username: string): string {
  return join(folder(), `${orgId}.${username}.key`);
}

/** The copy as sf can read it: PKCS#8, not encrypted, for the user's eyes only. */
export function keyCopy(key: KeyObject, path: string): NewFile {
  return { path, data: formatPrivateKey(key), mode: 0o600, secret: 'folder' };
}

/** Every copy that was made for a login of some user, unfinished ones too: absolute paths, and whose they are. */
export function allKeyCopies(): Array<{ path: string; username: string }> {
  return namesIn(folder()).flatMap((name) => {
    const username = COPY_NAME.exec(name)?.[1];
    return username === undefined ? [] : [{ path: join(folder(), name), username }];
  });
}

/** Whether a path is that of a copy of ours, and not of a file that belongs to the user. */
export function isKeyCopy(path: string): boolean {
  return real(dirname(path)) === real(folder()) && COPY_NAME.test(basename(path));
}

/** Without symbolic links; what isn't there is as it's called. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function folder(): string {
  return join(Global.SF_DIR, 'jwt-keys');
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

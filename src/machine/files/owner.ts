/**
 * Whom files belong to. Where root, or a user of a container, writes into somebody's HOME, what was there keeps its owner and
 * what is new gets that of its folder; else that person's own commands couldn't read it any more.
 */
import nodeFs, { chownSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../failure.js';

const STATE_FOLDERS = ['.sf', '.sfdx'];

/** IDs of a user and a group. Windows has none. */
export type Owner = { uid: number; gid: number };

/** The owner of a file; undefined where there is no file, or no owner as here. */
export function ownerOf(path: string): Owner | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined || process.getuid === undefined ? undefined : { uid: stat.uid, gid: stat.gid };
}

/**
 * Whom a new file of sf's belongs to: the owner of the folder, above the path, that holds the state folder. The state folder
 * itself may be there already, made by root a moment ago for a log, and those in it by an earlier command of root's.
 */
export function ownerAround(path: string): Owner | undefined {
  const folder = dirname(path);
  if (folder === path) return undefined;
  const owner = STATE_FOLDERS.includes(basename(folder)) ? undefined : ownerOf(folder);
  const isRoots = owner?.uid === 0 && process.geteuid?.() === 0 && isOfState(folder);
  return (isRoots ? undefined : owner) ?? ownerAround(folder);
}

/** Whom a file shall belong to: as it does, or where sf's state is new, as its folder; undefined: whoever writes it. */
export function ownerFor(path: string): Owner | undefined {
  return ownerOf(path) ?? (isOfState(path) ? ownerAround(path) : undefined);
}

function isOfState(path: string): boolean {
  return path.split(/[/\\]/).some((folder) => STATE_FOLDERS.includes(folder));
}

/** Gives a state folder, and those around it, that root has made in somebody's HOME to that person. */
export function giveBack(folder: string): void {
  if (process.geteuid?.() !== 0) return;
  const owner = ownerAround(join(folder, 'any'));
  if (owner === undefined || owner.uid === 0) return;
  for (let each = folder; isOfState(each); each = dirname(each)) {
    if (ownerOf(each)?.uid === 0) chownSync(each, owner.uid, owner.gid);
  }
}

/**
 * Gives an open file, which will have this path, to its owner.
 *
 * @throws Failure `owner_unkept`
 */
export function giveTo(
  owner: Owner | undefined,
  { handle, path }: { handle: number; path: string },
  fs: Pick<typeof nodeFs, 'fchownSync'> = nodeFs,
): void {
  if (owner === undefined || isMine(owner)) return;
  try {
    fs.fchownSync(handle, owner.uid, owner.gid);
  } catch (error) {
    throw new Failure('owner_unkept', { path, uid: owner.uid }, { cause: error });
  }
}

/**
 * The same for folders that were made: the innermost one, and the topmost that is new.
 *
 * @throws Failure `owner_unkept`
 */
export function giveFolderTo(
  owner: Owner | undefined,
  folder: string,
  topmost: string,
  fs: Pick<typeof nodeFs, 'chownSync'> = nodeFs,
): void {
  if (owner === undefined || isMine(owner)) return;
  for (let each = folder; each.length >= topmost.length; each = dirname(each)) {
    try {
      fs.chownSync(each, owner.uid, owner.gid);
    } catch (error) {
      throw new Failure('owner_unkept', { path: each, uid: owner.uid }, { cause: error });
    }
  }
}

/** The group counts for root alone: it would give its own to what it makes. */
function isMine({ uid, gid }: Owner): boolean {
  const me = process.geteuid?.();
  return uid === me && (me !== 0 || gid === process.getegid?.());
}

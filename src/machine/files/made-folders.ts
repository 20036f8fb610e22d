import type nodeFs from 'node:fs';
import { dirname } from 'node:path';
import { writeFailure } from './write-failure.js';

type Folders = Pick<typeof nodeFs, 'mkdirSync' | 'rmdirSync'>;

/** The mode of a folder that is made: without a umask too, others may read in it and nobody else may write. */
const OWN_FOLDER = 0o755;
/** A folder that was missing, and the topmost one that had to be made for it. */
export type MadeFolder = { folder: string; topmost: string };

/** @throws Failure `write_failed`, after which none is made */
export function makeFolders(folders: string[], fs: Folders): MadeFolder[] {
  const made: MadeFolder[] = [];
  for (const folder of folders) {
    try {
      const topmost = fs.mkdirSync(folder, { recursive: true, mode: OWN_FOLDER });
      if (topmost !== undefined) made.push({ folder, topmost });
    } catch (error) {
      removeFolders(made, fs);
      throw writeFailure(folder, error);
    }
  }
  return made;
}

/** The last one made first: it may lie in an earlier one. */
export function removeFolders(made: MadeFolder[], fs: Folders): void {
  for (const { folder, topmost } of made.toReversed()) {
    for (let each = folder; each.length >= topmost.length; each = dirname(each)) removeEmpty(each, fs);
  }
}

function removeEmpty(folder: string, fs: Folders): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // Somebody has put something into it.
  }
}

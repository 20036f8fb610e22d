import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../../failure.js';
import { writeTogether } from './replace-together.js';
import { isSystemError, writeFailure } from './write-failure.js';

/**
 * Writes files that anybody may read below a folder, all of them or none, in place of older ones; folders that are missing
 * are made. The folder itself may be a link; nothing below it is written through one, or elsewhere.
 *
 * @param files paths below the folder
 * @throws Failure `path_outside`, `path_is_symbolic_link`, those of `writeTogether`
 */
export function writeFiles(folder: string, files: Array<{ path: string; content: string }>): void {
  const root = realFolder(folder);
  const targets = files.map(({ path, content }) => ({ path: join(root, path), data: content, mode: 0o644 as const }));
  for (const { path } of targets) requireWithin(root, path);
  writeTogether(targets, { overwrite: true });
}

/** Where a folder really is, or will be. */
function realFolder(folder: string): string {
  const path = resolve(folder);
  try {
    return realpathSync(path);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT' && kindOf(path) === undefined) return path;
    throw writeFailure(path, error);
  }
}

function requireWithin(root: string, path: string): void {
  const below = relative(root, path);
  if (below === '' || isAbsolute(below) || below.split(sep)[0] === '..')
    throw new Failure('path_outside', { path, folder: root });
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
    if (kindOf(folder) === 'link') throw new Failure('path_is_symbolic_link', { path: folder });
  }
}

/** @returns undefined for what isn't there */
function kindOf(path: string): 'link' | 'other' | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats && (stats.isSymbolicLink() ? 'link' : 'other');
  } catch (error) {
    throw writeFailure(path, error);
  }
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Milliseconds; a Git that takes longer isn't worth waiting for. */
const PATIENCE = 5000;

/** What `git check-ignore` exits with for a path that no rule ignores; 128 means that there is no work tree. */
const NOT_IGNORED = 1;

/**
 * Private keys that Git would take into a commit: files in a work tree whose ignore rules say nothing of them. Where there
 * is no Git, or no work tree, there is nothing to say.
 *
 * @param paths absolute
 */
export async function committableKeys(paths: readonly string[]): Promise<string[]> {
  const judged = await Promise.all(paths.map(async (path) => ({ path, ignored: await isIgnored(path) })));
  return judged.filter(({ ignored }) => ignored === false).map(({ path }) => path);
}

/** The line for `.gitignore` that keeps a file out, in whichever folder of the work tree it lies. */
export function ignoreLineFor(path: string): string {
  // A backslash before what Git would read as a pattern, a comment or a negation.
  return basename(path).replace(/[\\*?[\]]|^[#!]| (?= *$)/g, '\\$&');
}

/** A key may go into a folder that is yet to be made. */
function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/** @returns undefined where nobody can say */
function isIgnored(path: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const options = { cwd: nearestFolder(dirname(path)), timeout: PATIENCE };
    execFile('git', ['check-ignore', '--quiet', '--no-index', '--', path], options, (error) => {
      if (error === null) resolve(true);
      else resolve(error.code === NOT_IGNORED ? false : undefined);
    });
  });
}

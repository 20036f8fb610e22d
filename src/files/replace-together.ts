/**
 * Files that belong together, such as a private key and its certificate, written as one: all of them or none.
 *
 * No file system swaps two files at once, so the order decides what an interruption leaves behind:
 *
 * 1. every new file is written in full under a temporary name in the same folder, with its mode, and flushed to disk;
 * 2. every file that will be replaced gets a second name (a hard link; it is moved where there are none);
 * 3. one rename each puts the new files in place;
 * 4. the second names are removed.
 *
 * An error in 1 to 3 is undone in the same call. Only a kill or a power failure can stop it half way, and then:
 * in 1 and 2 the old files stand; between the renames of 3 the old files are all under their second names and the new
 * ones all under their final or temporary names; in 4 the new files stand. Nothing that a name led to is ever lost, and
 * {@link interruptedFiles} finds what is left. Everything here is synchronous, so that a signal can't come in between.
 */
import { randomBytes } from 'node:crypto';
import nodeFs from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { Failure } from '../failure.js';
import { isSystemError, writeFailure } from './write-failure.js';

/** The part of `node:fs` that writing takes; tests put failures in its place. */
export type FileSystem = Pick<
  typeof nodeFs,
  | 'closeSync'
  | 'copyFileSync'
  | 'fchmodSync'
  | 'fsyncSync'
  | 'linkSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'rmSync'
  | 'writeFileSync'
>;

/** A file to write: its absolute path, its content and its mode, which it gets whatever the umask is. */
export type NewFile = { path: string; data: string | Buffer; mode: 0o600 | 0o644 };

type Step = { file: NewFile; temporary: string; backup: string | undefined; placed: boolean };

/**
 * Refuses paths that can't or mustn't be written, before there is anything to write.
 *
 * @throws Failure `file_exists` (unless `overwrite`), `path_is_directory`, `path_is_symbolic_link`, `path_is_not_file`,
 *   `replacement_interrupted` (in place of `file_exists`, when an interrupted replacement left the old file beside it),
 *   `write_failed` when the path can't be looked at.
 */
export function checkTargets(paths: string[], overwrite: boolean, fs: FileSystem = nodeFs): void {
  const existing = paths.filter((path) => kindOf(path, fs) !== undefined);
  for (const path of existing) {
    const kind = kindOf(path, fs);
    if (kind === 'directory') throw new Failure('path_is_directory', { path });
    if (kind === 'symbolic_link') throw new Failure('path_is_symbolic_link', { path });
    if (kind === 'other') throw new Failure('path_is_not_file', { path });
  }
  const [path] = existing;
  if (path === undefined || overwrite) return;
  const left = interruptedFiles(path).filter((file) => file.includes('.old.'));
  if (left.length > 0) throw new Failure('replacement_interrupted', { path, files: left.join(', ') });
  throw new Failure('file_exists', { path });
}

/**
 * Writes files together. Folders that are missing are made, and removed again if the run fails.
 *
 * @param files in whichever folders, in the order in which they are put in place.
 * @param options.overwrite replaces what is there; otherwise a file that has appeared meanwhile is left alone.
 * @throws Failure as {@link checkTargets}; `write_failed`, after which everything is as before; `restore_failed`, which
 *   names the files that still hold the old content, when undoing failed as well.
 */
export function writeTogether(files: NewFile[], options: { overwrite: boolean }, fs: FileSystem = nodeFs): void {
  const [first] = files;
  if (first === undefined) return;
  checkTargets(
    files.map(({ path }) => path),
    options.overwrite,
    fs,
  );
  const folders = [...new Set(files.map((file) => dirname(file.path)))];
  const made = makeFolders(folders, fs);
  const id = randomBytes(8).toString('hex');
  const steps = files.map((file): Step => {
    return { file, temporary: besideName(file.path, id, 'new'), backup: undefined, placed: false };
  });
  let path = first.path;
  try {
    for (const step of steps) {
      path = step.file.path;
      writeTemporary(step, fs);
    }
    for (const step of steps) {
      path = step.file.path;
      if (options.overwrite && kindOf(path, fs) === 'file') keepBackup(step, id, fs);
    }
    for (const folder of folders) flushFolder(folder, fs);
    for (const step of steps) {
      path = step.file.path;
      place(step, fs);
    }
  } catch (error) {
    undo(steps, fs);
    removeFolders(made, fs);
    if (isSystemError(error) && error.code === 'EEXIST') throw new Failure('file_exists', { path });
    throw writeFailure(path, error);
  }
  for (const folder of folders) flushFolder(folder, fs);
  for (const { backup } of steps) if (backup !== undefined) attempt(() => fs.rmSync(backup, { force: true }));
}

/** What runs that were killed left beside a file, under the names that {@link writeTogether} gives: absolute paths. */
export function interruptedFiles(path: string): string[] {
  const base = basename(path, extname(path));
  const names = attempt(() => nodeFs.readdirSync(dirname(path))) ?? [];
  return names
    .filter(
      (name) => name.startsWith(`.${base}-`) && /^[0-9a-f]{16}\.(old|new)\.\w+$/.test(name.slice(base.length + 2)),
    )
    .sort()
    .map((name) => join(dirname(path), name));
}

/** `server.key` → `.server-0123456789abcdef.new.key`: the extension stays, for the sake of ignore files. */
function besideName(path: string, id: string, state: 'new' | 'old'): string {
  const extension = extname(path);
  return join(dirname(path), `.${basename(path, extension)}-${id}.${state}${extension}`);
}

function kindOf(path: string, fs: FileSystem): 'file' | 'directory' | 'symbolic_link' | 'other' | undefined {
  try {
    const stat = fs.lstatSync(path);
    if (stat.isFile()) return 'file';
    if (stat.isDirectory()) return 'directory';
    return stat.isSymbolicLink() ? 'symbolic_link' : 'other';
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw writeFailure(path, error);
  }
}

/** A folder that was missing, and the topmost one that had to be made for it. */
type MadeFolder = { folder: string; topmost: string };

function makeFolders(folders: string[], fs: FileSystem): MadeFolder[] {
  const made: MadeFolder[] = [];
  for (const folder of folders) {
    try {
      const topmost = fs.mkdirSync(folder, { recursive: true });
      if (topmost !== undefined) made.push({ folder, topmost });
    } catch (error) {
      removeFolders(made, fs);
      throw writeFailure(folder, error);
    }
  }
  return made;
}

/** The last one made first: it may lie in an earlier one. */
function removeFolders(made: MadeFolder[], fs: FileSystem): void {
  for (const { folder, topmost } of made.toReversed()) {
    for (let each = folder; each.length >= topmost.length; each = dirname(each)) attempt(() => fs.rmdirSync(each));
  }
}

function writeTemporary({ file, temporary }: Step, fs: FileSystem): void {
  const handle = fs.openSync(temporary, 'wx', 0o600);
  try {
    fs.writeFileSync(handle, file.data);
    fs.fchmodSync(handle, file.mode);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function keepBackup(step: Step, id: string, fs: FileSystem): void {
  const { path } = step.file;
  const backup = besideName(path, id, 'old');
  try {
    fs.linkSync(path, backup);
  } catch {
    fs.renameSync(path, backup);
  }
  step.backup = backup;
}

/** A link, unlike a rename, never replaces: without a backup nothing may be there. A copy does where links don't exist. */
function place(step: Step, fs: FileSystem): void {
  const { file, temporary, backup } = step;
  if (backup !== undefined) {
    fs.renameSync(temporary, file.path);
    step.placed = true;
    return;
  }
  try {
    fs.linkSync(temporary, file.path);
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') throw error;
    fs.copyFileSync(temporary, file.path, nodeFs.constants.COPYFILE_EXCL);
  }
  step.placed = true;
  fs.rmSync(temporary);
}

/** Each part is tried, whatever became of the others. */
function undo(steps: Step[], fs: FileSystem): void {
  const lost = steps.filter(({ file, temporary, backup, placed }) => {
    attempt(() => fs.rmSync(temporary, { force: true }));
    if (backup === undefined) return placed && !succeeds(() => fs.rmSync(file.path, { force: true }));
    // While both are names of the same file, the rename does nothing (POSIX) and the removal takes the second name.
    return !succeeds(() => fs.renameSync(backup, file.path)) || !succeeds(() => fs.rmSync(backup, { force: true }));
  });
  const [first] = lost;
  if (first === undefined) return;
  throw new Failure('restore_failed', {
    path: first.file.path,
    files: lost.map(({ file, backup }) => backup ?? file.path).join(', '),
  });
}

/** Makes the renames last through a power failure, where the system can (Windows can't open a folder). */
function flushFolder(folder: string, fs: FileSystem): void {
  attempt(() => {
    const handle = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  });
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function succeeds(action: () => void): boolean {
  return (
    attempt(() => {
      action();
      return true;
    }) ?? false
  );
}

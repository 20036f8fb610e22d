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
import { Failure, isFailure } from '../../failure.js';
import { removeDeadClaims, whileAlone } from './alone.js';
import { makeFolders, removeFolders, type MadeFolder } from './made-folders.js';
import { guardFor, type Guard } from './access-list.js';
import { giveBack, giveFolderTo, giveTo, ownerFor, type Owner } from './owner.js';
import { isSystemError, writeFailure } from './write-failure.js';

/** The part of `node:fs` that writing takes; tests put failures in its place. */
export type FileSystem = Pick<
  typeof nodeFs,
  | 'closeSync'
  | 'chownSync'
  | 'copyFileSync'
  | 'fchmodSync'
  | 'fchownSync'
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
export type NewFile = {
  path: string;
  data: string | Buffer;
  mode: 0o600 | 0o644;
  /** Holds a secret: where modes mean nothing, the file is the user's alone, or the folder that is made for it. */
  secret?: 'file' | 'folder' | undefined;
};

/** The bit of a folder's mode with which users may remove or replace their own files alone. */
const STICKY = 0o1000;

type Step = { file: NewFile; owner: Owner | undefined; temporary: string; backup: string | undefined; placed: boolean };

/**
 * Refuses paths that can't or mustn't be written, before there is anything to write.
 *
 * @throws Failure `file_exists` (unless `overwrite`), `file_of_other_user`, `path_is_directory`, `path_is_symbolic_link`, `path_is_not_file`,
 *   `replacement_interrupted` (in place of `file_exists`, when an interrupted replacement left the old file beside it),
 *   `write_failed` when the path can't be looked at.
 */
export function checkTargets(paths: string[], overwrite: boolean, fs: FileSystem = nodeFs): void {
  const existing = paths.filter((path) => kindOf(path, fs) !== undefined);
  for (const path of existing) {
    const kind = kindOf(path, fs);
    if (kind === 'file' && isHeld(path)) throw new Failure('file_of_other_user', { path, folder: dirname(path) });
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
 * Writes files together, and finds what killed runs left beside them, as {@link interruptedFiles}. Folders that are missing are made, and removed again if the run fails. Of two runs at the same time one
 * waits for the other.
 *
 * @param files in whichever folders, in the order in which they are put in place.
 * @param options.overwrite replaces what is there; otherwise a file that has appeared meanwhile is left alone.
 * @param options.guard keeps secrets from other users where modes don't.
 * @param options.locked whether the caller has locked the files, so that nobody else writes them.
 * @throws Failure as {@link checkTargets}; `access_not_restricted`, `files_locked` and `write_failed`, after which everything is as before;
 *   `restore_failed`, which names the files that still hold the old content, when undoing failed as well.
 */
export function writeTogether(
  files: NewFile[],
  {
    overwrite,
    locked = false,
    guard = guardFor(),
  }: { overwrite: boolean; locked?: boolean; guard?: Guard | undefined },
  fs: FileSystem = nodeFs,
): string[] {
  const [first] = files;
  if (first === undefined) return [];
  checkTargets(
    files.map(({ path }) => path),
    overwrite,
    fs,
  );
  const folders = [...new Set(files.map((file) => dirname(file.path)))];
  // Before there are new folders, which are of whoever makes them.
  const owners = files.map(({ path }) => ownerFor(path));
  const made = makeFolders(folders, fs);
  const id = randomBytes(8).toString('hex');
  const steps = files.map((file, index): Step => ({
    file,
    owner: owners[index],
    temporary: besideName(file.path, id, 'new'),
    backup: undefined,
    placed: false,
  }));
  const write = (): string[] => {
    replaceAll(steps, { overwrite, id, folders, made, guard }, fs);
    // What lies there is no other run's that goes on.
    return locked ? [] : [...new Set(files.flatMap(({ path }) => interruptedFiles(path)))];
  };
  try {
    for (const folder of folders) giveBack(folder);
    return locked ? write() : whileAlone(folders, write, fs);
  } catch (error) {
    removeFolders(made, fs);
    throw writeFailure(first.path, error);
  }
}

type Circumstances = {
  overwrite: boolean;
  id: string;
  folders: string[];
  made: MadeFolder[];
  guard: Guard | undefined;
};

function replaceAll(steps: Step[], { overwrite, id, folders, made, guard }: Circumstances, fs: FileSystem): void {
  let path = '';
  try {
    for (const { owner, file } of steps) {
      path = file.path;
      for (const { folder, topmost } of made) {
        if (folder !== dirname(path)) continue;
        giveFolderTo(owner, folder, topmost, fs);
        if (file.secret === 'folder') guard?.(folder, 'folder');
      }
    }
    for (const step of steps) {
      path = step.file.path;
      writeNew(step.temporary, step, guard, fs);
    }
    for (const step of steps) {
      path = step.file.path;
      if (overwrite && kindOf(path, fs) === 'file') keepBackup(step, id, fs);
    }
    for (const folder of folders) flushFolder(folder, fs);
    for (const step of steps) {
      path = step.file.path;
      place(step, guard, fs);
    }
  } catch (error) {
    undo(steps, fs);
    if (isSystemError(error) && error.code === 'EEXIST') throw new Failure('file_exists', { path });
    if (isFailure(error, 'access_not_restricted')) throw new Failure(error.code, { ...error.data, path });
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

/** Removes a file, if it is there, with all that killed runs left beside it. */
export function removeWithRemains(path: string): void {
  for (const file of [path, ...interruptedFiles(path)]) nodeFs.rmSync(file, { force: true });
  removeDeadClaims(dirname(path));
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

/** Whether a file is another user's, in a folder where nobody but that user may replace it: a sticky one, such as `/tmp`. */
function isHeld(path: string): boolean {
  const me = process.geteuid?.();
  const [file, folder] = [path, dirname(path)].map((each) => attempt(() => nodeFs.statSync(each)));
  if (me === undefined || me === 0 || file === undefined || folder === undefined) return false;
  return (folder.mode & STICKY) !== 0 && ![file.uid, folder.uid].includes(me);
}

/** What is secret is guarded before it's there. */
function writeNew(path: string, { file, owner }: Step, guard: Guard | undefined, fs: FileSystem): void {
  const handle = fs.openSync(path, 'wx', 0o600);
  try {
    if (file.secret === 'file') guard?.(path, 'file');
    fs.writeFileSync(handle, file.data);
    giveTo(owner, { handle, path: file.path }, fs);
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
function place(step: Step, guard: Guard | undefined, fs: FileSystem): void {
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
    // A copy has the access list of its folder.
    if (guard !== undefined && file.secret === 'file') writeNew(file.path, step, guard, fs);
    else fs.copyFileSync(temporary, file.path, nodeFs.constants.COPYFILE_EXCL);
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

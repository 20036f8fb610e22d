import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { committableKeys, ignoreLineFor } from '../../machine/files/git-ignore.js';
import type { NewFile } from '../../machine/files/replace-together.js';
import type { SetupRecord } from '../../machine/store/setup-record.js';
import { sha256 } from '../../machine/store/rotation-record.js';

/** What becomes of a file: `edited` is one that somebody has changed since a run wrote it, which stays as it is. */
export type FileStatus = 'created' | 'updated' | 'unchanged' | 'edited';

export type PlannedFile = {
  path: string;
  content: string;
  status: FileStatus;
  /** It's somebody else's. */ replaces: boolean;
};

/**
 * The pipeline's file beside what stands there. One that a run of ours wrote is written anew where it was left as it was, and
 * else only if told so; what somebody else wrote is replaced only with their consent.
 *
 * @param path absolute
 */
export function planFile(
  path: string,
  content: string,
  record: SetupRecord | undefined,
  { overwrite }: { overwrite: boolean },
): PlannedFile {
  const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const planned = (status: FileStatus, replaces = false): PlannedFile => ({ path, content, status, replaces });
  if (current === undefined) return planned('created');
  if (current === content) return planned('unchanged');
  if (overwrite) return planned('updated');
  if (record?.file?.path !== path) return planned('updated', true);
  return planned(record.file.sha256 === sha256(current) ? 'updated' : 'edited');
}

/** A `.gitignore` that keeps private keys out of commits, and the lines that it gets. */
export type IgnorePlan = { file: NewFile; lines: string[] };

/**
 * The lines for private keys of a folder that the next commit would take along; undefined where there are none.
 *
 * @param keys absolute paths in one folder, whether or not they are there yet
 */
export async function planIgnore(keys: string[]): Promise<IgnorePlan | undefined> {
  const [first] = keys;
  if (first === undefined) return undefined;
  const lines = [...new Set((await committableKeys(keys)).map((path) => ignoreLineFor(path)))];
  if (lines.length === 0) return undefined;
  const path = join(dirname(first), '.gitignore');
  const current = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const separator = current === '' || current.endsWith('\n') ? '' : '\n';
  return { file: { path, data: `${current}${separator}${lines.join('\n')}\n`, mode: 0o644 }, lines };
}

/** A private key by its usual name. */
export const looksLikeKey = (path: string): boolean => /\.(key|p12|pfx|jks)$/i.test(basename(path));

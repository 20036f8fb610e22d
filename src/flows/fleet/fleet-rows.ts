import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../../failure.js';
import type { Shard } from '../../terminal/flags/fleet.js';
import { readOrgsFile, rowsOf } from './orgs-file.js';
import { checkRows, type FaultyRow, type OrgRow, type OrgsFile } from './rows.js';
import { rowsOfShard } from './shard.js';

/** What a command of a fleet has to go through. */
export type Fleet = {
  file: OrgsFile;
  rows: Array<OrgRow | FaultyRow>;
  /** Absolute path of where relative paths in the file begin. */
  folder: string;
};

/** The flags that name the file and the part of it, and a key beside it. */
type FleetFlags = {
  'orgs-file': string;
  'shard': Shard | undefined;
  'jwt-key-file'?: string | undefined;
};

/**
 * The rows of a file, or of a part of it. The whole file is checked, so that a row fails or not whatever the shard is.
 *
 * @throws Failure `stdin_for_two`, those of `readOrgsFile` and `rowsOf`
 */
export async function readFleet(
  { 'orgs-file': path, shard, 'jwt-key-file': keyFile }: FleetFlags,
  stdin: Readable,
): Promise<Fleet> {
  if (path === '-' && keyFile === '-') throw new Failure('stdin_for_two', {});
  const file = await readOrgsFile(path, stdin);
  const all = checkRows(await rowsOf(file), file.source);
  const folder = resolve(path === '-' ? '.' : dirname(path));
  return { file, rows: shard === undefined ? all : rowsOfShard(all, shard), folder };
}

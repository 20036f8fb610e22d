import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFailure } from './write-failure.js';

/**
 * Writes files that anybody may read below a folder, in place of older ones; folders that are missing are made.
 *
 * @throws Failure `write_failed`
 */
export async function writeFiles(folder: string, files: Array<{ path: string; content: string }>): Promise<void> {
  for (const { path, content } of files) {
    const target = join(folder, path);
    try {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    } catch (error) {
      throw writeFailure(target, error);
    }
  }
}

import { isFailure } from '../../../failure.js';
import { explain } from '../../../terminal/explain.js';
import type { Output } from '../../../terminal/output.js';
import type { Column } from '../columns.js';
import type { OrgsFile, RawRow } from '../rows.js';
import { writeCopy, type CopyTarget } from './copy.js';

/**
 * Writes what was learnt at the end of a run. What is done stands without it, so that a copy that can't be written is a
 * warning, and the exit code 68 where it was 0.
 *
 * @returns whether it is written
 */
export async function writeLearnt(
  output: Pick<Output, 'warn'>,
  file: OrgsFile,
  target: CopyTarget,
  columns: readonly Column[],
  learnt: ReadonlyMap<string, RawRow['values']>,
): Promise<boolean> {
  try {
    await writeCopy(file, target, columns, learnt);
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { name, message, actions = [] } = explain(error);
    output.warn({ name, message, actions });
    process.exitCode ||= 68;
    return false;
  }
}

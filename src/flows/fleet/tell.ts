import { Messages } from '../../terminal/messages.js';
import type { Output } from '../../terminal/output.js';
import type { Progress } from '../../terminal/progress.js';
import { wordsOf } from './failed-row.js';
import type { FleetDependencies } from './run.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/**
 * Tells how far a fleet is, and what it waits for. A log, where nobody watches the spinner, has one line for each kind of
 * limit at each host.
 *
 * @param minutes for which limits are waited out
 */
export function tellFleet(
  output: Output,
  progress: Progress,
  { rows, minutes }: { rows: number; minutes: number },
): Pick<FleetDependencies<{ state: string }>, 'onDone' | 'onPause'> {
  let [done, failed] = [0, 0];
  const told = new Set<string>();
  return {
    onDone: ({ state }) => {
      done += 1;
      if (state === 'failed') failed += 1;
      progress.status = messages.getMessage('spinner.status', [done, rows, failed]);
    },
    onPause: (host, error) => {
      const pause = messages.getMessage('pause', [host, wordsOf(error), minutes]);
      progress.status = pause;
      if (!told.has(pause) && !process.stderr.isTTY) output.logToStderr(pause);
      told.add(pause);
    },
  };
}

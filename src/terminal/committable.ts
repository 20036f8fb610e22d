import { committableKeys, ignoreLineFor } from '../machine/files/git-ignore.js';
import { Messages } from './messages.js';
import type { Output } from './output.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** Warns of private keys that the next commit could take along. @param paths absolute, of keys that were written */
export async function warnOfCommittable(output: Output, paths: readonly string[]): Promise<void> {
  for (const path of await committableKeys(paths)) {
    output.warn(messages.getMessage('warning.committable', [path, ignoreLineFor(path)]));
  }
}

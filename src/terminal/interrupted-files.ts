import { Messages } from './messages.js';
import type { Output } from './output.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** Warns of what runs that were killed left beside files that were written, which may hold a private key. */
export function warnOfInterrupted(output: Output, files: readonly string[]): void {
  if (files.length > 0) output.warn(messages.getMessage('warning.interrupted', [files.join(', ')]));
}

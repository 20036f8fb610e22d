import { Messages } from '../../terminal/messages.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.snippet');

/** A sentence of `messages/jwt.snippet.md`. */
export const text = (key: string, values: Array<string | number> = []): string => messages.getMessage(key, values);

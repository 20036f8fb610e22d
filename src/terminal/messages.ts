import { Messages as CoreMessages } from '@salesforce/core';
import { keepPublic } from '../keys/secrets.js';
import { inLine } from './printable.js';

type Texts = ReturnType<typeof CoreMessages.loadMessages>;
type Values = Parameters<Texts['getMessage']>[1];

/**
 * The texts of this plugin, as core's class of that name gives them out. Whatever value is put into one comes from
 * somewhere: a server, a file, a name that somebody chose. It stands there on one line, and steers no terminal.
 */
export const Messages = {
  importMessagesDirectoryFromMetaUrl: (url: string): void => CoreMessages.importMessagesDirectoryFromMetaUrl(url),

  loadMessages: (plugin: string, bundle: string): Pick<Texts, 'getMessage' | 'getMessages' | 'createError'> => {
    const texts = CoreMessages.loadMessages(plugin, bundle);
    keepPublic(() => textOf(texts));
    return {
      getMessage: (key, values) => texts.getMessage(key, harmless(values)),
      getMessages: (key, values) => texts.getMessages(key, harmless(values)),
      createError: (key, values, actionValues, ...rest) =>
        texts.createError(key, harmless(values), harmless(actionValues), ...rest),
    };
  },
};

/** All of a file's texts. Core keeps them to itself. */
function textOf(texts: Texts): string {
  const { messages } = texts as unknown as { messages: Map<string, string | string[]> };
  return [...messages.values()].flat().join('\n');
}

function harmless(values: Values = []): Values {
  return values.map((value) => (typeof value === 'string' ? inLine(value) : value));
}

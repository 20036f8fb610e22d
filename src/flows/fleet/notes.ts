import type { SfCommand } from '@salesforce/sf-plugins-core';
import { Messages } from '../../terminal/messages.js';
import type { Output } from '../../terminal/output.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/** Warnings about rows, which are told at the end: the same words once, with the lines of all whom they concern. */
export type Notes = {
  add: (line: number, warning: SfCommand.Warning) => void;
  tell: (output: Pick<Output, 'warn'>) => void;
};

export function newNotes(): Notes {
  const notes = new Map<string, { warning: SfCommand.Warning; lines: number[] }>();
  return {
    add: (line, warning) => {
      const key = JSON.stringify(warning);
      const note = notes.get(key) ?? { warning, lines: [] };
      note.lines.push(line);
      notes.set(key, note);
    },
    tell: (output) => {
      for (const { warning, lines } of notes.values()) {
        const of = [...new Set(lines)].sort((one, other) => one - other).join(', ');
        const words = (text: string): string => messages.getMessage('note', [of, text]);
        output.warn(typeof warning === 'string' ? words(warning) : { ...warning, message: words(warning.message) });
      }
    },
  };
}

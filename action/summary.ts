import { inLine } from '../src/terminal/printable.js';
import { Messages } from '../src/terminal/messages.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'action');

/** What is known of the login; without an org ID, it failed. */
export type Summary = {
  username: string | undefined;
  instanceUrl: string | undefined;
  orgId?: string;
  alias?: string | undefined;
};

/** The summary of the step, in Markdown: a table, and what happens at the end of the job or what went wrong. */
export function summaryOf({ username, instanceUrl, orgId, alias }: Summary, words: string): string {
  const rows = (
    [
      ['user', username],
      ['org', orgId],
      ['url', instanceUrl],
      ['alias', alias],
    ] as const
  ).flatMap(([key, value]) =>
    value === undefined ? [] : [`| ${messages.getMessage(`summary.${key}`)} | ${plain(value)} |`],
  );
  const title = messages.getMessage(orgId === undefined ? 'summary.failed' : 'summary.title');
  const [first, ...others] = rows;
  const table = first === undefined ? [] : [first, '| --- | --- |', ...others];
  return [`### ${title}`, '', ...table, '', plain(words), '', ''].join('\n');
}

/** A text as no Markdown and no HTML: every character that may mean something there is a reference. */
function plain(text: string): string {
  return inLine(text).replace(/[&<>"'`|*_[\]()#!\\~@:]/g, (character) => `&#${character.charCodeAt(0)};`);
}

import type { SfCommand } from '@salesforce/sf-plugins-core';
import { isLoopback, isSalesforce } from '../salesforce/hosts.js';
import { Messages } from './messages.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** What every org's users may log in at; it goes without saying. */
const LOGIN_HOSTS = ['login.salesforce.com', 'test.salesforce.com'];

/**
 * Names a host that no flag named, before it gets an assertion: a line on standard error, and a warning where it's none of
 * Salesforce's.
 */
export function tellHost(
  command: Pick<SfCommand<unknown>, 'warn' | 'logToStderr'>,
): (url: URL, source: string) => void {
  return (url, source) => {
    if (LOGIN_HOSTS.includes(url.hostname)) return;
    if (isSalesforce(url) || isLoopback(url)) command.logToStderr(messages.getMessage('host', [url.host, source]));
    else command.warn(messages.getMessage('host.foreign', [url.host, source]));
  };
}

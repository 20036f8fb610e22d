import { Messages } from '@salesforce/core';
import { Flags } from '@salesforce/sf-plugins-core';
import { asClaim } from './login.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.snippet');

/** The most machines that every one of the CIs runs side by side. */
const MOST_SHARDS = 99;

/** The flags that say what a pipeline logs in to: one login, stored or described, or a fleet. */
export const wishFlags = {
  // No Flags.requiredOrg: the login may be on no machine yet.
  'target-org': Flags.string({
    char: 'o',
    aliases: ['username'],
    parse: asClaim('sub', '--target-org'),
    summary: messages.getMessage('flags.target-org.summary'),
    description: messages.getMessage('flags.target-org.description'),
  }),
  'client-id': Flags.string({
    char: 'i',
    parse: asClaim('iss', '--client-id'),
    dependsOn: ['instance-url'],
    summary: messages.getMessage('flags.client-id.summary'),
  }),
  'instance-url': Flags.url({
    char: 'r',
    dependsOn: ['client-id'],
    summary: messages.getMessage('flags.instance-url.summary'),
  }),
  'fleet': Flags.string({
    char: 'x',
    exclusive: ['target-org', 'client-id', 'instance-url', 'secret-value'],
    summary: messages.getMessage('flags.fleet.summary'),
    description: messages.getMessage('flags.fleet.description'),
  }),
  'shards': Flags.integer({
    min: 1,
    max: MOST_SHARDS,
    dependsOn: ['fleet'],
    summary: messages.getMessage('flags.shards.summary'),
  }),
};

import { Messages } from '../messages.js';
import { Flags } from '@salesforce/sf-plugins-core';
import { asClaim, CLIENT_ID_NAMES, instanceUrlFlag } from './login.js';
import { asPath, asText } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.snippet');

/** The most machines that every one of the CIs runs side by side. */
const MOST_SHARDS = 99;

/** Spelled out, since the storey of the flags knows no flow; a test compares them. */
export const PIPELINE_JOBS = ['deploy', 'validate', 'test', 'scratch', 'rotate'] as const;

/** The flags that say what a pipeline does, and with which programs. */
export const pipelineShapeFlags = {
  'job': Flags.option({ options: PIPELINE_JOBS, multiple: true })({
    exclusive: ['orgs-file', 'secret-value'],
    summary: messages.getMessage('flags.job.summary'),
    description: messages.getMessage('flags.job.description'),
  }),
  'login-with': Flags.option({ options: ['jwt', 'sf'] as const })({
    exclusive: ['secret-value'],
    summary: messages.getMessage('flags.login-with.summary'),
    description: messages.getMessage('flags.login-with.description'),
  }),
  'plugin-source': Flags.string({
    parse: asText('--plugin-source'),
    exclusive: ['secret-value'],
    summary: messages.getMessage('flags.plugin-source.summary'),
    description: messages.getMessage('flags.plugin-source.description'),
  }),
  'secret-name': Flags.string({
    parse: asText('--secret-name'),
    exclusive: ['secret-value'],
    summary: messages.getMessage('flags.secret-name.summary'),
  }),
};

/** The flags that say what a pipeline logs in to: one login, stored or described, or a fleet. */
export const pipelineFlags = {
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
    aliases: CLIENT_ID_NAMES,
    parse: asClaim('iss', '--client-id'),
    dependsOn: ['instance-url'],
    summary: messages.getMessage('flags.client-id.summary'),
  }),
  'instance-url': instanceUrlFlag({
    char: 'r',
    dependsOn: ['client-id'],
    summary: messages.getMessage('flags.instance-url.summary'),
  }),
  'orgs-file': Flags.string({
    char: 'x',
    aliases: ['fleet'],
    parse: asPath('--orgs-file', 'output', 'refused'),
    exclusive: ['target-org', 'client-id', 'instance-url', 'secret-value'],
    summary: messages.getMessage('flags.orgs-file.summary'),
    description: messages.getMessage('flags.orgs-file.description'),
  }),
  'shards': Flags.integer({
    min: 1,
    max: MOST_SHARDS,
    dependsOn: ['orgs-file'],
    summary: messages.getMessage('flags.shards.summary'),
  }),
};

import { Flags } from '@salesforce/sf-plugins-core';
import { orgsFileChoices } from '../file-choices.js';
import { Messages } from '../messages.js';
import type { ReportFile } from '../report/file.js';
import { fileQuestion } from '../questions.js';
import { asClaim, CLIENT_ID_NAMES, instanceUrlFlag, keyFlags, waitFlagOf } from './login.js';
import { asPath, asText } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'fleet');

/** The part of a fleet that one of several machines takes: number `index` of `count`, counted from 1. */
export type Shard = { index: number; count: number };

/** @returns undefined for what is no `INDEX/COUNT` with 1 ≤ INDEX ≤ COUNT */
export function parseShard(text: string): Shard | undefined {
  const [, index = '', count = ''] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return index !== '' && shard.index <= shard.count ? shard : undefined;
}

export const orgsFileQuestion = fileQuestion('orgs-file', messages.getMessage('ask.orgs-file'), orgsFileChoices);

/** The flags of every command that goes through an orgs file. */
export const fleetFlags = {
  'orgs-file': Flags.string({
    char: 'x',
    parse: asPath('--orgs-file', 'input', 'refused'),
    required: true,
    summary: messages.getMessage('flags.orgs-file.summary'),
    description: messages.getMessage('flags.orgs-file.description'),
  }),
  'shard': Flags.custom<Shard>({
    parse: (input) => {
      const shard = parseShard(input);
      if (shard !== undefined) return Promise.resolve(shard);
      throw Object.assign(messages.createError('flags.shard.invalid', [input]), { exitCode: 2 });
    },
  })({
    summary: messages.getMessage('flags.shard.summary'),
    description: messages.getMessage('flags.shard.description'),
  }),
  'verbose': Flags.boolean({ default: false, summary: messages.getMessage('flags.verbose.summary') }),
};

/** How many rows at a time, and how long limits are waited out. */
export const concurrencyFlag = (byDefault: number) =>
  Flags.integer({ default: byDefault, min: 1, max: 100, summary: messages.getMessage('flags.concurrency.summary') });

export const limitWaitFlag = waitFlagOf(10, {
  summary: messages.getMessage('flags.wait.summary'),
  description: messages.getMessage('flags.wait.description'),
});

/** The flags that say of a login what a row leaves out. */
export const fleetLoginFlags = {
  'client-id': Flags.string({
    aliases: CLIENT_ID_NAMES,
    char: 'i',
    parse: asClaim('iss', '--client-id'),
    summary: messages.getMessage('flags.client-id.summary'),
  }),
  ...keyFlags,
  'instance-url': instanceUrlFlag({
    char: 'r',
    summary: messages.getMessage('flags.instance-url.summary'),
    description: messages.getMessage('flags.instance-url.description'),
  }),
  'audience': Flags.string({ parse: asText('--audience'), summary: messages.getMessage('flags.audience.summary') }),
};

/** The flags that count when all rows are done. */
export type FleetEndFlags = {
  'orgs-file': string;
  'dry-run': boolean;
  'output-file': string | undefined;
  'verbose': boolean;
  'report': ReportFile[] | undefined;
};

/** Where a copy of the orgs file goes, with what a command has learnt. */
export const copyFlags = (words: { summary: string; description: string; overwrite: string }) => ({
  'output-file': Flags.string({
    parse: asPath('--output-file', 'output'),
    summary: words.summary,
    description: words.description,
  }),
  // No default: oclif would take it for a given flag.
  'overwrite': Flags.boolean({ dependsOn: ['output-file'], summary: words.overwrite }),
});

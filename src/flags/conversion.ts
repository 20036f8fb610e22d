import { Messages } from '@salesforce/core';
import { Flags } from '@salesforce/sf-plugins-core';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.convert');

const summary = (flag: string): { summary: string } => ({ summary: messages.getMessage(`flags.${flag}.summary`) });
const summaryAndDescription = (flag: string): { summary: string; description: string } => ({
  ...summary(flag),
  description: messages.getMessage(`flags.${flag}.description`),
});

/** The flags of `jwt convert`. */
export const conversionFlags = {
  'from': Flags.string({ required: true, ...summaryAndDescription('from') }),
  'to': Flags.string({ required: true, ...summaryAndDescription('to') }),
  'certificate-file': Flags.string({ char: 'c', ...summaryAndDescription('certificate-file') }),
  'store-alias': Flags.string(summaryAndDescription('store-alias')),
  'store-passphrase-file': Flags.string(summaryAndDescription('store-passphrase-file')),
  'from-passphrase-file': Flags.string(summaryAndDescription('from-passphrase-file')),
  'passphrase-file': Flags.string(summary('passphrase-file')),
  'compatible': Flags.boolean(summaryAndDescription('compatible')),
  'encrypt': Flags.boolean({ ...summary('encrypt'), exclusive: ['pkcs1'] }),
  'pkcs1': Flags.boolean(summaryAndDescription('pkcs1')),
  'overwrite': Flags.boolean({ default: false, ...summary('overwrite') }),
};

import { Messages } from '../messages.js';
import { Flags } from '@salesforce/sf-plugins-core';
import { asPath, asText } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.convert');

const summary = (flag: string): { summary: string } => ({ summary: messages.getMessage(`flags.${flag}.summary`) });
const summaryAndDescription = (flag: string): { summary: string; description: string } => ({
  ...summary(flag),
  description: messages.getMessage(`flags.${flag}.description`),
});

const passphraseFileFlag = (name: string) =>
  Flags.string({ parse: asPath(`--${name}`, 'passphrase'), ...summaryAndDescription(name) });

/** The flags of `jwt convert`. */
export const conversionFlags = {
  'from': Flags.string({ required: true, parse: asPath('--from'), ...summaryAndDescription('from') }),
  'to': Flags.string({ required: true, parse: asPath('--to', 'output'), ...summaryAndDescription('to') }),
  'certificate-file': Flags.string({
    char: 'c',
    parse: asPath('--certificate-file'),
    ...summaryAndDescription('certificate-file'),
  }),
  'store-alias': Flags.string({ parse: asText('--store-alias'), ...summaryAndDescription('store-alias') }),
  'store-passphrase-file': passphraseFileFlag('store-passphrase-file'),
  'from-passphrase-file': passphraseFileFlag('from-passphrase-file'),
  'passphrase-file': Flags.string({ parse: asPath('--passphrase-file', 'passphrase'), ...summary('passphrase-file') }),
  'compatible': Flags.boolean(summaryAndDescription('compatible')),
  'encrypt': Flags.boolean({ ...summary('encrypt'), exclusive: ['pkcs1'] }),
  'pkcs1': Flags.boolean(summaryAndDescription('pkcs1')),
  'overwrite': Flags.boolean({ default: false, ...summary('overwrite') }),
};

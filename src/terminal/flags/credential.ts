import { Messages } from '../messages.js';
import { Flags } from '@salesforce/sf-plugins-core';
import { KEY_SIZES, type KeySize } from '../../keys/credential/issue.js';
import type { Subject } from '../../keys/credential/subject.js';
import { asPath, asWords } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.keygen');

const subjectFlag = (name: string) =>
  Flags.string({ parse: asWords(`--${name}`), summary: messages.getMessage(`flags.${name}.summary`) });

const keySizeFlag = Flags.custom<KeySize>({
  parse: (input) => Promise.resolve(Number(input) as KeySize),
  options: KEY_SIZES.map(String),
});

/** The size of a key that takes the place of another, which has one already. */
export const keySizeFlagWithoutDefault = keySizeFlag({ summary: messages.getMessage('flags.key-size.summary') });

/** The flags of every command that issues a new key and certificate. */
export const credentialFlags = {
  'key-size': keySizeFlag({ summary: messages.getMessage('flags.key-size.summary'), default: 2048 }),
  'days': Flags.integer({ summary: messages.getMessage('flags.days.summary'), default: 365, min: 1 }),
  'common-name': subjectFlag('common-name'),
  'organization': subjectFlag('organization'),
  'organizational-unit': subjectFlag('organizational-unit'),
  'locality': subjectFlag('locality'),
  'state': subjectFlag('state'),
  'country': subjectFlag('country'),
  'email': subjectFlag('email'),
  // No default here: oclif would take it for a given flag, and --passphrase-file would no longer need --encrypt.
  'encrypt': Flags.boolean({
    summary: messages.getMessage('flags.encrypt.summary'),
    description: messages.getMessage('flags.encrypt.description'),
  }),
  'passphrase-file': Flags.string({
    parse: asPath('--passphrase-file', 'passphrase'),
    summary: messages.getMessage('flags.passphrase-file.summary'),
    dependsOn: ['encrypt'],
  }),
};

/** The values of the flags that describe the subject. */
export type SubjectFlags = Partial<
  Record<
    'common-name' | 'organization' | 'organizational-unit' | 'locality' | 'state' | 'country' | 'email',
    string | undefined
  >
>;

/** The subject that the flags describe, which may lack its common name. */
export function subjectOf(flags: SubjectFlags): Omit<Subject, 'commonName'> & { commonName: string | undefined } {
  return {
    commonName: flags['common-name'],
    organization: flags.organization,
    organizationalUnit: flags['organizational-unit'],
    locality: flags.locality,
    state: flags.state,
    country: flags.country,
    email: flags.email,
  };
}

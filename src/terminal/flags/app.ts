import { Flags } from '@salesforce/sf-plugins-core';
import { Messages } from '../messages.js';
import { requireContactEmail, requireScopes, requireUrl } from '../../salesforce/app/requirements.js';
import { DEFAULT_SCOPES, metadataNamesOf } from '../../salesforce/app/scopes.js';
import { asText, asWords } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

/** The flags that say what an app is like, besides its name, its type and whom it opens to. */
export const appFlags = {
  'label': Flags.string({ parse: asWords('--label'), summary: messages.getMessage('flags.label.summary') }),
  'profile': Flags.string({
    parse: asWords('--profile'),
    multiple: true,
    summary: messages.getMessage('flags.profile.summary'),
  }),
  'scope': Flags.string({
    parse: asText('--scope'),
    multiple: true,
    summary: messages.getMessage('flags.scope.summary'),
    description: messages.getMessage('flags.scope.description'),
  }),
  'callback-url': Flags.string({
    parse: asText('--callback-url'),
    summary: messages.getMessage('flags.callback-url.summary'),
  }),
  'contact-email': Flags.string({
    parse: asText('--contact-email'),
    summary: messages.getMessage('flags.contact-email.summary'),
  }),
  'ip-relaxation': Flags.option({ options: ['enforce', 'bypass'] as const })({
    summary: messages.getMessage('flags.ip-relaxation.summary'),
    description: messages.getMessage('flags.ip-relaxation.description'),
  }),
};

/** What {@link appFlags} were given. */
export type AppFlags = {
  'label': string | undefined;
  'profile': string[] | undefined;
  'scope': string[] | undefined;
  'callback-url': string | undefined;
  'contact-email': string | undefined;
  'ip-relaxation': 'enforce' | 'bypass' | undefined;
};

/**
 * What the flags ask of an app that there is, which else keeps what it has, and the scopes of a new one.
 *
 * @throws Failure those of `requireScopes`, `requireContactEmail` and `requireUrl`
 */
export function appAsked(flags: AppFlags) {
  const { 'contact-email': contactEmail, 'callback-url': callbackUrl, label, scope, profile } = flags;
  const newScopes = metadataNamesOf(requireScopes(scope ?? DEFAULT_SCOPES));
  return {
    app: {
      label,
      contactEmail: contactEmail === undefined ? undefined : requireContactEmail(contactEmail),
      callbackUrl: callbackUrl && requireUrl(callbackUrl),
      scopes: scope === undefined ? [] : newScopes,
      profiles: profile ?? [],
      ipRelaxation: flags['ip-relaxation'],
    },
    newScopes,
  };
}

import { Messages } from '../../terminal/messages.js';
import type { Change } from '../../salesforce/app/app.js';
import type { TokenRefusal } from '../../salesforce/token/endpoint.js';
import { verdictOf, type ConnectedUser } from './connected.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

export function changeSentence({ key, from, to }: Change): string {
  return from === undefined
    ? messages.getMessage(`change.${key}`, [to])
    : messages.getMessage(`change.${key}.from`, [from, to]);
}

/** The server's own words, or what there was instead of them. */
export function refusalWords(refusal: TokenRefusal): string {
  return refusal.kind === 'oauth' ? `${refusal.error}: ${refusal.errorDescription}` : refusal.kind;
}

/** One user as the JSON has them. */
export function userRow(user: ConnectedUser): {
  username: string;
  assigned: ConnectedUser['assigned'];
  verified: boolean | null;
  error?: string;
} {
  const { refusal } = verdictOf(user);
  const error = refusal === undefined ? (user.error ?? expectedRefusalWords(user)) : refusalWords(refusal);
  return {
    username: user.user.username,
    assigned: user.assigned,
    verified: user.login?.ok ?? null,
    ...(error === undefined ? {} : { error }),
  };
}

/** Why an org will refuse an assignment, in our words, since it wasn't asked. */
export function expectedRefusalWords({ expectedRefusal }: ConnectedUser): string | undefined {
  return (
    expectedRefusal &&
    messages.getMessage('assignment.license', [expectedRefusal.permissionSet, expectedRefusal.license])
  );
}

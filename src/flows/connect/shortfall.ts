import { answerInWords } from '../../salesforce/token/log-in.js';
import { Messages } from '../../terminal/messages.js';
import { verdictOf, type Connected, type ConnectedUser } from './connected.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

/** Users that a sentence names; of more, their number. */
const NAMED = 3;

/**
 * One sentence: what became of the app, and for whom it falls short of a login. Undefined where every user is done.
 *
 * @example Created the app JwtBearer, but the login as ci@acme.com fails: invalid_grant: user hasn't approved this consumer
 */
export function shortfallOf({ name, status, users }: Pick<Connected, 'name' | 'status' | 'users'>): string | undefined {
  const verdicts = users.map((user) => ({ user, ...verdictOf(user) }));
  const kinds = {
    login: verdicts.filter(({ state, refusal }) => state === 'failed' && refusal !== undefined),
    assignment: verdicts.filter(({ state, refusal }) => state === 'failed' && refusal === undefined),
    late: verdicts.filter(({ state }) => state === 'pending'),
  };
  const clauses = Object.entries(kinds).flatMap(([kind, { length }]) => {
    if (length === 0) return [];
    const these = kinds[kind as keyof typeof kinds].map(({ user }) => user);
    if (length > 1) return [messages.getMessage(`shortfall.${kind}.several`, [namesOf(these)])];
    return [messages.getMessage(`shortfall.${kind}`, [namesOf(these), reasonOf(these[0]!)])];
  });
  return clauses.length === 0 ? undefined : messages.getMessage(`shortfall.${status}`, [name, clauses.join('; ')]);
}

/** The server's own words, or what came instead of them. */
function reasonOf({ login, error }: ConnectedUser): string {
  return login === undefined || login.ok ? (error ?? '-') : answerInWords(login);
}

function namesOf(users: ConnectedUser[]): string {
  const names = users.slice(0, NAMED).map(({ user }) => user.username);
  const others = users.length - names.length;
  return others === 0 ? names.join(', ') : messages.getMessage('shortfall.others', [names.join(', '), others]);
}

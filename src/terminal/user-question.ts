import type { Choice } from './asker.js';
import { Messages } from './messages.js';
import { isGiven, type Question } from './question.js';
import { targetOrgIn } from './questions.js';
import { openStoredOrg } from './stored-org.js';
import type { ActiveUser } from '../salesforce/org/active-users.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'questions');

/**
 * Which user of the target org, where no flag names one and a person is being asked for other things anyway: the admin who
 * works there comes first, so that Return alone means what no flag means. Where the org shows no users, that one is meant.
 *
 * @param purpose what the user is for: to be pre-authorized, or to prove that a key logs in
 */
export const userQuestion = (purpose: 'access' | 'proof'): Question => ({
  name: 'username',
  isMissing: (given, inConversation) => inConversation && !isGiven(given, 'username'),
  ask: async (asker, given, check) => {
    const org = await targetOrgIn(given);
    if (org === undefined) return undefined;
    const [{ activeUsers }, connection] = await Promise.all([
      import('../salesforce/org/active-users.js'),
      openStoredOrg(org),
    ]);
    const own = connection.getUsername();
    const users = await activeUsers(connection).catch(() => []);
    const admin = users.find(({ username }) => username === own);
    const others = users.filter((user) => user !== admin);
    if (admin === undefined || others.length === 0) return undefined;
    return asker.find(messages.getMessage(`ask.user.${purpose}`), userChoices([admin, ...others]), check);
  },
});

export function userChoices(users: readonly ActiveUser[]): Array<Choice<string>> {
  return users.map(({ username, name }) => ({
    value: username,
    name: name === undefined ? username : messages.getMessage('choice.user', [username, name]),
  }));
}

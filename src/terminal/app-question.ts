import type { Question } from './question.js';
import { isGiven } from './question.js';
import { Messages } from './messages.js';
import { targetOrgIn } from './questions.js';
import { openStoredOrg } from './stored-org.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'questions');

/**
 * Which app of the target org, where no flag names one. The one that `connect` makes by itself is meant where the org has it,
 * and the only one where it has just one; neither is asked for.
 *
 * @param byItself API name of the app that is meant without a name
 */
export const appQuestion = (byItself: string): Question => ({
  name: 'name',
  isMissing: (given) => !isGiven(given, 'name') && !isGiven(given, 'client-id'),
  ask: async (asker, given) => {
    const org = await targetOrgIn(given);
    if (org === undefined) return undefined;
    const [{ labelledApps }, connection] = await Promise.all([
      import('../salesforce/app/named-app.js'),
      openStoredOrg(org),
    ]);
    const apps = await labelledApps(connection.metadata);
    const known = apps.find(({ name }) => name.toLowerCase() === byItself.toLowerCase());
    if (known !== undefined || apps.length === 0) return undefined;
    const choices = apps.map(({ name, type, label }) => ({
      value: name,
      name: messages.getMessage('choice.namedApp', [name, label, messages.getMessage(`type.${type}`)]),
    }));
    return asker.find(messages.getMessage('ask.app'), choices);
  },
});

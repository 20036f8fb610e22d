import type { Connection } from '@salesforce/core';
import { Messages } from '../../terminal/messages.js';
import type { Asker } from '../../terminal/asker.js';
import type { Ci } from '../snippet/request.js';
import { exampleRepository, requireRepository } from './repository.js';
import { TARGETS, type TargetName } from './request.js';
import { explain } from '../../terminal/explain.js';
import { isFailure } from '../../failure.js';
import { activeUsers } from '../../salesforce/org/active-users.js';
import { userChoices } from '../../terminal/user-question.js';
import { ROLES, type Role } from '../../salesforce/org/integration-rights.js';
import { newUsername } from './new-user.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.setup');

/** The questions of `setup`, each with the choices that are known. */

/** Who logs in: an active user of the org, whoever asks first. */
export async function askUser(ask: Asker, connection: Connection): Promise<string> {
  const choices = userChoices(await activeUsers(connection));
  const made = { value: NEW_USER, name: messages.getMessage('choice.newUser') };
  return ask.find(messages.getMessage('question.user'), [...choices, made]);
}

/** The answer that no username is. */
export const NEW_USER = '+';

/** The name of a user who is to be made. */
export async function askNewUser(ask: Asker, connection: Connection): Promise<string> {
  const check = wrongWith((answer) => newUsername(answer, connection));
  return newUsername(await ask.enter(messages.getMessage('question.newUser'), { byDefault: 'ci', check }), connection);
}

/** What the new user is for. */
export function askRole(ask: Asker): Promise<Role> {
  const choices = ROLES.map((value) => ({ value, name: messages.getMessage(`role.${value}`) }));
  return ask.choose(messages.getMessage('question.role'), choices);
}

/** Whether to keep the key in a file here, where the CI's tool can't take it. */
export function askByHand(ask: Asker): Promise<boolean> {
  return ask.confirm(messages.getMessage('question.byHand'));
}

/** A check of an answer by what reads it. */
function wrongWith(read: (answer: string) => unknown): (answer: string) => string | undefined {
  return (answer) => {
    try {
      read(answer);
      return undefined;
    } catch (error) {
      if (!isFailure(error)) throw error;
      return explain(error).message;
    }
  };
}

/** Which CI: the one that the repository shows comes first. */
export async function askTarget(ask: Asker, detected: Ci | undefined): Promise<Ci | 'none'> {
  const names = (['github', 'gitlab', 'azure', 'bitbucket', 'circleci', 'jenkins', 'shell', 'none'] as const).filter(
    (name) => TARGETS[name] !== detected,
  );
  const found = (Object.keys(TARGETS) as TargetName[]).find((name) => TARGETS[name] === detected);
  const choices = [...(found === undefined ? [] : [found]), ...names].map((name) => ({
    value: name,
    name: messages.getMessage(`target.${name}`),
  }));
  return TARGETS[await ask.choose(messages.getMessage('question.for'), choices)];
}

/** Which repository has the secret. */
export async function askRepository(ask: Asker, ci: Ci, detected: string | undefined): Promise<string> {
  const question = messages.getMessage('question.repository', [exampleRepository(ci)]);
  const check = wrongWith((answer) => requireRepository(ci, answer));
  return requireRepository(ci, await ask.enter(question, { byDefault: detected, check }));
}

/** Whether to replace what isn't ours. */
export function askReplace(ask: Asker, what: 'certificate' | 'secret' | 'file', values: string[]): Promise<boolean> {
  return ask.confirm(messages.getMessage(`question.replace.${what}`, values));
}

/** Whether to go on with the plan. */
export const askPlan = (ask: Asker): Promise<boolean> => ask.confirm(messages.getMessage('question.plan'), true);

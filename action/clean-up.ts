import { TOKEN_TIMEOUT } from '../src/salesforce/token/endpoint.js';
import { answerInWords } from '../src/salesforce/token/log-in.js';
import { systemFetch } from '../src/salesforce/token/network.js';
import { revokeToken } from '../src/salesforce/token/revocation.js';
import { explain } from '../src/terminal/explain.js';
import { Messages } from '../src/terminal/messages.js';
import { formsOfSecret } from './masks.js';
import type { Runner } from './runner.js';
import { removeClaimed } from './stored.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'action');

/** The step at the end of the job takes back what the main step made, and nothing else. What fails is a warning: the work is done. */
export async function cleanUp(runner: Runner): Promise<void> {
  const [username, orgId] = [runner.state('username'), runner.state('orgId')];
  if (username === undefined || orgId === undefined) return;
  await attempt(runner, 'cleanUp.token', username, () => revoke(runner, username));
  await attempt(runner, 'cleanUp.stored', username, async () => {
    if (await removeClaimed(orgId, username)) runner.say(messages.getMessage('loggedOut.stored', [username]));
  });
}

async function revoke(runner: Runner, username: string): Promise<void> {
  const [token, instanceUrl] = [runner.state('token'), runner.state('instanceUrl')];
  if (token === undefined || instanceUrl === undefined) return;
  for (const form of formsOfSecret(token)) runner.mask(form);
  const fetch = await systemFetch(runner.environment);
  const revocation = await revokeToken(fetch, instanceUrl, token, TOKEN_TIMEOUT);
  if (revocation.state === 'alive') throw new Error(answerInWords(revocation.refusal));
  runner.say(messages.getMessage('loggedOut.token', [username]));
}

async function attempt(
  runner: Runner,
  text: 'cleanUp.token' | 'cleanUp.stored',
  username: string,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    const reason = error instanceof Error ? explain(error).message : String(error);
    runner.warn(messages.getMessage('title.cleanUp'), messages.getMessage(text, [username, reason]));
  }
}

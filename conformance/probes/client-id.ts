import type { Answers } from '../answers.js';
import { externalClientApp, globalSettings } from '../apps.js';
import { newClientId } from '../keys.js';
import type { Probe, Reading } from '../probe.js';
import { deployWords, grantWords, setting } from '../questions.js';

const SWITCH = 'ecaKeySettable';
const RELIES_ON = { file: 'src/salesforce/app/external-client-app.ts', at: 'consumerKey' };

/** `consumerKey` in a deployment: for a new app, once more, another one, and one that is taken. */
export const clientId: Probe = {
  name: 'client-id',
  title: 'Whether the client id of an External Client App can be chosen, and changed',
  needs: [],
  changes: 'makes an app, and tries to make a second one; both are removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'chosen for a new app',
      notes: '9.1, 10.6',
      switches: [SWITCH],
      reliesOn: RELIES_ON,
      means: {
        kept: 'the app has the client id that was sent',
        replaced: 'the deployment succeeds, and the app has another',
        refused: 'the deployment fails because of it',
      },
      local: 'kept',
      read: chosen,
    },
    deployWords({ name: 'the same once more', notes: '9.1', label: 'the same once more', local: 'taken' }),
    deployWords({
      name: 'another on an update',
      notes: '9.1',
      label: 'another on an update',
      local: 'taken',
      means: { taken: 'and the old one stays, as far as the next question can tell' },
    }),
    grantWords({
      name: 'login with the first one after that',
      notes: '9.1',
      label: 'login with the first one after that',
      local: 'granted',
    }),
    deployWords({
      name: 'one that is taken',
      notes: '9.1',
      label: 'one that is taken',
      local: 'The consumer key is already taken.',
    }),
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const clientIdSent = newClientId();
    const app = await run.app('chosen', 'ClientId', { clientId: clientIdSent });
    if (app === undefined) return;
    await run.letIn('chosen', app.name, admin);
    const login = { ...app, username: admin.username };
    await run.whenSettled('login with the chosen one', { ...login, clientId: clientIdSent });
    if (app.clientId !== clientIdSent) await run.whenReady("login with the server's", login);
    await run.install('the same once more', [globalSettings(app.name, await fields(clientIdSent))]);
    await run.install('another on an update', [globalSettings(app.name, await fields(newClientId()))]);
    await run.whenSettled('login with the first one after that', login);
    await run.install('one that is taken', externalClientApp('JwtConformanceTwin', await fields(app.clientId)));

    async function fields(id: string): Promise<{ clientId: string; certificate: string }> {
      return { clientId: id, certificate: await run.certificate(login.key) };
    }
  },
};

function chosen(answers: Answers): Reading | undefined {
  const made = answers.deployed('chosen');
  if (made === undefined) return undefined;
  if (!made.success) {
    const ofKey = made.problems.some((problem) => /consumer ?key/i.test(problem));
    return ofKey ? setting('refused', SWITCH, 'rejected') : { answer: made.problems.join('; ') };
  }
  if (answers.grant('login with the chosen one') === 'granted') return setting('kept', SWITCH, true);
  return setting('replaced', SWITCH, 'ignored');
}

import type { Answers } from '../answers.js';
import type { Probe, Reading } from '../probe.js';
import { setting } from '../questions.js';

/** The places where a client id can be looked up, and with which rights. */
export const clientIdReadback: Probe = {
  name: 'client-id-readback',
  title: 'Where the client id of an External Client App can be read: read, retrieve, credentials API',
  needs: [],
  changes:
    'makes the shared app and lets the named user in, if there is one; it is removed. Reading its credentials leaves an entry in the Setup Audit Trail',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'in readMetadata',
      notes: '9.2, 10.3',
      switches: ['consumerKeyReadable'],
      reliesOn: { file: 'src/salesforce/app/app-in-use.ts', at: 'consumerKey' },
      means: { yes: 'it is there', empty: 'the element is there and empty', no: 'the element is missing' },
      local: 'yes',
      read: (answers) => inElement(answers, 'read'),
    },
    {
      name: 'in readMetadata, for a user without rights',
      notes: '9.2',
      means: { refused: 'the Metadata API refuses the user', yes: 'whoever may log in may read it' },
      local: 'refused',
      read: (answers) => {
        const status = answers.status('read as a user');
        if (status === undefined) return undefined;
        return { answer: status === 200 ? (inElement(answers, 'read as a user')?.answer ?? 'no') : 'refused' };
      },
    },
    {
      name: 'in retrieve',
      notes: '9.2, 10.3',
      means: { yes: 'it is there', empty: 'the element is there and empty', no: 'the element is missing' },
      local: 'yes',
      read: (answers) => {
        const found = inElement(answers, 'retrieve');
        return found && { answer: found.answer };
      },
    },
    {
      name: 'in the credentials API',
      notes: '10.3',
      switches: ['oauthCredentialsApi'],
      reliesOn: { file: 'src/salesforce/app/oauth-credentials.ts', at: 'apps/oauth' },
      means: { enabled: 'the API lists the apps', disabled: 'the org setting or the permission is missing' },
      local: 'disabled',
      read: (answers) => {
        const status = answers.status('credentials: apps');
        if (status === undefined) return undefined;
        const state = status === 200 ? 'enabled' : 'disabled';
        return setting(state, 'oauthCredentialsApi', state);
      },
    },
    {
      name: 'words of the credentials API',
      notes: '10.3',
      means: { none: 'it is open' },
      local: 'FUNCTIONALITY_NOT_ENABLED',
      read: (answers) => {
        if (answers.status('credentials: apps') === undefined) return undefined;
        return {
          answer: answers.restErrorCode('credentials: apps') ?? 'none',
          undecided: answers.status('credentials: apps') === 200,
        };
      },
    },
  ],
  ask: async (run) => {
    const app = await run.sharedApp();
    const { name } = app;
    const type = 'ExtlClntAppGlobalOauthSettings';
    const fullName = `${name}_glbloauth`;
    await run.read('read', type, fullName);
    await run.retrieve('retrieve', [{ type, fullName }]);
    const { user } = run.circumstances;
    if (user !== undefined) {
      await run.letIn('user let in', name, user);
      const token = await run.whenReady('login of the user', { ...app, username: user.username });
      if (token !== undefined) await run.read('read as a user', type, fullName, { token, as: '{username-2}' });
    }
    // The whole list would show the org's other apps.
    const listed = await run.peek('credentials: apps', '/apps/oauth/usage', 'apps');
    if (!listed) return;
    const id = await run.idOf('id of the app', 'ExternalClientApplication', 'DeveloperName', name);
    await run.get('credentials: consumers', `/apps/oauth/credentials/${id ?? ''}`);
  },
};

function inElement(answers: Answers, label: string): Reading | undefined {
  if (answers.status(label) !== 200) return undefined;
  const key = answers.element(label, 'consumerKey');
  if (key === undefined) return setting('no', 'consumerKeyReadable', false);
  return key === '' ? setting('empty', 'consumerKeyReadable', 'empty') : setting('yes', 'consumerKeyReadable', true);
}

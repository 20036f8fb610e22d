import { component } from '../apps.js';
import type { Probe } from '../probe.js';
import { deployWords } from '../questions.js';

const NAME = 'ExternalClientApp';

/** The org's settings for External Client Apps; deployed for a check only, so that they stay as they are. */
export const appSettings: Probe = {
  name: 'app-settings',
  title:
    'Whether ExternalClientAppSettings can be retrieved and deployed under the name ExternalClientApp (check-only)',
  needs: [],
  changes: 'nothing: its deployment is only checked, and appears in Deployment Status',
  readOnly: true,
  limitSeconds: 300,
  questions: [
    deployWords({ name: 'deployed for a check', notes: '9.15', label: 'check', local: 'taken' }),
    {
      name: 'retrieved',
      notes: '9.15',
      means: { there: 'the file came', missing: 'the org has none of this name' },
      read: (answers) => {
        if (answers.status('settings') !== 200) return undefined;
        const body = answers.answer('settings')?.body;
        const names = body?.type === 'files' ? Object.keys(body.files) : [];
        return { answer: names.some((name) => name.endsWith('.settings')) ? 'there' : 'missing' };
      },
    },
  ],
  ask: async (run) => {
    await run.retrieve('settings', [{ type: 'Settings', fullName: NAME }]);
    const settings = component('Settings', NAME, { enableClientSecretInRestApiAccess: 'false' });
    await run.install('check', [settings], { checkOnly: true });
  },
};

import type { Probe } from '../probe.js';
import { setting } from '../questions.js';

/** Settings that come back other than they were sent, or that nobody sent. */
export const forcedSettings: Probe = {
  name: 'forced-settings',
  title: 'Which global OAuth settings the org sets by itself: `isPkceRequired`, `isDPopEnabled`',
  needs: [],
  changes: 'makes an app, which is removed',
  readOnly: false,
  limitSeconds: 600,
  questions: [
    {
      name: 'isPkceRequired that was sent false',
      notes: '9.17, 10.3',
      switches: ['pkceRequired'],
      means: { 'forced': 'it comes back true', 'as-deployed': 'it comes back false' },
      local: 'forced',
      read: (answers) => {
        const value = answers.element('read back', 'isPkceRequired');
        if (value === undefined) return undefined;
        const answer = value === 'true' ? 'forced' : 'as-deployed';
        return setting(answer, 'pkceRequired', answer);
      },
    },
    {
      name: 'isDPopEnabled that was not sent',
      notes: '10.3',
      switches: ['dPopField'],
      means: { returned: 'the element is there', unknown: 'it is not' },
      local: 'returned',
      read: (answers) => {
        if (answers.element('read back', 'fullName') === undefined) return undefined;
        const answer = answers.element('read back', 'isDPopEnabled') === undefined ? 'unknown' : 'returned';
        return setting(answer, 'dPopField', answer);
      },
    },
  ],
  ask: async (run) => {
    const app = await run.app('app', 'Forced', { global: { isPkceRequired: 'false' } });
    if (app === undefined) return;
    await run.read('read back', 'ExtlClntAppGlobalOauthSettings', `${app.name}_glbloauth`);
  },
};

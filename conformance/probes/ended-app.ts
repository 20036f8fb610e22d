import { appPolicy } from '../apps.js';
import { deletionOf } from '../metadata.js';
import type { Probe } from '../probe.js';
import { grantWords } from '../questions.js';

/** An app that is switched off, and one that is gone. */
export const endedApp: Probe = {
  name: 'ended-app',
  title: 'What a login with a disabled and with a deleted app is answered, and what becomes of its sessions',
  needs: [],
  changes: 'makes an app, disables it and deletes it',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    grantWords({
      name: 'login with a disabled app',
      notes: '10.3',
      label: 'login: disabled',
      local: 'OAUTH_APP_BLOCKED: this app is blocked by admin',
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'OAUTH_APP_BLOCKED' },
    }),
    grantWords({
      name: 'login with a deleted app',
      notes: '10.3',
      label: 'login: deleted',
      local: 'app_not_found: External client app is not installed in this org',
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'app_not_found' },
    }),
    {
      name: 'a session of the deleted app',
      notes: '10.3',
      means: { 'status 401': 'it has ended', 'status 200': 'it lives on' },
      local: 'status 401',
      read: (answers) => {
        const status = answers.status('use after deletion');
        return status === undefined ? undefined : { answer: `status ${String(status)}` };
      },
    },
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const app = await run.app('app', 'Ended');
    if (app === undefined) return;
    await run.letIn('app', app.name, admin);
    const login = { ...app, username: admin.username };
    const token = await run.whenReady('usual login', login);
    await run.install('disabled', [appPolicy(app.name, false)]);
    await run.whenRefused('login: disabled', login);
    const parts = [
      ['ExtlClntAppConfigurablePolicies', '_defaultPolicy'],
      ['ExtlClntAppOauthConfigurablePolicies', '_oauth_defaultPolicy'],
      ['ExtlClntAppGlobalOauthSettings', '_glbloauth'],
      ['ExtlClntAppOauthSettings', '_oauth'],
      ['ExternalClientApplication', ''],
    ].map(([type = '', suffix = '']) => ({ type, fullName: app.name + suffix }));
    await run.deploy('deleted', deletionOf(parts, run.apiVersion));
    await run.whenRefused('login: deleted', login);
    if (token !== undefined) await run.get('use after deletion', '/limits', token);
  },
};

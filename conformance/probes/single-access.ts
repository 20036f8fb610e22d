import type { Probe } from '../probe.js';
import type { ProbeRun } from '../probe-run.js';
import { setting } from '../questions.js';

/** The way from a token into a browser, with and without the scope for it. */
export const singleAccess: Probe = {
  name: 'single-access',
  title: 'Whether `services/oauth2/singleaccess` is there, and whether it takes the scope `web`',
  needs: [],
  changes: 'makes the shared app and one without the scope, assigned to the admin; both are removed',
  readOnly: false,
  limitSeconds: 600,
  questions: [
    {
      name: 'with the scope web',
      notes: '10.3',
      switches: ['singleAccess'],
      reliesOn: { file: 'src/salesforce/token/front-door.ts', at: 'singleaccess' },
      means: { served: 'the answer holds a front door URL', missing: 'the org has no such page' },
      local: 'served',
      read: (answers) => {
        const status = answers.status('with web');
        if (status === 404) return setting('missing', 'singleAccess', 'missing');
        if (answers.text('with web', 'frontdoor_uri') !== undefined) return setting('served', 'singleAccess', 'served');
        return status === undefined ? undefined : { answer: `status ${String(status)}` };
      },
    },
    {
      name: 'without it',
      notes: '10.3',
      reliesOn: { file: 'src/salesforce/token/front-door.ts', at: 'web' },
      means: { refused: 'status 403', served: 'the scope is not looked at' },
      local: 'refused',
      read: (answers) => {
        const status = answers.status('without web');
        if (status === undefined || status === 404) return undefined;
        return { answer: status === 403 ? 'refused' : status === 200 ? 'served' : `status ${String(status)}` };
      },
    },
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const token = await run.login('login with web', { ...(await run.sharedApp()), username: admin.username });
    if (token !== undefined) await open(run, 'with web', token);
    const bare = await run.app('app without web', 'WithoutWeb', { scopes: 'Api, RefreshToken' });
    if (bare === undefined) return;
    await run.letIn('app without web', bare.name, admin);
    const other = await run.whenReady('login without web', { ...bare, username: admin.username });
    if (other !== undefined) await open(run, 'without web', other);
  },
};

async function open(run: ProbeRun, label: string, token: string): Promise<void> {
  const path = '/services/oauth2/singleaccess?redirect_uri=%2Flightning%2Fpage%2Fhome';
  await run.send({ method: 'GET', path, token }, { label });
}

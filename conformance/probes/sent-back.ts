import { component, CONTACT_EMAIL } from '../apps.js';
import type { Probe } from '../probe.js';
import { deployWords, setting } from '../questions.js';

const HEADER = 'ExternalClientApplication';

/** What the server filled in by itself, sent to it again. */
export const sentBack: Probe = {
  name: 'sent-back',
  title: 'Whether `orgScopedExternalApp` and `oauthLink` may be sent back on an update',
  needs: [],
  changes: 'makes an app and deploys its header and settings again; it is removed',
  readOnly: false,
  limitSeconds: 600,
  questions: [
    {
      name: 'orgScopedExternalApp as it was read',
      notes: '9.11',
      switches: ['orgScopedExternalAppOnUpdate'],
      reliesOn: { file: 'src/salesforce/app/external-client-app.ts', at: 'orgScopedExternalApp' },
      means: { accepted: 'the update succeeds', refused: 'it fails' },
      local: 'accepted',
      read: (answers) => {
        const end = answers.deployed('orgScopedExternalApp sent back');
        if (end === undefined) return undefined;
        const answer = end.success ? 'accepted' : 'refused';
        return setting(answer, 'orgScopedExternalAppOnUpdate', answer);
      },
    },
    deployWords({ name: 'oauthLink as it was read', notes: '9.11', label: 'oauthLink sent back', local: 'taken' }),
    deployWords({
      name: 'oauthLink of another app',
      notes: '9.11',
      label: 'oauthLink of another',
      local: "The OAuth link wrong:wrong isn't valid.",
    }),
  ],
  ask: async (run) => {
    const app = await run.app('app', 'SentBack');
    if (app === undefined) return;
    const { name } = app;
    const header = await run.read('header', HEADER, name);
    const scope = /<orgScopedExternalApp>([^<]+)</.exec(header)?.[1];
    const elements = { contactEmail: CONTACT_EMAIL, distributionState: 'Local', label: name };
    if (scope !== undefined) {
      const sent = component(HEADER, name, { ...elements, orgScopedExternalApp: scope });
      await run.install('orgScopedExternalApp sent back', [sent]);
    }
    const settings = await run.read('OAuth settings', 'ExtlClntAppOauthSettings', `${name}_oauth`);
    const link = /<oauthLink>([^<]+)</.exec(settings)?.[1];
    const oauth = {
      commaSeparatedOauthScopes: 'Api, Web, RefreshToken',
      externalClientApplication: name,
      label: `${name}_oauth`,
    };
    for (const [label, oauthLink] of [
      ['oauthLink sent back', link],
      ['oauthLink of another', 'wrong:wrong'],
    ] as const) {
      if (oauthLink === undefined) continue;
      await run.install(label, [component('ExtlClntAppOauthSettings', `${name}_oauth`, { ...oauth, oauthLink })]);
    }
  },
};

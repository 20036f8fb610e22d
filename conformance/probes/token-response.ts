import type { Answers } from '../answers.js';
import type { Probe, Reading } from '../probe.js';
import { setting } from '../questions.js';

const EXTRAS = ['token_format', 'api_instance_url'];

/** Members of the answer by what the app has, and two grants right after each other. */
export const tokenResponse: Probe = {
  name: 'token-response',
  title: 'Which members a token response has by scope and flag, and whether a second grant is a second token',
  needs: [],
  changes: 'makes the shared app and three more, assigned to the admin; all are removed',
  readOnly: false,
  limitSeconds: 1200,
  questions: [
    {
      name: 'members for api, web, refresh_token',
      notes: '9.14, 10.3',
      means: {},
      read: (answers) => {
        const members = membersOf(answers, 'plain');
        return members && { answer: members.join(', ') };
      },
    },
    {
      name: 'extra members',
      notes: '9.14, 10.3',
      switches: ['tokenResponseExtras'],
      means: {
        'by-app': 'with sfap_api, and with JWT-format tokens',
        'always': 'for every app',
        'never': 'for none of these apps',
      },
      local: 'by-app',
      read: extras,
    },
    {
      name: 'two grants in a second',
      notes: '9.14',
      switches: ['repeatedGrant'],
      means: { 'new-token': 'each is a token of its own', 'same-token': 'the same again' },
      local: 'new-token',
      read: (answers) => {
        const [first, second] = ['plain', 'plain, again'].map((label) => answers.text(label, 'access_token'));
        if (first === undefined || second === undefined) return undefined;
        const answer = first === second ? 'same-token' : 'new-token';
        return setting(answer, 'repeatedGrant', answer);
      },
    },
    {
      name: 'refresh_token as the only scope',
      notes: '9.14',
      switches: ['onlyRefreshScope'],
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'scope' },
      means: { refused: 'no token is issued', issued: 'one is' },
      local: 'refused',
      read: (answers) => {
        const words = answers.grant('only refresh_token');
        if (words === undefined) return undefined;
        const answer = words === 'granted' ? 'issued' : 'refused';
        return setting(answer, 'onlyRefreshScope', answer);
      },
    },
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const plain = { ...(await run.sharedApp()), username: admin.username };
    await run.login('plain', plain);
    await run.login('plain, again', plain);
    const variants = [
      ['sfap_api', 'Sfap', { scopes: 'Api, Web, RefreshToken, SFApiPlatform' }],
      ['JWT-format tokens', 'JwtTokens', { global: { isNamedUserJwtEnabled: 'true' } }],
      ['only refresh_token', 'OnlyRefresh', { scopes: 'RefreshToken' }],
    ] as const;
    for (const [label, name, options] of variants) {
      const app = await run.app(`app: ${label}`, name, options);
      if (app === undefined) continue;
      await run.letIn(`app: ${label}`, app.name, admin);
      await run.whenSettled(label, { ...app, username: admin.username });
    }
  },
};

function membersOf(answers: Answers, label: string): string[] | undefined {
  const json = answers.json(label);
  if (answers.status(label) !== 200 || json === null || typeof json !== 'object') return undefined;
  return Object.keys(json).sort();
}

function extras(answers: Answers): Reading | undefined {
  const [plain, sfap, jwt] = ['plain', 'sfap_api', 'JWT-format tokens'].map((label) => membersOf(answers, label));
  if (plain === undefined) return undefined;
  const has = (members: string[] | undefined): boolean => EXTRAS.some((name) => members?.includes(name) === true);
  if (has(plain)) return setting('always', 'tokenResponseExtras', 'always');
  if (has(sfap) || has(jwt)) return setting('by-app', 'tokenResponseExtras', 'by-app');
  return sfap === undefined && jwt === undefined ? undefined : setting('never', 'tokenResponseExtras', 'never');
}

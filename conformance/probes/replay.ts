import { JWT_BEARER } from '../login.js';
import type { Probe } from '../probe.js';
import { grantWords } from '../questions.js';

/** RFC 7523 leaves it to the server whether it looks at `jti`. */
export const replay: Probe = {
  name: 'replay',
  title: 'Whether the same assertion serves twice, with and without `jti`',
  needs: [],
  changes: 'makes the shared app, which is removed',
  readOnly: false,
  limitSeconds: 600,
  questions: [
    grantWords({ name: 'twice without jti', notes: '9.9', label: 'without jti, again', local: 'granted' }),
    grantWords({
      name: 'twice with jti',
      notes: '9.9',
      label: 'with jti, again',
      local: 'invalid_request: jti already in use',
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'jti already in use' },
    }),
    grantWords({
      name: 'the same jti in a new assertion',
      notes: '9.9',
      label: 'the same jti, other exp',
      local: 'invalid_request: jti already in use',
    }),
  ],
  ask: async (run) => {
    const login = { ...(await run.sharedApp()), username: run.circumstances.admin.username };
    const jti = run.newJti();
    for (const [label, claims] of [
      ['without jti', {}],
      ['with jti', { jti }],
    ] as const) {
      const { assertion, recorded } = run.assertionOf({ ...login, claims });
      const fields = { grant_type: JWT_BEARER, assertion };
      await run.grant(label, 'org', fields, { assertion: recorded });
      await run.grant(`${label}, again`, 'org', fields, { assertion: recorded });
    }
    await run.login('the same jti, other exp', { ...login, claims: { jti }, exp: 120 });
  },
};

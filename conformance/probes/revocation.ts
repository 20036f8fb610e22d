import { randomBytes } from 'node:crypto';

import { type Answers, memberText } from '../answers.js';
import type { Probe, Reading } from '../probe.js';
import type { ProbeRun } from '../probe-run.js';
import { setting } from '../questions.js';

/** Tokens that live, have ended, and never were, at the revocation endpoint (RFC 7009). */
export const revocation: Probe = {
  name: 'revocation',
  title: 'What the revocation endpoint answers for live, dead and random tokens',
  needs: [],
  changes: 'makes the shared app, which is removed; revokes a token of its own',
  readOnly: false,
  limitSeconds: 600,
  questions: [
    {
      name: 'a token that lives',
      notes: '10.3',
      reliesOn: { file: 'src/salesforce/token/revocation.ts', at: 'invalid_token' },
      means: { revoked: 'status 200' },
      local: 'revoked',
      read: (answers) => ended(answers, 'live'),
    },
    {
      name: 'the same once more',
      notes: '10.3',
      switches: ['deadTokenRevocation'],
      reliesOn: { file: 'src/salesforce/token/revocation.ts', at: 'invalid_token' },
      means: {
        invalid_token: 'the token is not, or not any more',
        unsupported_token_type: 'no sort of token that can be revoked',
        revoked: 'status 200, as RFC 7009 section 2.2 has it',
      },
      local: 'invalid_token',
      read: (answers) => {
        const found = ended(answers, 'dead');
        const known = found?.answer === 'invalid_token' || found?.answer === 'unsupported_token_type';
        return found && known ? setting(found.answer, 'deadTokenRevocation', found.answer) : found;
      },
    },
    {
      name: 'a random token',
      notes: '10.3',
      means: { invalid_token: 'the token is not' },
      read: (answers) => ended(answers, 'random'),
    },
    {
      name: 'a request with the revoked token',
      notes: '10.3',
      means: { 'status 401': 'the session has ended' },
      local: 'status 401',
      read: (answers) => {
        const status = answers.status('use after revocation');
        return status === undefined ? undefined : { answer: `status ${String(status)}` };
      },
    },
  ],
  ask: async (run) => {
    const login = { ...(await run.sharedApp()), username: run.circumstances.admin.username };
    const token = await run.login('login', login);
    if (token !== undefined) {
      await revoke(run, 'live', token);
      await run.get('use after revocation', '/limits', token);
      await revoke(run, 'dead', token);
    }
    await revoke(run, 'random', `00D000000000000!${randomBytes(48).toString('hex')}`);
  },
};

async function revoke(run: ProbeRun, label: string, token: string): Promise<void> {
  const body = { type: 'form' as const, fields: { token } };
  await run.send({ method: 'POST', path: '/services/oauth2/revoke', body }, { label });
}

function ended(answers: Answers, label: string): Reading | undefined {
  const status = answers.status(label);
  if (status === undefined) return undefined;
  if (status === 200) return { answer: 'revoked' };
  return { answer: memberText(answers.json(label), 'error') ?? `status ${String(status)}` };
}

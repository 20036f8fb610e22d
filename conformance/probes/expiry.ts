import type { Answers } from '../answers.js';
import type { Probe, Reading } from '../probe.js';
import { grantWords, setting } from '../questions.js';

const PAST = [5, 50, 70, 110, 130, 170, 190, 290, 310, 590, 610];
/** Graces that somebody may have chosen, in seconds. */
const LIKELY = [0, 60, 120, 180, 300, 600];
const TEN_YEARS = 10 * 365 * 24 * 60 * 60;

/** Assertions that ended some seconds ago, and others that end in years. */
export const expiry: Probe = {
  name: 'expiry',
  title: 'How long after `exp` an assertion still counts, and how far ahead `exp` may lie',
  needs: [],
  changes: 'makes the shared app, which is removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'seconds after exp',
      notes: '9.9',
      switches: ['expiryGraceSeconds'],
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'expired authorization code' },
      means: {
        '180 seconds': 'the three minutes that the documentation names',
        '0 seconds': 'exp is meant as it stands',
      },
      local: '180 seconds',
      read: grace,
    },
    grantWords({
      name: 'an exp long past',
      notes: '9.9',
      label: 'exp -610',
      local: 'invalid_grant: expired authorization code',
    }),
    grantWords({ name: 'exp in ten years', notes: '9.9', label: 'exp in ten years', local: 'granted' }),
    grantWords({
      name: 'exp in milliseconds, as sf sends it',
      notes: '9.9',
      label: 'exp in milliseconds',
      local: 'granted',
    }),
  ],
  ask: async (run) => {
    const login = { ...(await run.sharedApp()), username: run.circumstances.admin.username };
    await run.login('exp in three minutes', login);
    for (const seconds of PAST) await run.login(`exp -${String(seconds)}`, { ...login, exp: -seconds });
    await run.login('exp in ten years', { ...login, exp: TEN_YEARS });
    await run.login('exp in milliseconds', { ...login, exp: 0.3, expInMs: true });
  },
};

function grace(answers: Answers): Reading | undefined {
  if (answers.grant('exp in three minutes') !== 'granted') return undefined;
  const granted = (seconds: number): boolean => answers.grant(`exp -${String(seconds)}`) === 'granted';
  const longest = Math.max(0, ...PAST.filter(granted));
  const shortest = Math.min(Infinity, ...PAST.filter((seconds) => !granted(seconds)));
  const likely = LIKELY.find((seconds) => seconds >= longest && seconds < shortest);
  if (likely === undefined) return { answer: `between ${String(longest)} and ${String(shortest)} seconds` };
  return setting(`${String(likely)} seconds`, 'expiryGraceSeconds', likely);
}

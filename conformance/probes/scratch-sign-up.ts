import { type Answers, memberText } from '../answers.js';
import { CALLBACK } from '../apps.js';
import { cell } from '../org-api.js';
import type { Probe, Question } from '../probe.js';
import type { ProbeRun } from '../probe-run.js';
import { said, setting } from '../questions.js';

const CASES = [
  ['own app', 'current release, as sf does it without variables'],
  ['PlatformCLI', 'as sf does it with SF_SCRATCH_SIGNUP_CONNECTED_APP'],
  ['own app, preview', 'preview release'],
] as const;

/** Scratch orgs from a Dev Hub whose login came from an External Client App, with the app of the login and without. */
export const scratchSignUp: Probe = {
  name: 'scratch-sign-up',
  title: "Whether a scratch org can be signed up with an External Client App, and with the CLI's own",
  needs: ['dev-hub'],
  changes: 'signs up to three scratch orgs and deletes them; the ScratchOrgInfo records stay, as a log of them',
  readOnly: false,
  limitSeconds: 2400,
  questions: [
    signUp('own app', 'C-1016'),
    signUp('PlatformCLI', 'Active'),
    {
      name: 'own app, preview',
      notes: '10.2',
      switches: ['previewSignUp'],
      reliesOn: { file: 'src/salesforce/org/sign-up-variables.ts', at: 'C-1016' },
      means: {
        'active-without-app': 'the scratch org is made, and nobody can log in with the app',
        'C-1016': 'the sign-up fails as on the current release',
      },
      local: 'active-without-app',
      read: (answers) => {
        const state = stateOf(answers, 'own app, preview');
        if (state === 'Active') return setting('active-without-app', 'previewSignUp', 'active-without-app');
        return state === 'C-1016' ? setting('C-1016', 'previewSignUp', 'C-1016') : said(state);
      },
    },
  ],
  ask: async (run) => {
    const app = await run.sharedApp();
    for (const [label] of CASES) {
      const key = label === 'PlatformCLI' ? label : app.clientId;
      await signUpOne(run, label, key, label.endsWith('preview') ? { Release: 'Preview' } : {});
    }
  },
};

function signUp(label: string, local: string): Question {
  return {
    name: label,
    notes: '10.2',
    reliesOn: { file: 'src/salesforce/org/sign-up-variables.ts', at: 'C-1016' },
    means: { 'Active': 'the scratch org is made', 'C-1016': 'the app cannot be brought along' },
    local,
    read: (answers) => said(stateOf(answers, label)),
  };
}

async function signUpOne(run: ProbeRun, label: string, key: string, more: Record<string, string>): Promise<void> {
  const id = await run.create(label, 'ScratchOrgInfo', {
    ConnectedAppCallbackUrl: CALLBACK,
    ConnectedAppConsumerKey: key,
    DurationDays: 1,
    Edition: 'Developer',
    OrgName: `JwtConformance ${label}`,
    ...more,
  });
  if (id === undefined) return;
  const soql = `SELECT Status, ErrorCode FROM ScratchOrgInfo WHERE Id = '${id}'`;
  for (;;) {
    const [row] = await run.query(`${label}: state`, soql, { repeat: true });
    const status = row?.['Status'];
    if (status === 'Active' || status === 'Error' || row === undefined) break;
    await run.pause(run.circumstances.pace.loginPollMs);
  }
  const active = await run.query(`${label}: org`, `SELECT Id FROM ActiveScratchOrg WHERE ScratchOrgInfoId = '${id}'`);
  for (const row of active) await run.remove(`${label}: deleted`, 'ActiveScratchOrg', cell(row, 'Id'));
}

function stateOf(answers: Answers, label: string): string | undefined {
  const row = answers.records(`${label}: state`)?.[0];
  if (row === undefined) return answers.restErrorCode(label);
  return memberText(row, 'ErrorCode') ?? memberText(row, 'Status');
}

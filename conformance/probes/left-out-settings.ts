import type { Answers } from '../answers.js';
import { globalSettings } from '../apps.js';
import type { Component } from '../metadata.js';
import type { Probe, Reading } from '../probe.js';
import type { ProbeRun } from '../probe-run.js';
import { setting } from '../questions.js';

/** A second deployment of the global settings without some of its elements. */
export const leftOutSettings: Probe = {
  name: 'left-out-settings',
  title: 'What becomes of elements that a later deployment of the global OAuth settings leaves out',
  needs: [],
  changes: 'makes an app and deploys its settings again; it is removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'certificate left out',
      notes: '10.3',
      switches: ['omittedCertificate'],
      reliesOn: { file: 'src/salesforce/app/certificate-swap.ts', at: 'certificate' },
      means: { removed: 'it is gone, and nobody can log in', kept: 'it stays' },
      local: 'removed',
      read: omittedCertificate,
    },
    {
      name: 'isNamedUserJwtEnabled left out',
      notes: '10.3',
      switches: ['omittedFields'],
      means: { reset: 'it is false again', kept: 'it stays true' },
      local: 'reset',
      read: (answers) => {
        const before = answers.element('before', 'isNamedUserJwtEnabled');
        const after = answers.element('without both', 'isNamedUserJwtEnabled');
        if (before !== 'true' || answers.status('without both') !== 200) return undefined;
        const answer = after === 'true' ? 'kept' : 'reset';
        return setting(answer, 'omittedFields', answer);
      },
    },
    {
      name: 'callbackUrl left out',
      notes: '10.3',
      means: { refused: 'the deployment fails', gone: 'it is gone', kept: 'it stays' },
      local: 'gone',
      read: (answers) => {
        const end = answers.deployed('callbackUrl left out');
        if (end === undefined) return undefined;
        if (!end.success) return { answer: 'refused' };
        const left = answers.element('without callbackUrl', 'callbackUrl');
        // Where everything is kept, this is no news.
        const kept = answers.element('without both', 'isNamedUserJwtEnabled') === 'true';
        return { answer: left === undefined || left === '' ? 'gone' : 'kept', undecided: kept };
      },
    },
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const app = await run.app('app', 'LeftOut', { global: { isNamedUserJwtEnabled: 'true' } });
    if (app === undefined) return;
    await run.letIn('app', app.name, admin);
    const login = { ...app, username: admin.username };
    await run.whenReady('login before', login);
    await read(run, 'before', app.name);
    await run.install('both left out', [globalSettings(app.name, {})]);
    await read(run, 'without both', app.name);
    await run.whenRefused('login without certificate', login);
    const certificate = await run.certificate(app.key);
    await run.install('callbackUrl left out', [without('callbackUrl', globalSettings(app.name, { certificate }))]);
    await read(run, 'without callbackUrl', app.name);
  },
};

async function read(run: ProbeRun, label: string, app: string): Promise<void> {
  await run.read(label, 'ExtlClntAppGlobalOauthSettings', `${app}_glbloauth`);
}

function without(name: string, { elements, ...component }: Component): Component {
  return { ...component, elements: Object.fromEntries(Object.entries(elements).filter(([key]) => key !== name)) };
}

/** The read-back tells where it shows certificates at all, else the login does. */
function omittedCertificate(answers: Answers): Reading | undefined {
  const words = answers.grant('login without certificate');
  if (words === undefined || answers.grant('login before') !== 'granted') return undefined;
  const shown = answers.element('before', 'certificate') !== undefined;
  const stays = shown ? answers.element('without both', 'certificate') !== undefined : words === 'granted';
  const answer = stays ? 'kept' : 'removed';
  return setting(answer, 'omittedCertificate', answer);
}

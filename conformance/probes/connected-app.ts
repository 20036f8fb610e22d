import type { Answers } from '../answers.js';
import { CALLBACK, connectedApp, CONTACT_EMAIL } from '../apps.js';
import { newClientId, rsaKey } from '../keys.js';
import { elementsXml } from '../metadata.js';
import type { Probe, Reading } from '../probe.js';
import { setting } from '../questions.js';

const DEPLOYED = 'JwtConformanceDeployed';
const CREATED = 'JwtConformanceCreated';
const BLOCKED = /can.t create a connected app/i;

/** A new Connected App, by deployment and by `createMetadata`. */
export const connectedAppProbe: Probe = {
  name: 'connected-app',
  title: 'Whether Connected Apps can still be made, by deployment and by CRUD, and what a refusal says',
  needs: [],
  changes: 'makes two Connected Apps where the org allows it; both are removed',
  readOnly: false,
  limitSeconds: 600,
  questions: [
    {
      name: 'by deployment',
      notes: '9.6',
      switches: ['connectedAppCreation'],
      reliesOn: { file: 'src/salesforce/app/deployment.ts', at: 'create a connected app' },
      means: { blocked: 'the org refuses it', allowed: 'it is made' },
      local: 'blocked',
      read: creation,
    },
    {
      name: 'status code of the refusal by CRUD',
      notes: '9.6',
      switches: ['connectedAppBlockedStatusCode'],
      means: { UNKNOWN_EXCEPTION: 'no code of its own', FUNCTIONALITY_NOT_ENABLED: 'a feature that is off' },
      local: 'UNKNOWN_EXCEPTION',
      read: (answers) => {
        const code = answers.element('created', 'statusCode');
        if (code === undefined || !BLOCKED.test(answers.element('created', 'message') ?? '')) return undefined;
        return setting(code, 'connectedAppBlockedStatusCode', code);
      },
    },
    {
      name: 'isAdminApproved in createMetadata',
      notes: '9.6',
      means: { ignored: 'it reads back false', kept: 'it reads back true' },
      local: 'ignored',
      read: (answers) => {
        const value = answers.element('created: read back', 'isAdminApproved');
        return value === undefined ? undefined : { answer: value === 'true' ? 'kept' : 'ignored' };
      },
    },
  ],
  ask: async (run) => {
    const certificate = await run.certificate(await rsaKey('probe'));
    await run.install('deployed', [connectedApp(DEPLOYED, { certificate, consumerKey: newClientId() })]);
    const elements = elementsXml({
      contactEmail: CONTACT_EMAIL,
      label: CREATED,
      oauthConfig: { callbackUrl: CALLBACK, certificate, isAdminApproved: 'true', scopes: ['Api', 'RefreshToken'] },
    });
    const metadata = `<metadata xsi:type="ConnectedApp"><fullName>${CREATED}</fullName>${elements}</metadata>`;
    await run.soap('created', 'createMetadata', metadata);
    await run.read('created: read back', 'ConnectedApp', CREATED);
  },
};

function creation(answers: Answers): Reading | undefined {
  const end = answers.deployed('deployed');
  if (end === undefined) return undefined;
  if (end.success) return setting('allowed', 'connectedAppCreation', 'allowed');
  const blocked = end.problems.some((problem) => BLOCKED.test(problem));
  return blocked ? setting('blocked', 'connectedAppCreation', 'blocked') : { answer: end.problems.join('; ') };
}

import { type Answers, memberOf } from '../answers.js';
import { permissionSet } from '../apps.js';
import type { Probe, Reading } from '../probe.js';
import type { App, Changed, KnownUser, ProbeRun } from '../probe-run.js';
import { setting } from '../questions.js';

const ORGANIZATION = 'SELECT Id, IsSandbox, TrialExpirationDate, NamespacePrefix FROM Organization';
const SCRATCH_ORG_INFO = 'SELECT Id FROM ScratchOrgInfo LIMIT 1';
const LICENSE = 'SalesforceAPIIntegrationPsl';
const OBJECT = 'PermissionSetLicenseAssign';
const VIEW_SETUP = 'JwtConformanceViewSetup';

/** The two questions that a JWT login asks about its org, in one batch. */
export const integrationUser: Probe = {
  name: 'integration-user',
  title: 'What a user of the license Salesforce Integration may learn about the org, alone and with View Setup',
  needs: ['integration-user'],
  changes:
    'makes an app and two permission sets, assigns them to the named users, and gives the user a permission set license for a moment; all are removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'who may query Organization',
      notes: '10.1',
      switches: ['organizationReaders'],
      reliesOn: { file: 'src/salesforce/org/organization.ts', at: 'composite/batch' },
      means: {
        'everybody': 'the integration user may',
        'nobody': 'not even with View Setup and Configuration',
        'all-but-minimal': 'the integration user may not, a plain user may',
        'setup-viewers': 'who has View Setup and Configuration',
        'with View Setup': 'the integration user may with View Setup; there was no plain user (--user) to compare',
        'View Setup refused': 'the license does not allow the permission',
      },
      local: 'all-but-minimal',
      read: organizationReaders,
    },
    {
      name: 'who may query ScratchOrgInfo',
      notes: '10.1',
      switches: ['scratchOrgInfoReaders'],
      reliesOn: { file: 'src/salesforce/org/organization.ts', at: 'ScratchOrgInfo' },
      means: { 'everybody': 'the integration user may', 'setup-viewers': 'the integration user may not' },
      local: 'everybody',
      read: (answers) => {
        if (answers.records('admin: ScratchOrgInfo') === undefined) return undefined;
        const status = statusOf(answers, 'alone', 1);
        if (status === undefined) return undefined;
        const readers = status === 200 ? 'everybody' : 'setup-viewers';
        return setting(readers, 'scratchOrgInfoReaders', readers);
      },
    },
  ],
  ask: async (run) => {
    const { integrationUser: user, user: plain } = run.circumstances;
    if (user === undefined) throw new Error('There is no integration user.');
    await run.query('admin: ScratchOrgInfo', SCRATCH_ORG_INFO);
    const app = await run.app('app', 'Integration');
    if (app === undefined) return;
    await batchAs(run, 'alone', app, user);
    if (plain !== undefined && plain.id !== user.id) await batchAs(run, 'plain user', app, plain);
    const licensed = await license(run, user);
    try {
      await withViewSetup(run, app, user);
    } finally {
      await licensed.takeBack();
    }
  },
};

/** Without the permission set license, the user license allows next to nothing. */
async function license(run: ProbeRun, user: KnownUser): Promise<Pick<Changed, 'takeBack'>> {
  const id = await run.idOf('id of the license', 'PermissionSetLicense', 'DeveloperName', LICENSE);
  const mine = `AssigneeId = '${user.id}' AND PermissionSetLicenseId = '${id ?? ''}'`;
  const has = await run.query('license', `SELECT Id FROM ${OBJECT} WHERE ${mine}`);
  if (id === undefined || has.length > 0) return { takeBack: () => Promise.resolve() };
  return run.give('license given', OBJECT, { AssigneeId: user.id, PermissionSetLicenseId: id });
}

async function withViewSetup(run: ProbeRun, app: App, user: KnownUser): Promise<void> {
  const userPermissions = [{ enabled: 'true', name: 'ViewSetup' }];
  await run.install('View Setup', [permissionSet(VIEW_SETUP, { userPermissions })]);
  const set = await run.idOf('View Setup: id', 'PermissionSet', 'Name', VIEW_SETUP);
  const assigned = set === undefined ? undefined : await run.assign('View Setup: assignment', set, user);
  if (assigned === undefined) return;
  const token = await run.whenReady('with View Setup: login', { ...app, username: user.username });
  if (token !== undefined) await batch(run, 'with View Setup', token);
  await run.remove('View Setup: assignment removed', 'PermissionSetAssignment', assigned);
}

async function batchAs(run: ProbeRun, label: string, app: App, user: KnownUser): Promise<void> {
  await run.letIn(label, app.name, user);
  const token = await run.whenReady(`${label}: login`, { ...app, username: user.username });
  if (token !== undefined) await batch(run, label, token);
}

async function batch(run: ProbeRun, label: string, token: string): Promise<void> {
  const version = `v${run.apiVersion}`;
  const batchRequests = [ORGANIZATION, SCRATCH_ORG_INFO].map((soql) => {
    return { method: 'GET', url: `${version}/query?q=${encodeURIComponent(soql)}` };
  });
  const body = { type: 'json' as const, json: { batchRequests } };
  const path = `/services/data/${version}/composite/batch`;
  await run.send({ method: 'POST', path, token, body }, { label });
}

function statusOf(answers: Answers, label: string, index: number): number | undefined {
  const results = answers.member(label, 'results');
  const status = Array.isArray(results) ? memberOf(results[index], 'statusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}

function organizationReaders(answers: Answers): Reading | undefined {
  const name = 'organizationReaders';
  const alone = statusOf(answers, 'alone', 0);
  if (alone === undefined) return undefined;
  if (alone === 200) return setting('everybody', name, 'everybody');
  const withSetup = statusOf(answers, 'with View Setup', 0);
  if (withSetup === undefined) return { answer: 'View Setup refused', undecided: true };
  if (withSetup !== 200) return setting('nobody', name, 'nobody');
  const plain = statusOf(answers, 'plain user', 0);
  if (plain === undefined) return { answer: 'with View Setup', undecided: true };
  const readers = plain === 200 ? 'all-but-minimal' : 'setup-viewers';
  return setting(readers, name, readers);
}

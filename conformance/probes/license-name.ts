import { type Answers, memberOf, memberText } from '../answers.js';
import type { Probe, Reading } from '../probe.js';
import { setting } from '../questions.js';

const SETS = 'SELECT LicenseId, License.Name FROM PermissionSet WHERE LicenseId != null LIMIT 50';
const LICENSES = 'SELECT Id, DeveloperName, MasterLabel FROM PermissionSetLicense';

const MAXIMA = ['ModifyMetadata', 'AuthorApex', 'CustomizeApplication', 'ViewSetup'];
const INTEGRATION = 'SalesforceAPIIntegrationPsl';
const MAY_HOLD = `SELECT ${MAXIMA.map((name) => `MaximumPermissions${name}`).join(', ')} FROM PermissionSetLicense WHERE DeveloperName = '${INTEGRATION}'`;

/** `License` of a permission set is a user license or a permission set license. */
export const licenseName: Probe = {
  name: 'license-name',
  title: 'What `License.Name` of permission sets says, and which permissions the integration license may hold',
  needs: [],
  changes: 'nothing',
  readOnly: true,
  limitSeconds: 120,
  questions: [
    {
      name: 'License.Name',
      notes: '10.4',
      reliesOn: { file: 'src/salesforce/org/pre-authorization.ts', at: 'License.Name' },
      means: { 'can be queried': 'the relationship is legal' },
      local: 'can be queried',
      read: (answers) => {
        if (answers.status('permission sets') === undefined) return undefined;
        return { answer: answers.restErrorCode('permission sets') ?? 'can be queried' };
      },
    },
    {
      name: 'what it says for a permission set license',
      notes: '10.4',
      reliesOn: { file: 'src/salesforce/org/pre-authorization.ts', at: 'License.Name' },
      means: { 'label': 'MasterLabel', 'developer name': 'DeveloperName' },
      local: 'label',
      read: whatItSays,
    },
    {
      name: 'what the license Salesforce API Integration allows',
      notes: '10.1',
      switches: ['integrationMayDeploy'],
      reliesOn: { file: 'src/salesforce/org/integration-user.ts', at: 'MaximumPermissions' },
      means: {
        'may deploy': 'its holders may have Modify Metadata',
        'may not deploy': 'they may not',
        'no such license': 'the org has none',
      },
      local: 'may deploy',
      read: mayDeploy,
    },
    {
      name: 'both in one batch',
      notes: '10.4',
      means: { served: 'composite/batch answers each for itself' },
      local: 'served',
      read: (answers) => {
        const results = answers.member('batch', 'results');
        if (answers.status('batch') === undefined) return undefined;
        return {
          answer:
            Array.isArray(results) && results.length === 2 ? 'served' : `status ${String(answers.status('batch'))}`,
        };
      },
    },
  ],
  ask: async (run) => {
    await run.query('permission sets', SETS);
    await run.query('permission set licenses', LICENSES);
    await run.query('what the integration license may hold', MAY_HOLD);
    const version = `v${run.apiVersion}`;
    const batchRequests = [SETS.replace('50', '1'), `${LICENSES} LIMIT 1`].map((soql) => {
      return { method: 'GET', url: `${version}/query?q=${encodeURIComponent(soql)}` };
    });
    await run.post('batch', '/composite/batch', { batchRequests });
  },
};

function mayDeploy(answers: Answers): Reading | undefined {
  const rows = answers.records('what the integration license may hold');
  if (rows === undefined) return undefined;
  const [license] = rows;
  if (license === undefined) return { answer: 'no such license', undecided: true };
  const may = memberOf(license, 'MaximumPermissionsModifyMetadata') === true;
  return setting(may ? 'may deploy' : 'may not deploy', 'integrationMayDeploy', may);
}

function whatItSays(answers: Answers): Reading | undefined {
  const licenses = answers.records('permission set licenses') ?? [];
  for (const set of answers.records('permission sets') ?? []) {
    const license = licenses.find((row) => memberText(row, 'Id') === memberText(set, 'LicenseId'));
    if (license === undefined) continue;
    const name = memberText(memberOf(set, 'License'), 'Name') ?? '';
    if (name === memberText(license, 'MasterLabel')) return { answer: 'label' };
    return { answer: name === memberText(license, 'DeveloperName') ? 'developer name' : name };
  }
  return undefined;
}

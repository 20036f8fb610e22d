import type { Answers } from '../answers.js';
import { oauthPolicy, permissionSet } from '../apps.js';
import { deletionOf } from '../metadata.js';
import type { Probe, Reading } from '../probe.js';
import { grantWords, setting } from '../questions.js';

const OTHER = 'JwtConformanceNobody';

/** The way from a permission set's name in a policy to a login. */
export const accessRow: Probe = {
  name: 'access-row',
  title: 'Whether a policy that names a permission set lets its holders in by itself, and what its removal does',
  needs: [],
  changes: 'makes an app and two permission sets, and assigns one to the admin; all are removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'row of SetupEntityAccess',
      notes: '9.4, 10.3',
      switches: ['accessRowCreated'],
      reliesOn: { file: 'src/salesforce/org/pre-authorization.ts', at: 'SetupEntityAccess' },
      means: { made: 'the deployment makes it', missing: 'it has to be inserted' },
      local: 'made',
      read: (answers) => {
        const rows = answers.records('rows after the deployment');
        if (rows === undefined) return undefined;
        return rows.length > 0
          ? setting('made', 'accessRowCreated', true)
          : setting('missing', 'accessRowCreated', false);
      },
    },
    grantWords({
      name: 'login of somebody without the permission set',
      notes: '9.4',
      label: 'login before the assignment',
      local: 'invalid_app_access: user is not admin approved to access this app',
      reliesOn: { file: 'src/salesforce/token/meaning.ts', at: 'invalid_app_acc' },
    }),
    grantWords({
      name: 'login with the permission set',
      notes: '9.4',
      label: 'login after the assignment',
      local: 'granted',
    }),
    {
      name: 'row after the policy names another one',
      notes: '9.4',
      means: { gone: 'the old permission set has lost the app', stays: 'it still has it' },
      local: 'gone',
      read: (answers) => {
        const before = answers.records('rows after the deployment');
        const after = answers.records('rows after the change');
        if (after === undefined || before === undefined || before.length === 0) return undefined;
        return { answer: after.length === 0 ? 'gone' : 'stays' };
      },
    },
    {
      name: 'deleting a permission set that is assigned',
      notes: '9.4',
      switches: ['assignedPermissionSetDeletion'],
      reliesOn: { file: 'src/flows/disconnect/dependencies.ts', at: 'unassigned' },
      means: { refused: 'it has to be taken from everybody first', allowed: 'the assignments go with it' },
      local: 'refused',
      read: deletion,
    },
  ],
  ask: async (run) => {
    const { admin } = run.circumstances;
    const app = await run.app('app', 'Access');
    if (app === undefined) return;
    const login = { ...app, username: admin.username };
    const set = await run.idOf('id of the permission set', 'PermissionSet', 'Name', app.name);
    const rows = async (label: string): Promise<void> => {
      const soql = `SELECT Id, SetupEntityType FROM SetupEntityAccess WHERE ParentId = '${set ?? ''}'`;
      await run.query(label, soql);
    };
    await rows('rows after the deployment');
    await run.login('login before the assignment', login);
    await run.letIn('let in', app.name, admin);
    await run.whenReady('login after the assignment', login);
    const policy = oauthPolicy(app.name, { permissionSet: OTHER });
    const changed = await run.install('policy names another', [permissionSet(OTHER), policy]);
    if (!changed.success) return;
    await rows('rows after the change');
    await run.whenRefused('login after the change', login);
    // By now nothing but the assignment to the admin holds it.
    await run.deploy('deletion', deletionOf([{ type: 'PermissionSet', fullName: app.name }], run.apiVersion));
  },
};

function deletion(answers: Answers): Reading | undefined {
  const end = answers.deployed('deletion');
  if (end === undefined) return undefined;
  if (end.success) return setting('allowed', 'assignedPermissionSetDeletion', 'allowed');
  const words = end.problems.join('; ');
  return /assign/i.test(words) ? setting('refused', 'assignedPermissionSetDeletion', 'refused') : { answer: words };
}

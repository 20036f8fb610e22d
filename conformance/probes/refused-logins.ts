import { memberOf, memberText } from '../answers.js';
import { permissionSet } from '../apps.js';
import { rsaKey } from '../keys.js';
import { jsonOf } from '../org-api.js';
import type { Probe, Question } from '../probe.js';
import type { Login } from '../login.js';
import type { App, ProbeRun } from '../probe-run.js';
import { grantWords, said } from '../questions.js';

const LICENSED = 'JwtConformanceLicensed';
const API_INTEGRATION = 'Salesforce API Integration';
const NOT_APPROVED = "invalid_grant: user hasn't approved this consumer";
const RELIES_ON = { file: 'src/salesforce/token/meaning.ts', at: 'inactive user' };

const CANNOT_LOCK = 'the API locks nobody';
const BLOCKED_BY_APP = 'Failed: Not approved for access';

/** What the login history of the local org has for each; of a user that there isn't, it has nothing. */
const HISTORY: Readonly<Record<string, string>> = {
  'not assigned': BLOCKED_BY_APP,
  'wrong key': "Failed: : Couldn't validate jwt",
  'frozen': 'Failed: User is Inactive',
  'inactive': 'Failed: User is Inactive',
  'locked': 'Failed: User Locked Out',
  'never approved': BLOCKED_BY_APP,
  'high assurance': BLOCKED_BY_APP,
  'permission set of the API integration license': BLOCKED_BY_APP,
};

/** One login that fails for each state of a user, an app and its policy, with what the login history says of it. */
export const refusedLogins: Probe = {
  name: 'refused-logins',
  title: 'What a login is answered, and what the history says: frozen, inactive, locked, not assigned, not approved …',
  needs: ['user'],
  changes: 'makes four apps and a permission set; freezes, locks and deactivates the named user, each for one login',
  readOnly: false,
  limitSeconds: 1500,
  questions: [
    refused('not assigned', 'invalid_app_access: user is not admin approved to access this app'),
    refused('frozen', 'invalid_grant: inactive user', RELIES_ON),
    refused('inactive', 'invalid_grant: inactive user', RELIES_ON),
    locked(),
    refused('never approved', NOT_APPROVED),
    refused('high assurance', 'invalid_grant: high assurance session required'),
    refused('permission set of the API integration license', NOT_APPROVED),
    refused('unknown user', NOT_APPROVED),
    ...Object.entries(HISTORY).map(([label, local]) => inHistory(label, local)),
  ],
  ask: async (run) => {
    const { user } = run.circumstances;
    if (user === undefined) throw new Error('There is no user.');
    const app = await run.app('app', 'Refused');
    if (app === undefined) return;
    const login = { ...app, username: user.username };
    await refuse(run, 'not assigned', login);
    await run.login('unknown user', { ...login, username: `nobody.${user.username}` });
    await run.letIn('let in', app.name, user);
    await run.whenReady('usual login', login);
    await refuse(run, 'wrong key', { ...login, key: await rsaKey('other') });
    await userStates(run, login);
    await policies(run, user.username);
    await licensed(run, user.username);
  },
};

/** An admin may unlock users. Who wants this answer locks the user by hand: ten logins with a wrong password. */
function locked(): Question {
  const at = { file: 'src/salesforce/token/meaning.ts', at: 'user is locked' };
  const words = refused('locked', CANNOT_LOCK, at);
  return {
    ...words,
    means: { ...words.means, [CANNOT_LOCK]: 'the API lets an admin unlock users only' },
    read: (answers) => {
      const status = answers.status('locked: change');
      return status !== undefined && status >= 400 ? { answer: CANNOT_LOCK } : words.read(answers);
    },
  };
}

function refused(name: string, local: string, reliesOn?: Question['reliesOn']): Question {
  return grantWords({ name, notes: '9.10', label: name, local, ...(reliesOn === undefined ? {} : { reliesOn }) });
}

async function userStates(run: ProbeRun, login: Login): Promise<void> {
  const { user } = run.circumstances;
  if (user === undefined) return;
  const rows = await run.query('state of the user', `SELECT Id FROM UserLogin WHERE UserId = '${user.id}'`);
  const loginId = typeof rows[0]?.['Id'] === 'string' ? rows[0]['Id'] : '';
  const states = [
    ['frozen', 'UserLogin', loginId, 'IsFrozen', true],
    ['locked', 'UserLogin', loginId, 'IsPasswordLocked', true],
    ['inactive', 'User', user.id, 'IsActive', false],
  ] as const;
  for (const [label, object, id, field, value] of states) {
    if (id === '') continue;
    const undo = { object, id, fields: { [field]: !value } };
    const { taken, takeBack } = await run.change(`${label}: change`, undo, { [field]: value });
    try {
      if (taken) await refuse(run, label, login);
    } finally {
      await takeBack();
    }
  }
}

async function policies(run: ProbeRun, username: string): Promise<void> {
  const { user } = run.circumstances;
  const selfAuthorized = { permittedUsersPolicyType: 'AllSelfAuthorized', commaSeparatedPermissionSet: '' };
  const open = await run.app('self-authorized app', 'SelfAuthorized', { policy: selfAuthorized });
  if (open !== undefined) await refuse(run, 'never approved', { ...open, username });
  const assurance = { policyAction: 'Block', requiredSessionLevel: 'HIGH_ASSURANCE' };
  const high = await run.app('high assurance app', 'Assured', { policy: assurance });
  if (high === undefined || user === undefined) return;
  await run.letIn('high assurance app', high.name, user);
  await refuse(run, 'high assurance', { ...high, username });
}

/** A permission set of the API integration license can't hold apps. Orgs without the license refuse to make it. */
async function licensed(run: ProbeRun, username: string): Promise<void> {
  const { user } = run.circumstances;
  const made = await run.install('licensed permission set', [permissionSet(LICENSED, { license: API_INTEGRATION })]);
  if (!made.success || user === undefined) return;
  const app: App | undefined = await run.app('app of that', 'OfLicensed', { permissionSet: LICENSED });
  if (app === undefined) return;
  await run.letIn('app of that', app.name, user, LICENSED);
  await refuse(run, 'permission set of the API integration license', { ...app, username });
}

/** Logs in until it is refused, and looks for what the history has of that, which is some time behind. */
async function refuse(run: ProbeRun, label: string, login: Login): Promise<void> {
  const seen = await failuresOf(run, `${label}: history before`);
  if (await run.whenRefused(label, login)) return;
  const until = Date.now() + run.circumstances.pace.settleMs;
  for (;;) {
    const entry = (await failuresOf(run, `${label}: history since`)).find((id) => !seen.includes(id));
    if (entry !== undefined) {
      const soql = `SELECT Status, LoginType FROM LoginHistory WHERE Id = '${entry}'`;
      await run.query(`${label}: history`, soql);
      return;
    }
    if (Date.now() >= until) return;
    await run.pause(run.circumstances.pace.loginPollMs);
  }
}

/** Ids of the user's failed logins, the newest first. */
async function failuresOf(run: ProbeRun, label: string): Promise<string[]> {
  const who = `UserId = '${run.circumstances.user?.id ?? ''}' AND Status != 'Success'`;
  const soql = `SELECT Id FROM LoginHistory WHERE ${who} ORDER BY LoginTime DESC LIMIT 50`;
  const path = `/services/data/v${run.apiVersion}/query?q=${encodeURIComponent(soql)}`;
  const received = await run.send({ method: 'GET', path, token: run.adminToken }, { label, repeat: true });
  const records = memberOf(jsonOf(received), 'records');
  return (Array.isArray(records) ? records : []).map((row) => memberText(row, 'Id') ?? '');
}

function inHistory(label: string, local: string): Question {
  return {
    name: `${label}, in the login history`,
    notes: '4, 10.5',
    reliesOn: { file: 'src/salesforce/org/login-access.ts', at: 'FROM LoginHistory' },
    means: { [BLOCKED_BY_APP]: 'it names the app or its policy as the reason' },
    local,
    read: (answers) => said(memberText(answers.records(`${label}: history`)?.[0], 'Status')),
  };
}

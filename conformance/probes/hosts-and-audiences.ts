import type { Answers } from '../answers.js';
import { connectedApp, permissionSet } from '../apps.js';
import { newClientId, rsaKey } from '../keys.js';
import type { Probe, Reading } from '../probe.js';
import type { ProbeRun } from '../probe-run.js';
import { grantWords, setting } from '../questions.js';

const LOGIN = 'https://login.salesforce.com';
const TEST = 'https://test.salesforce.com';
const CONNECTED = 'JwtConformanceConnected';
const AUDIENCE = { file: 'src/keys/assertion/audience.ts', at: 'PRODUCTION_AUDIENCE' };
const UNREACHABLE = { file: 'src/flows/doctor/checks/url.ts', at: 'The login hosts know no External Client App' };

/** Every audience at the org's own host, and the generic hosts, for both kinds of app. */
export const hostsAndAudiences: Probe = {
  name: 'hosts-and-audiences',
  title: 'Which audiences count at which host, and where each kind of app is found',
  needs: [],
  changes: 'makes the shared app and, where the org allows it, a Connected App; both are removed',
  readOnly: false,
  limitSeconds: 900,
  questions: [
    {
      name: 'generic audiences at My Domain',
      notes: '9.8, 10.2',
      switches: ['myDomainAudience'],
      reliesOn: AUDIENCE,
      means: {
        any: 'login.salesforce.com and test.salesforce.com both count',
        matching: 'only the one that fits the kind of org counts',
        own: "only the org's own host counts",
      },
      local: 'any',
      read: myDomainAudience,
    },
    {
      name: 'External Client App at login.salesforce.com',
      notes: '10.2',
      switches: ['ecaAtLoginHosts'],
      reliesOn: UNREACHABLE,
      means: { login: 'the app is found there', nowhere: 'it is not' },
      local: 'login',
      read: (answers) => {
        const words = answers.grant('login host');
        if (words === undefined) return undefined;
        if (words.startsWith('app_not_found')) return setting('nowhere', 'ecaAtLoginHosts', 'nowhere');
        return isAnswerOfOrg(words) ? setting('login', 'ecaAtLoginHosts', 'login') : { answer: words };
      },
    },
    {
      name: 'logins at login.salesforce.com',
      notes: '10.5',
      switches: ['genericLogins'],
      means: { allowed: 'the org takes logins there', refused: 'the policy of its My Domain refuses them' },
      local: 'allowed',
      read: (answers) => {
        const words = answers.grant('login host');
        if (words === 'granted') return setting('allowed', 'genericLogins', 'allowed');
        return words !== undefined && isAnswerOfOrg(words) ? setting('refused', 'genericLogins', 'refused') : undefined;
      },
    },
    words('own host in upper case', 'granted'),
    words('own host with a slash', 'granted'),
    words('own host in a list', 'invalid_grant: audience is invalid'),
    words('token URL', 'invalid_grant: audience is invalid'),
    words('own host, Connected App', 'granted'),
    words('login audience, Connected App', 'granted'),
    words('test audience, Connected App', 'granted'),
    words('login host, Connected App', 'granted'),
  ],
  ask: async (run) => {
    const { instanceUrl, admin, kind } = run.circumstances;
    const app = await run.sharedApp();
    const login = { ...app, username: admin.username };
    const audiences: Array<readonly [string, string | string[]]> = [
      ['own host', instanceUrl],
      ['own host in upper case', instanceUrl.replace(/\/\/.*/, (host) => host.toUpperCase())],
      ['own host with a slash', `${instanceUrl}/`],
      ['own host in a list', [instanceUrl]],
      ['token URL', `${instanceUrl}/services/oauth2/token`],
      ['login audience', LOGIN],
      ['test audience', TEST],
    ];
    const all = async (suffix: string, clientId: string): Promise<void> => {
      for (const [label, audience] of audiences) await run.login(label + suffix, { ...login, clientId, audience });
    };
    await all('', app.clientId);
    const sandboxLike = kind === 'sandbox' || kind === 'scratch';
    await atGenericHosts(run, login, sandboxLike ? ' of a sandbox' : '');
    const connected = await makeConnectedApp(run);
    if (connected === undefined) return;
    await run.whenReady('Connected App: ready', { ...login, clientId: connected });
    await all(', Connected App', connected);
    await atGenericHosts(run, { ...login, clientId: connected }, ', Connected App');
  },
};

function words(name: string, local: string): Probe['questions'][number] {
  return grantWords({ name, label: name, notes: '9.8', local });
}

async function atGenericHosts(run: ProbeRun, login: Parameters<ProbeRun['login']>[1], suffix: string): Promise<void> {
  const { hosts } = run.circumstances;
  if (hosts.login !== undefined) await run.login(`login host${suffix}`, { ...login, host: 'login', audience: LOGIN });
  if (hosts.test !== undefined) await run.login(`test host${suffix}`, { ...login, host: 'test', audience: TEST });
}

async function makeConnectedApp(run: ProbeRun): Promise<string | undefined> {
  const clientId = newClientId();
  const certificate = await run.certificate(await rsaKey('probe'));
  const config = { certificate, consumerKey: clientId, isAdminApproved: 'true' };
  const parts = [permissionSet(CONNECTED), connectedApp(CONNECTED, config, { permissionSetName: CONNECTED })];
  const made = await run.install('Connected App', parts);
  if (!made.success) return undefined;
  await run.letIn('Connected App', CONNECTED, run.circumstances.admin);
  return clientId;
}

function myDomainAudience(answers: Answers): Reading | undefined {
  const granted = ['login audience', 'test audience'].map((label) => answers.grant(label));
  if (granted.includes(undefined)) return undefined;
  const count = granted.filter((answer) => answer === 'granted').length;
  if (count === 2) return setting('any', 'myDomainAudience', 'any');
  return count === 1 ? setting('matching', 'myDomainAudience', 'matching') : { answer: 'own' };
}

/** The request got as far as the org of the app: what refused it is about the login. */
const isAnswerOfOrg = (words: string): boolean => words === 'granted' || words.includes('authentication failure');

import { expect } from 'chai';
import { check } from '../../../src/flows/doctor/check.js';
import { explainFinding } from '../../../src/flows/doctor/explain.js';
import type { CertificateFacts, Facts } from '../../../src/flows/doctor/facts.js';
import { Failure } from '../../../src/failure.js';
import {
  CI_USERS,
  healthyFacts,
  healthyOrg,
  NOW,
  OTHER_PUBLIC_KEY,
  PUBLIC_KEY,
  read,
  refused,
  unread,
} from './facts.js';

type Row = [name: string, facts: Partial<Facts>, expected: string[]];

const target = (changes: Partial<Facts['target']>): Facts['target'] => ({ ...healthyFacts().target, ...changes });
const at = (url: string): Facts['target'] => target({ loginUrl: new URL(url) });
const key = (changes: object): Facts['key'] => ({ ...healthyFacts().key, ...changes });
const days = (count: number): Date => new Date(NOW + count * 86_400_000);
const certificate = (changes: object = {}): CertificateFacts => ({
  state: 'usable',
  path: 'server.crt',
  der: Buffer.from('certificate'),
  publicKey: PUBLIC_KEY,
  notBefore: days(-10),
  notAfter: days(100),
  keyFile: undefined,
  ...changes,
});
const denied = refused(
  'user_not_admin_approved',
  'invalid_app_access',
  'user is not admin approved to access this app',
);
const notInOrg = refused('app_not_in_org');
const healthyGranted = healthyFacts().login as Extract<Facts['login'], { state: 'granted' }>;
const unusable: Facts['key'] = { state: 'unusable', failure: new Failure('key_missing', {}) };
const stored = { privateKeyFile: '/gone.key', exists: false, isDevHub: undefined };

const OTHER_CERTIFICATE = { der: Buffer.from('other'), notAfter: days(100), fingerprint256: 'CC:DD' };

/** Facts → the findings that are not in order, worst first */
const ROWS: Row[] = [
  ['nothing wrong', {}, []],
  ['nothing wrong in the org either', { org: healthyOrg() }, []],
  // key
  ['no key', { key: unusable, login: { state: 'untried' } }, ['key_missing']],
  [
    'no key, and none stored',
    { key: unusable, login: { state: 'untried' }, stored },
    ['stored_key_missing', 'key_missing'],
  ],
  ['a stored key that is gone', { stored }, ['stored_key_missing']],
  ['a stored key that is there', { stored: { ...stored, exists: true } }, []],
  ['an encrypted key', { key: key({ encrypted: true }) }, ['key_encrypted']],
  ['an open key file', { key: key({ readableByOthers: true }) }, ['key_readable_by_others']],
  ['a temporary key file', { key: key({ temporary: true }) }, ['key_in_temporary_folder']],
  ['a key from the environment', { key: key({ path: undefined, source: 'SF_JWT_KEY', temporary: true }) }, []],
  // certificate
  [
    'a certificate file that is none',
    { certificate: { state: 'unusable', failure: new Failure('certificate_empty', { source: 'x' }) } },
    ['certificate_empty'],
  ],
  ['an ended certificate', { certificate: certificate({ notAfter: days(-1) }) }, ['certificate_ended']],
  ['a certificate with 29 days', { certificate: certificate({ notAfter: days(29.5) }) }, ['certificate_ends_soon']],
  ['a certificate with 30 days', { certificate: certificate({ notAfter: days(30) }) }, []],
  ['a certificate of tomorrow', { certificate: certificate({ notBefore: days(1) }) }, ['certificate_starts_later']],
  [
    'another pair, login works',
    { certificate: certificate({ publicKey: OTHER_PUBLIC_KEY }) },
    ['key_not_of_certificate'],
  ],
  [
    'another pair',
    { certificate: certificate({ publicKey: OTHER_PUBLIC_KEY }), login: refused('signature_mismatch') },
    ['key_not_of_certificate', 'signature_mismatch'],
  ],
  [
    'another pair, which the app has',
    {
      certificate: certificate({ publicKey: OTHER_PUBLIC_KEY }),
      login: refused('signature_mismatch'),
      org: healthyOrg({ appCertificate: { ...OTHER_CERTIFICATE, publicKey: OTHER_PUBLIC_KEY } }),
    },
    ['key_not_of_certificate', 'app_certificate_of_other_key', 'signature_mismatch'],
  ],
  [
    'three pairs',
    {
      certificate: certificate({ publicKey: Buffer.from('third') }),
      login: refused('signature_mismatch'),
      org: healthyOrg({ appCertificate: { ...OTHER_CERTIFICATE, publicKey: OTHER_PUBLIC_KEY } }),
    },
    ['app_certificate_of_other_key', 'signature_mismatch', 'key_not_of_certificate'],
  ],
  // clock
  ['a clock 80 s behind', { clockDifference: 80_000 }, []],
  ['a clock 100 s behind', { clockDifference: 100_000 }, ['clock_behind']],
  ['a clock 100 s ahead', { clockDifference: -100_000 }, ['clock_ahead']],
  [
    'a clock far behind',
    { clockDifference: 600_000, login: refused('assertion_expired') },
    ['clock_behind', 'assertion_expired'],
  ],
  ['no answer', { clockDifference: undefined, login: refused('token_endpoint_timeout') }, ['token_endpoint_timeout']],
  // URL
  [
    'a Lightning URL',
    {
      urlFailure: new Failure('lightning_url', { url: 'a', myDomain: 'b' }),
      target: target({ loginUrl: undefined }),
      login: { state: 'untried' },
    },
    ['lightning_url'],
  ],
  [
    'plain HTTP',
    { target: at('http://acme.my.salesforce.com'), login: refused('token_endpoint_strange') },
    ['url_insecure', 'token_endpoint_strange'],
  ],
  [
    'plain HTTP on this machine',
    { target: at('http://localhost:7357'), login: refused('token_endpoint_strange') },
    ['token_endpoint_strange'],
  ],
  [
    'a Setup URL',
    {
      urlFailure: new Failure('url_of_setup', { url: 'a', myDomain: 'b' }),
      target: target({ loginUrl: undefined }),
      login: { state: 'untried' },
    },
    ['url_of_setup'],
  ],
  [
    'a site with a path',
    {
      target: {
        ...at('https://acme.my.site.com/customers'),
        audience: 'https://acme.my.site.com/customers',
        usualAudience: 'https://acme.my.site.com/customers',
      },
      login: notInOrg,
    },
    ['app_not_in_org'],
  ],
  [
    'an External Client App at login',
    { target: at('https://login.salesforce.com'), login: notInOrg },
    ['generic_login_host', 'app_not_in_org'],
  ],
  [
    'an unknown app at login',
    { target: at('https://test.salesforce.com'), login: refused('client_id_unknown') },
    ['client_id_unknown', 'generic_login_host'],
  ],
  [
    'a Connected App at login',
    {
      target: at('https://login.salesforce.com'),
      login: refused('client_id_unknown'),
      org: healthyOrg({}, { type: 'connected-app' }),
    },
    ['client_id_unknown'],
  ],
  [
    'an app of another org',
    { target: at('https://other.my.salesforce.com'), login: notInOrg, org: healthyOrg() },
    ['login_url_of_other_org', 'app_not_in_org'],
  ],
  // claims
  [
    'a username without a domain',
    { target: target({ username: 'ci' }), login: refused('user_not_approved') },
    ['user_not_approved', 'username_shape'],
  ],
  [
    'a username of production in a sandbox',
    {
      target: target({ loginUrl: new URL('https://acme--uat.sandbox.my.salesforce.com') }),
      login: refused('user_not_approved'),
    },
    ['user_not_approved', 'username_without_sandbox_name'],
  ],
  [
    'a username of the sandbox',
    {
      target: target({ username: 'ci@acme.com.uat', loginUrl: new URL('https://acme--UAT.sandbox.my.salesforce.com') }),
      login: refused('user_not_approved'),
    },
    ['user_not_approved'],
  ],
  [
    'a client id with a blank',
    { target: target({ clientId: '3MVG9 example' }), login: refused('client_id_unknown') },
    ['client_id_shape', 'client_id_unknown'],
  ],
  [
    'an audience of another kind',
    { target: target({ audience: 'https://test.salesforce.com' }), login: refused('audience_invalid') },
    ['audience_unusual', 'audience_invalid'],
  ],
  ['an audience that works', { target: target({ audience: 'https://test.salesforce.com' }) }, []],
  [
    'the URL itself as the audience',
    { target: target({ audience: 'https://acme.my.salesforce.com' }), login: denied },
    ['user_not_admin_approved'],
  ],
  [
    'a sandbox that the URL hides',
    { login: refused('audience_invalid'), org: healthyOrg({ kind: read({ orgId: '00D1', sandbox: true }) }) },
    ['audience_unusual', 'audience_invalid'],
  ],
  // app
  [
    'no such app',
    {
      login: notInOrg,
      org: healthyOrg({ search: read({ app: undefined, hidden: [] }), appCertificate: undefined, access: undefined }),
    },
    ['app_missing', 'app_not_in_org'],
  ],
  [
    'an app that may be hidden',
    {
      login: notInOrg,
      org: healthyOrg({
        search: read({ app: undefined, hidden: ['A'] }),
        appCertificate: undefined,
        access: undefined,
      }),
    },
    ['app_not_in_org', 'app_unidentified'],
  ],
  [
    'a disabled app',
    {
      login: refused('token_refused', 'OAUTH_APP_BLOCKED', 'this app is blocked by admin'),
      org: healthyOrg({}, { enabled: false }),
    },
    ['app_disabled', 'token_refused'],
  ],
  [
    'another certificate in the app',
    { key: key({ publicKey: OTHER_PUBLIC_KEY }), login: refused('signature_mismatch'), org: healthyOrg() },
    ['app_certificate_of_other_key', 'signature_mismatch'],
  ],
  [
    'no certificate in the app',
    { login: refused('grant_type_unsupported'), org: healthyOrg({ appCertificate: undefined }) },
    ['app_certificate_missing', 'grant_type_unsupported'],
  ],
  [
    'a hidden certificate',
    { login: denied, org: healthyOrg({ appCertificate: undefined }) },
    ['user_not_admin_approved', 'app_certificate_missing'],
  ],
  [
    'an older certificate of the same key',
    { certificate: certificate({ der: Buffer.from('renewed') }), org: healthyOrg() },
    ['app_certificate_other_file'],
  ],
  [
    'an ended certificate in the app',
    {
      org: healthyOrg({
        appCertificate: {
          der: Buffer.from('certificate'),
          publicKey: PUBLIC_KEY,
          notAfter: days(-1),
          fingerprint256: '',
        },
      }),
    },
    ['app_certificate_ended'],
  ],
  [
    'no refresh_token',
    { login: refused('scope_refresh_token_missing'), org: healthyOrg({}, { scopes: ['Api'] }) },
    ['app_scopes_without_refresh_token', 'scope_refresh_token_missing'],
  ],
  [
    'only refresh_token',
    {
      login: refused('token_refused', 'invalid_grant', 'no valid scopes defined'),
      org: healthyOrg({}, { scopes: ['RefreshToken', 'OfflineAccess'] }),
    },
    ['app_scopes_only_refresh_token', 'token_refused'],
  ],
  [
    'self-authorized',
    { login: refused('user_not_approved'), org: healthyOrg({}, { adminApproved: false }) },
    ['app_self_authorized', 'user_not_approved'],
  ],
  ['self-authorized, and approved', { org: healthyOrg({}, { adminApproved: false }) }, ['app_self_authorized']],
  [
    'high assurance',
    {
      login: refused('token_refused', 'invalid_grant', 'high assurance session required'),
      org: healthyOrg({}, { requiresHighAssurance: true }),
    },
    ['app_requires_high_assurance', 'token_refused'],
  ],
  ['an address outside', { login: refused('ip_restricted'), org: healthyOrg() }, ['app_enforces_ip', 'ip_restricted']],
  [
    'an address outside the profile',
    { login: refused('ip_restricted'), org: healthyOrg({}, { bypassesIpRanges: true }) },
    ['ip_restricted'],
  ],
  ['JWT access tokens', { org: healthyOrg({}, { issuesJwtTokens: true }) }, ['app_issues_jwt_tokens']],
  // access
  [
    'unassigned',
    { login: denied, org: healthyOrg({ access: read({ openings: [CI_USERS], assigned: [] }) }) },
    ['user_unassigned', 'user_not_admin_approved'],
  ],
  [
    'assigned through the profile',
    {
      org: healthyOrg({
        access: read({ openings: [{ ...CI_USERS, profile: 'Admins' }], assigned: [{ id: '0PS1', name: 'X' }] }),
      }),
    },
    [],
  ],
  [
    'open to nobody',
    { login: denied, org: healthyOrg({ access: read({ openings: [], assigned: [] }) }, { permissionSets: [] }) },
    ['app_opens_to_nobody', 'user_not_admin_approved'],
  ],
  [
    'no row',
    { login: denied, org: healthyOrg({ access: read({ openings: [], assigned: [{ id: '0PS1', name: 'CiUsers' }] }) }) },
    ['access_row_missing', 'user_not_admin_approved'],
  ],
  [
    'a license',
    {
      login: refused('user_not_approved'),
      org: healthyOrg({
        access: read({
          openings: [{ ...CI_USERS, license: 'Salesforce API Integration' }],
          assigned: [{ id: '0PS1', name: 'CiUsers' }],
        }),
      }),
    },
    ['permission_set_license', 'user_not_approved'],
  ],
  // user
  [
    'no such user',
    {
      login: refused('user_not_approved'),
      org: healthyOrg({ user: read(undefined), userState: undefined, access: undefined }),
    },
    ['user_unknown', 'user_not_approved'],
  ],
  [
    'inactive',
    { login: refused('user_inactive'), org: healthyOrg({ user: read({ id: '1', active: false, profile: '' }) }) },
    ['user_deactivated', 'user_inactive'],
  ],
  [
    'frozen',
    { login: refused('user_inactive'), org: healthyOrg({ userState: read({ frozen: true, locked: false }) }) },
    ['user_frozen', 'user_inactive'],
  ],
  [
    'locked',
    { login: refused('user_locked'), org: healthyOrg({ userState: read({ frozen: false, locked: true }) }) },
    ['user_locked_out', 'user_locked'],
  ],
  // more than one
  [
    'the cause above what would come next',
    {
      login: denied,
      org: healthyOrg({ access: read({ openings: [CI_USERS], assigned: [] }) }, { requiresHighAssurance: true }),
    },
    ['user_unassigned', 'user_not_admin_approved', 'app_requires_high_assurance'],
  ],
  [
    'a reason of the login history',
    {
      login: refused('token_refused', 'x', 'y'),
      org: healthyOrg({ lastLogin: read({ time: NOW, status: 'Failed: Z', application: '', sourceIp: '' }) }),
    },
    ['token_refused', 'login_history'],
  ],
  [
    'a My Domain policy against login hosts',
    {
      target: at('https://login.salesforce.com'),
      login: refused('authentication_failure', 'invalid_grant', 'authentication failure'),
      org: healthyOrg({
        lastLogin: read({ time: NOW, status: 'Restricted Domain', application: '', sourceIp: '' }),
      }),
    },
    ['login_domain_restricted', 'authentication_failure', 'login_history'],
  ],
  ['a login in a browser since', { webLogin: true }, ['jwt_login_replaced']],
  [
    'an API that is silent',
    { login: { ...healthyGranted, api: { state: 'silent', reason: 'timeout' } } },
    ['api_silent'],
  ],
  [
    'a page in the place of the API',
    { login: { ...healthyGranted, api: { state: 'strange', reason: 'HTTP 200 Welcome' } } },
    ['api_answer_strange'],
  ],
  [
    'a login history of yesterday',
    {
      login: refused('token_refused', 'x', 'y'),
      org: healthyOrg({
        lastLogin: read({ time: NOW - 86_400_000, status: 'Failed: Z', application: '', sourceIp: '' }),
      }),
    },
    ['token_refused'],
  ],
  // the view
  [
    'another org',
    { org: healthyOrg({ kind: read({ orgId: '00DOTHER0000000', sandbox: true }) }, { issuesJwtTokens: true }) },
    ['target_org_other'],
  ],
  ['a part that is refused', { org: healthyOrg({ access: unread('no') }) }, ['view_incomplete']],
  [
    'an org that is refused',
    {
      org: healthyOrg({ kind: unread('no'), search: unread('no'), user: unread('x'), isDevHub: unread('no') }),
      admin: 'a',
    },
    ['target_org_unreadable'],
  ],
  ['an org that cannot be opened', { org: unread('timeout'), admin: 'admin@acme.com' }, ['target_org_unreadable']],
  // Dev Hub
  [
    'a Dev Hub with an unknown app',
    { stored: { ...stored, exists: true, isDevHub: true } },
    ['dev_hub_app_type_unknown'],
  ],
  [
    'a Dev Hub with an External Client App',
    { org: healthyOrg({ isDevHub: read(true) }) },
    ['dev_hub_external_client_app'],
  ],
  ['a Dev Hub with a Connected App', { org: healthyOrg({ isDevHub: read(true) }, { type: 'connected-app' }) }, []],
  ['a Dev Hub with the variables', { org: healthyOrg({ isDevHub: read(true) }), signupVariables: true }, []],
];

describe('check', () => {
  for (const [name, changes, expected] of ROWS) {
    it(`${name}: ${expected.join(', ') || 'in order'}`, () => {
      const { ok, findings } = check(healthyFacts(changes));
      const described = findings.map(explainFinding);
      expect(described.filter(({ severity }) => severity !== 'ok').map(({ code }) => code)).to.deep.equal(expected);
      expect(ok).to.equal((changes.login?.state ?? 'granted') === 'granted');
      expect(described.some(({ severity }) => severity === 'error')).to.equal(!ok);
      for (const { message, fix = '' } of described) expect(message + fix).not.to.match(/\{\w+(:\w+)?\}/);
    });
  }

  it('calls the causes of a refusal by their fix, and the refusal without one', () => {
    const org = healthyOrg({ access: read({ openings: [CI_USERS], assigned: [] }) });
    const [cause, refusal] = check(healthyFacts({ login: denied, org })).findings.map(explainFinding);
    expect(cause?.fix).to.equal(
      'sf org assign permset --target-org admin@acme.com --name CiUsers --on-behalf-of ci@acme.com',
    );
    expect(refusal).not.to.have.property('fix');
    expect(refusal?.message).to.contain('user is not admin approved to access this app');
  });

  it('names the app type in a fix for a Connected App, and quotes what a shell would take apart', () => {
    const org = healthyOrg({ admin: "o'neil@acme.com" }, { type: 'connected-app', adminApproved: false });
    const [cause] = check(
      healthyFacts({ login: refused('user_not_approved'), org, ownCertificateFile: 'my certificate.crt' }),
    ).findings;
    expect(explainFinding(cause!).fix).to.equal(
      "sf jwt connect --target-org 'o'\\''neil@acme.com' --name CiApp --app-type connected-app" +
        " --certificate-file 'my certificate.crt' --username ci@acme.com",
    );
  });

  it('shows how far the clock is off', () => {
    const [cause] = check(healthyFacts({ clockDifference: 3_725_000, login: refused('assertion_expired') })).findings;
    expect(explainFinding(cause!).message).to.contain('01:02:05 behind').and.to.contain('2026-06-01T13:02:05.000Z');
  });

  it('says one cause once: what follows from it has no fix, and the fix leaves the app alone', () => {
    const { findings } = check(
      healthyFacts({
        certificate: certificate({ publicKey: OTHER_PUBLIC_KEY, path: 'other.crt', keyFile: 'other.key' }),
        certificateFile: 'other.crt',
        login: refused('signature_mismatch'),
        org: healthyOrg({ appCertificate: { ...OTHER_CERTIFICATE, publicKey: OTHER_PUBLIC_KEY } }),
      }),
    );
    const [cause, ...rest] = findings.filter(({ severity }) => severity === 'error').map(explainFinding);
    expect(cause?.code).to.equal('key_not_of_certificate');
    expect(cause?.actions[0]).to.match(/^sf jwt grant .*--jwt-key-file other\.key/);
    expect(rest.map(({ causedBy }) => causedBy)).to.deep.equal([cause?.code, cause?.code]);
    expect(rest.flatMap(({ actions }) => actions)).to.deep.equal([]);
    expect(cause?.fix).not.to.contain('connect');
  });

  it('never mends a wrong audience with the one that was refused', () => {
    for (const sandbox of [true, false]) {
      const { findings } = check(
        healthyFacts({
          login: refused('audience_invalid'),
          org: healthyOrg({ kind: read({ orgId: '00D1', sandbox }) }),
        }),
      );
      const [first] = findings.map(explainFinding);
      expect(first?.fix).to.contain('--audience https://test.salesforce.com');
      expect(first?.fix).not.to.contain('--audience https://login.salesforce.com').and.not.to.contain('Leave out');
    }
  });
});

import { readFileSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtDoctorResult } from '../../src/commands/jwt/doctor.js';
import { startLoginHost, startOrg, type SetupApp } from '../emulator/index.js';
import { expectSchema } from '../support/schema.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace, type Answer } from '../support/workplace.js';

const APP = 'CiApp';
const PERMISSION_SET = 'CiUsers';

type Situation = {
  name: string;
  /** What the CI user's login meets; returns the `Arguments` that differ from the usual ones, if any do. */
  prepare: (at: Place) => unknown;
  /** Code of the first finding */
  first: string;
  /** Code of the token endpoint's answer, which then stands second; undefined: there is none */
  answer?: string;
  /** A word of the first finding's fix */
  fix?: string | RegExp;
  /** Without an admin's view */
  blind?: boolean;
};

type Place = { workplace: Workplace; clientId: string };
type Arguments = { clientId?: string; args?: string[]; env?: Record<string, string>; input?: string };

describe('jwt doctor', () => {
  let workplace: Workplace;

  beforeEach(async () => {
    workplace = await Workplace.open();
  });

  afterEach(() => workplace.close());

  const pem = (name: string): string => readFileSync(workplace.path(name), 'utf8');

  /** An app that lets the CI user in. */
  function healthyApp(app: Partial<SetupApp> = {}, type: 'ExternalClientApp' | 'ConnectedApp' = 'ExternalClientApp') {
    const { org } = workplace;
    if (!org.data.component('PermissionSet', PERMISSION_SET)) org.setup.createPermissionSet(PERMISSION_SET);
    const clientId = org.setup[`create${type}`]({
      name: APP,
      certificate: pem('server.crt'),
      adminApproved: true,
      permissionSets: [PERMISSION_SET],
      ...app,
    });
    org.setup.assignPermissionSet(CI_USER, PERMISSION_SET);
    return clientId;
  }

  function argumentsFor(clientId: string, { args = [] }: Arguments): string[] {
    const usual = { '--username': CI_USER, '--jwt-key-file': 'server.key', '--instance-url': workplace.org.url };
    const missing = Object.entries(usual).flatMap(([flag, value]) =>
      args.includes(flag) || args.includes(`no${flag}`) ? [] : [flag, value],
    );
    return ['doctor', '--client-id', clientId, ...missing, ...args.filter((word) => !word.startsWith('no--'))];
  }

  async function doctor(clientId: string, given: Arguments = {}): Promise<Answer<JwtDoctorResult>> {
    const { env, input } = given;
    const answer = await workplace.json<JwtDoctorResult>(argumentsFor(clientId, given), {
      ...(env === undefined ? {} : { env }),
      ...(input === undefined ? {} : { input }),
    });
    expectSchema('jwt-doctor', answer.result);
    const { ok, findings } = answer.result;
    expect(answer.status).to.equal(ok ? 0 : 1);
    expect(findings.some(({ severity }) => severity === 'error')).to.equal(!ok);
    for (const { severity, message, fix = '' } of findings) {
      expect(message + fix, 'no open placeholder').not.to.match(/\{\w+(:\w+)?\}/);
      if (severity === 'ok') expect(fix).to.equal('');
    }
    const ranks = findings.map(({ severity }) => ['error', 'warning', 'ok'].indexOf(severity));
    expect(ranks).to.deep.equal(ranks.toSorted());
    return answer;
  }

  const codes = ({ result }: Answer<JwtDoctorResult>): string[] => result.findings.map(({ code }) => code);

  const SITUATIONS: Situation[] = [
    {
      name: 'row 1a: self-authorized policy',
      prepare: () => ({ clientId: healthyApp({ adminApproved: false, permissionSets: [] }) }),
      first: 'app_self_authorized',
      answer: 'user_not_approved',
      fix: /^sf jwt connect --target-org \S+ --name CiApp --certificate-file server\.crt --username ci@acme\.example\.com$/,
    },
    {
      name: 'row 1c: no refresh_token among the scopes',
      prepare: ({ workplace: { org } }) => org.setup.changeScopes(APP, ['Api', 'Web']),
      first: 'app_scopes_without_refresh_token',
      answer: 'scope_refresh_token_missing',
      fix: '--scope refresh_token',
    },
    {
      name: 'nothing but refresh_token among the scopes',
      prepare: ({ workplace: { org } }) => org.setup.changeScopes(APP, ['RefreshToken']),
      first: 'app_scopes_only_refresh_token',
    },
    {
      name: 'row 2: the wrong audience for the kind of org',
      prepare: ({ workplace: { org } }) => {
        org.switches.myDomainAudience = 'matching';
        return { args: ['--audience', 'https://test.salesforce.com'] };
      },
      first: 'audience_unusual',
      answer: 'audience_invalid',
      fix: '--audience https://login.salesforce.com',
    },
    {
      name: 'row 3: the stored key is gone, and no other is at hand',
      prepare: async ({ workplace: at }) => {
        await storeLogin(at, join(at.cwd, 'deleted.key'));
        return { args: ['no--jwt-key-file'] };
      },
      first: 'stored_key_missing',
      fix: 'sf jwt grant --username ci@acme.example.com',
      blind: true,
    },
    {
      name: 'row 4: the app is in another org than the one at the URL',
      prepare: async ({ workplace: { org } }) => {
        const other = await startOrg({ kind: 'sandbox', registry: org.registry });
        others.push(other);
        return { args: ['--instance-url', other.url] };
      },
      first: 'login_url_of_other_org',
      answer: 'app_not_in_org',
      fix: 'sf jwt grant',
    },
    {
      name: 'row 4: a login host, which knows no External Client App',
      prepare: async ({ workplace: { org } }) => {
        const host = await startLoginHost([org]);
        others.push(host);
        return { args: ['--instance-url', host.url] };
      },
      first: 'login_url_of_other_org',
      answer: 'app_not_in_org',
    },
    {
      name: 'row 5: the key of another certificate',
      prepare: async ({ workplace: at }) => {
        await at.save('other.key', (await pairOf('other')).key);
        return { args: ['--jwt-key-file', 'other.key'] };
      },
      first: 'app_certificate_of_other_key',
      answer: 'signature_mismatch',
      fix: 'jwt connect',
    },
    {
      name: 'row 5: a key that is not of the certificate at hand',
      prepare: async ({ workplace: at }) => {
        await at.save('other.key', (await pairOf('other')).key);
        return { args: ['--jwt-key-file', 'other.key', '--certificate-file', 'server.crt'] };
      },
      first: 'key_not_of_certificate',
      answer: 'signature_mismatch',
      blind: true,
    },
    {
      name: 'row 6: a client id that nobody has',
      prepare: () => ({ clientId: '3MVG9someOtherClientId' }),
      first: 'app_missing',
      answer: 'client_id_unknown',
      fix: 'sf jwt connect --target-org',
    },
    {
      name: 'row 6: without an admin the answer itself says what to do',
      prepare: () => ({ clientId: '3MVG9someOtherClientId' }),
      first: 'client_id_unknown',
      blind: true,
    },
    {
      name: 'row 8: a certificate instead of the key',
      prepare: () => ({ args: ['--jwt-key-file', 'server.crt'] }),
      first: 'key_is_certificate',
    },
    {
      name: 'row 8: no key at all',
      prepare: () => ({ args: ['no--jwt-key-file'] }),
      first: 'key_missing',
      blind: true,
    },
    {
      name: 'row 11: this machine is eleven minutes behind',
      prepare: ({ workplace: { org } }) => {
        org.clock.skewMs = 11 * 60_000;
      },
      first: 'clock_behind',
      answer: 'assertion_expired',
      fix: /^\S/,
      blind: true,
    },
    {
      name: 'row 12: the user is unassigned',
      prepare: ({ workplace: { org } }) => org.setup.removeAssignment(CI_USER, PERMISSION_SET),
      first: 'user_unassigned',
      answer: 'user_not_admin_approved',
      fix: /^sf org assign permset --target-org \S+ --name CiUsers --on-behalf-of ci@acme\.example\.com$/,
    },
    {
      name: 'no permission set and no profile in the policy',
      prepare: ({ workplace: { org } }) => org.setup.removePermissionSetFromApp(APP, PERMISSION_SET),
      first: 'app_opens_to_nobody',
      answer: 'user_not_admin_approved',
    },
    {
      name: 'the policy names the permission set, and the row is missing',
      prepare: ({ workplace: { org } }) => {
        org.setup.removePermissionSetFromApp(APP, PERMISSION_SET);
        org.switches.accessRowCreated = false;
        org.setup.addPermissionSetToApp(APP, PERMISSION_SET);
      },
      first: 'access_row_missing',
      answer: 'user_not_admin_approved',
      fix: '--permission-set CiUsers',
    },
    {
      name: "a permission set whose license can't hold apps",
      prepare: ({ workplace: { org } }) => {
        org.setup.createPermissionSet('Licensed', { license: 'Salesforce API Integration' });
        org.setup.removePermissionSetFromApp(APP, PERMISSION_SET);
        org.setup.addPermissionSetToApp(APP, 'Licensed');
        org.setup.assignPermissionSet(CI_USER, 'Licensed');
      },
      first: 'permission_set_license',
      answer: 'user_not_approved',
    },
    {
      name: 'a frozen user',
      prepare: ({ workplace: { org } }) => org.setup.changeUser(CI_USER, { frozen: true }),
      first: 'user_frozen',
      answer: 'user_inactive',
      fix: 'sf data update record',
    },
    {
      name: 'an inactive user',
      prepare: ({ workplace: { org } }) => org.setup.changeUser(CI_USER, { active: false }),
      first: 'user_deactivated',
      answer: 'user_inactive',
      fix: 'IsActive=true',
    },
    {
      name: 'a user who is locked out',
      prepare: ({ workplace: { org } }) => org.setup.changeUser(CI_USER, { locked: true }),
      first: 'user_locked_out',
      answer: 'user_locked',
    },
    {
      name: 'a user that the org does not have',
      prepare: () => ({ args: ['--username', 'typo@acme.example.com'] }),
      first: 'user_unknown',
      answer: 'user_not_approved',
    },
    {
      name: 'an address outside the ranges',
      prepare: ({ workplace: { org } }) => {
        org.switches.ipRanges = 'closed';
      },
      first: 'app_enforces_ip',
      answer: 'ip_restricted',
      fix: '--ip-relaxation bypass',
    },
    {
      name: 'a high assurance session',
      prepare: ({ workplace: { org } }) =>
        org.setup.changePolicy(APP, { requiredSessionLevel: 'HIGH_ASSURANCE', policyAction: 'Block' }),
      first: 'app_requires_high_assurance',
    },
    {
      name: 'an app that is disabled',
      prepare: ({ workplace: { org } }) => org.setup.setEnabled(APP, false),
      first: 'app_disabled',
    },
    {
      name: 'an app without a certificate',
      prepare: ({ workplace: { org } }) => {
        org.setup.deleteApp(APP);
        return { clientId: org.setup.createExternalClientApp({ name: APP }) };
      },
      first: 'app_certificate_missing',
      answer: 'grant_type_unsupported',
    },
    {
      name: 'a Lightning URL',
      prepare: () => ({ args: ['--instance-url', 'https://acme.lightning.force.com'] }),
      first: 'lightning_url',
      blind: true,
    },
    {
      name: 'a host where nobody listens',
      prepare: async () => {
        const host = await startLoginHost([]);
        await host.stop();
        return { args: ['--instance-url', host.url] };
      },
      first: 'connection_refused',
      blind: true,
    },
  ];

  const others: Array<{ stop: (options?: { ignoreUnknown?: boolean }) => Promise<void> }> = [];

  afterEach(async () => {
    for (const other of others.splice(0)) await other.stop();
  });

  describe('comes down to one thing to do first', () => {
    for (const { name, prepare, first, answer, fix, blind } of SITUATIONS) {
      it(`${name}: ${first}`, async () => {
        const app = name.startsWith('row 1a') ? '' : healthyApp();
        const given = ((await prepare({ workplace, clientId: app })) ?? {}) as Arguments;
        const args = [...(blind === true ? [] : ['--target-org', ADMIN_ALIAS]), ...(given.args ?? [])];
        const before = await workplace.files();
        const asked = workplace.org.requests.length;
        const found = await doctor(given.clientId ?? app, { ...given, args });
        const { findings } = found.result;
        expect(codes(found)[0]).to.equal(first);
        const said = findings.findIndex(({ code }) => code === answer);
        if (answer !== undefined) {
          expect(said, `${answer} in ${codes(found).join()}`).to.be.above(0);
          expect(findings[said]).not.to.have.property('fix');
        }
        expect(findings[0]?.fix).to.match(/\S/);
        if (typeof fix === 'string') expect(findings[0]?.fix).to.contain(fix);
        else if (fix !== undefined) expect(findings[0]?.fix?.split('\n').at(-1)).to.match(fix);
        expect(await workplace.files(), 'nothing was changed').to.deep.equal(before);
        expectOnlyReading(asked);
      });
    }
  });

  /** No request since then wrote anything, and one token at most was asked for. */
  function expectOnlyReading(since: number): void {
    const requests = workplace.org.requests.slice(since);
    const isReading = ({ method, path, body }: (typeof requests)[number]): boolean =>
      method === 'GET' ||
      path.startsWith('/services/oauth2/token') ||
      (path.startsWith('/services/Soap/m/') && /<(listMetadata|readMetadata)\b/.test(body));
    const writes = requests.filter((request) => !isReading(request));
    expect(writes.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
    expect(requests.filter(({ path }) => path.startsWith('/services/oauth2/token'))).to.have.length.below(2);
  }

  describe('when the login works', () => {
    for (const type of ['ExternalClientApp', 'ConnectedApp'] as const) {
      it(`says so, with an ${type} and an admin's view`, async () => {
        const clientId = healthyApp({}, type);
        const before = await workplace.files();
        const asked = workplace.org.requests.length;
        const found = await doctor(clientId, {
          args: ['--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt'],
        });
        expect(found.result.ok, JSON.stringify(found.result, null, 1)).to.equal(true);
        expect(codes(found)).to.have.members([
          'key_in_temporary_folder',
          'login_works',
          'key_usable',
          'certificate_usable',
          'key_of_certificate',
          'app_found',
          'app_certificate_matches',
          'clock_right',
          'user_preauthorized',
        ]);
        expect(await workplace.files()).to.deep.equal(before);
        expectOnlyReading(asked);
      });
    }

    it('prints a line for each finding, the fix below it, and a verdict at the end', async () => {
      const clientId = healthyApp();
      await chmod(workplace.path('server.key'), 0o644);
      const { stdout, status } = await workplace.jwt(argumentsFor(clientId, {}));
      expect(status).to.equal(0);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[0]).to.match(/^! warning {2}The private key at .+ can be read by other users/);
      expect(lines[1]).to.equal(`           chmod 600 ${workplace.path('server.key')}`);
      expect(lines.find((line) => line.startsWith('✓ ok'))).to.contain('can log in at');
      expect(lines.at(-1)).to.equal(`The login of ${CI_USER} works, with warnings.`);
    });

    it('warns of a stored key that is gone, of an encrypted key, of JWT access tokens', async () => {
      const clientId = healthyApp();
      await storeLogin(workplace, join(workplace.cwd, 'deleted.key'));
      const { createPrivateKey } = await import('node:crypto');
      const encrypted = createPrivateKey(pem('server.key'))
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
        .toString();
      await workplace.save('encrypted.key', encrypted);
      const global = workplace.org.apps[0]?.components.find(({ type }) => type === 'ExtlClntAppGlobalOauthSettings');
      Object.assign(global?.fields ?? {}, { isNamedUserJwtEnabled: 'true' });
      const found = await doctor(clientId, {
        args: ['--jwt-key-file', 'encrypted.key', '--target-org', ADMIN_ALIAS],
        env: { SF_JWT_KEY_PASSPHRASE: 'open sesame' },
      });
      expect(found.result.ok).to.equal(true);
      expect(codes(found)).to.include.members(['stored_key_missing', 'key_encrypted', 'app_issues_jwt_tokens']);
    });

    it('takes the key from standard input and from the environment', async () => {
      const clientId = healthyApp();
      const key = pem('server.key');
      const [stdin, variable] = await Promise.all([
        doctor(clientId, { args: ['--jwt-key-file', '-'], input: key }),
        doctor(clientId, { args: ['no--jwt-key-file'], env: { SF_JWT_KEY: key } }),
      ]);
      expect([stdin.result.ok, variable.result.ok]).to.deep.equal([true, true]);
    });
  });

  describe('a Dev Hub', () => {
    beforeEach(async () => {
      await workplace.close();
      workplace = await Workplace.open({ kind: 'production', devHub: true });
    });

    it('with an External Client App gets the two variables that scratch orgs need', async () => {
      const clientId = healthyApp();
      const found = await doctor(clientId, { args: ['--target-org', ADMIN_ALIAS] });
      const finding = found.result.findings.find(({ code }) => code === 'dev_hub_external_client_app');
      expect(finding?.severity).to.equal('warning');
      expect(finding?.fix?.split('\n').slice(-2)).to.deep.equal([
        'export SF_SCRATCH_SIGNUP_CONNECTED_APP=PlatformCLI',
        'export SF_SCRATCH_SIGNUP_CALLBACK_URL=http://localhost:1717/OauthRedirect',
      ]);
      expect(found.result.ok).to.equal(true);
    });

    it('is told from the org itself where no admin looks, and needs nothing with a Connected App', async () => {
      expect(codes(await doctor(healthyApp()))).to.include('dev_hub_app_type_unknown');
      workplace.org.setup.deleteApp(APP);
      const connected = healthyApp({}, 'ConnectedApp');
      expect(codes(await doctor(connected, { args: ['--target-org', ADMIN_ALIAS] })).join()).not.to.contain('dev_hub');
    });
  });

  describe("an admin's view that is not whole", () => {
    it('of another org than the login leads to says nothing about it', async () => {
      const clientId = healthyApp();
      const other = await Workplace.open({ registry: workplace.org.registry });
      others.push({ stop: () => other.close() });
      const entry = join(workplace.home, '.sfdx', 'admin@acme.example.com.json');
      const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
      await writeFile(entry, JSON.stringify({ ...fields, instanceUrl: other.org.url, orgId: other.org.orgId }));
      const found = await doctor(clientId, { args: ['--target-org', ADMIN_ALIAS] });
      expect(found.result.ok).to.equal(true);
      expect(codes(found)).to.include('target_org_other').and.not.to.include('app_found');
    });

    it('is a warning for each part that is refused', async () => {
      const clientId = healthyApp();
      workplace.org.setup.removeAssignment(CI_USER, PERMISSION_SET);
      const refusal = JSON.stringify([{ errorCode: 'INSUFFICIENT_ACCESS', message: 'insufficient access rights' }]);
      workplace.org.faults.add({
        match: ({ query }) => /LoginHistory|UserLogin/.test(query.get('q') ?? ''),
        respond: { status: 403, headers: { 'content-type': 'application/json' }, body: refusal },
      });
      const found = await doctor(clientId, { args: ['--target-org', ADMIN_ALIAS] });
      expect(codes(found)[0]).to.equal('user_unassigned');
      const parts = found.result.findings.filter(({ code }) => code === 'view_incomplete');
      expect(parts).to.have.length(2);
      expect(parts[0]?.message).to.contain('insufficient access rights');
    });

    it('is one warning where the session has ended', async () => {
      const clientId = healthyApp();
      workplace.org.expireSessions();
      const found = await doctor(clientId, { args: ['--target-org', ADMIN_ALIAS] });
      expect(found.result.ok).to.equal(true);
      expect(codes(found).filter((code) => code === 'target_org_unreadable')).to.have.length(1);
    });

    it('finds the app by its certificate where the org hides client ids', async () => {
      const clientId = healthyApp();
      workplace.org.switches.consumerKeyReadable = false;
      workplace.org.setup.removeAssignment(CI_USER, PERMISSION_SET);
      const found = await doctor(clientId, { args: ['--target-org', ADMIN_ALIAS] });
      expect(codes(found)[0]).to.equal('user_unassigned');
    });
  });

  it('says what the login history says', async () => {
    const clientId = healthyApp();
    workplace.org.setup.changeUser(CI_USER, { loginHours: 'closed' });
    const found = await doctor(clientId, { args: ['--target-org', ADMIN_ALIAS] });
    const finding = found.result.findings.find(({ code }) => code === 'login_history');
    expect(finding?.message).to.contain('Failed: Outside of Login Hours');
  });

  it('ends with a verdict, and says who could see more', async () => {
    const { stdout, status } = await workplace.jwt(argumentsFor('3MVG9someOtherClientId', {}));
    expect(status).to.equal(1);
    const [first = '', ...lines] = stdout.trimEnd().split('\n');
    expect(first)
      .to.match(/^✗ error {4}/)
      .and.to.contain('client identifier invalid');
    expect(lines.at(-2)).to.contain('--target-org');
    expect(lines.at(-1)).to.contain(`The login of ${CI_USER} doesn't work.`);
  });

  it('refuses a target org that is not stored, as every command does', async () => {
    const answer = await workplace.json(argumentsFor('3MVG9x', { args: ['--target-org', 'nobody@example.com'] }));
    expect(answer.name).to.equal('NamedOrgNotFoundError');
    expect(answer.status).to.equal(1);
    await rm(workplace.path('server.key'));
  });
});

/** Stores a login of the CI user as `sf jwt grant` leaves it, with its key at this path. */
async function storeLogin({ home, org }: Workplace, privateKey: string): Promise<void> {
  const entry = join(home, '.sfdx', 'admin@acme.example.com.json');
  const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
  const login = { ...fields, username: CI_USER, loginUrl: org.url, clientId: '3MVG9x', privateKey };
  await writeFile(join(home, '.sfdx', `${CI_USER}.json`), JSON.stringify(login), { mode: 0o600 });
}

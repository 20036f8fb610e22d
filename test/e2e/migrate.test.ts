import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtMigrateResult } from '../../src/commands/jwt/migrate.js';
import { grant } from '../support/advice/errors.js';
import { stateOf } from '../support/connect.js';
import type { RunOptions } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, pairOf, Workplace, type Answer } from '../support/workplace.js';

const DAY = 86_400_000;

describe('sf jwt migrate', () => {
  let workplace: Workplace;
  let oldClientId: string;
  let certificate: string;
  beforeEach(async () => {
    workplace = await Workplace.open();
    ({ certificate } = await pairOf());
    const { setup } = workplace.org;
    setup.createPermissionSet('Ci');
    setup.assignPermissionSet(CI_USER, 'Ci');
    const app = { name: 'CiApp', label: 'CI of the shop', certificate, adminApproved: true, permissionSets: ['Ci'] };
    oldClientId = setup.createConnectedApp({ ...app, scopes: ['Api', 'RefreshToken'] });
  });
  afterEach(() => workplace.close());

  const MIGRATE = ['migrate', '--target-org', ADMIN_ALIAS];
  const KEY = ['--jwt-key-file', 'server.key', '--wait', '0'];
  const run = (args: string[], options: Partial<RunOptions> = {}): Promise<Answer<JwtMigrateResult>> =>
    workplace.json<JwtMigrateResult>([...MIGRATE, ...args], options);
  const migrated = async (args: string[] = [], exitCode = 0): Promise<JwtMigrateResult> => {
    const answer = await run(['--client-id', oldClientId, ...KEY, ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(exitCode);
    expectSchema('jwt-migrate', answer.result);
    return answer.result;
  };
  const refused = async (args: string[], code: string): Promise<Answer<unknown>> => {
    const before = stateOf(workplace.org);
    const answer = await run(args);
    expect([answer.status, answer.data?.code], JSON.stringify(answer)).to.deep.equal([1, code]);
    expect(answer.actions).not.to.deep.equal([]);
    expect(stateOf(workplace.org)).to.deep.equal(before);
    return answer;
  };
  const entry = (): Record<string, unknown> =>
    JSON.parse(readFileSync(join(workplace.home, '.sfdx', `${CI_USER}.json`), 'utf8')) as Record<string, unknown>;
  const fields = (type: string): Record<string, unknown> => ({ ...workplace.org.data.componentsOf(type)[0]?.fields });
  const granted = async (clientId = oldClientId): Promise<Answer<unknown>> =>
    workplace.json(grant({ workplace, clientId }));
  const loginsAgo = (days: number): void => {
    for (const each of workplace.org.data.loginHistory) each.time = Date.now() - days * DAY;
  };

  it('puts an app beside it with the same certificate, scopes, policies and users, and proves it', async () => {
    const { setup } = workplace.org;
    setup.changePolicy('CiApp', {
      oauthPolicy: { ipRelaxation: 'BYPASS', refreshTokenPolicy: 'specific_inactivity:30:DAYS' },
      sessionPolicy: { sessionTimeout: '30' },
      ipRanges: [{ start: '203.0.113.0', end: '203.0.113.255', description: 'office' }],
      startUrl: 'https://shop.example.com',
    });
    await granted();
    const before = fields('ConnectedApp');
    const result = await migrated();
    expect(fields('ConnectedApp'), 'the old app').to.deep.equal(before);
    expect(result.from).to.deep.include({ name: 'CiApp', clientId: oldClientId, state: 'open' });
    expect(result.to).to.include({ name: 'CiApp_ECA', status: 'created', permissionSet: null });
    expect(result.to.users).to.deep.equal([{ username: CI_USER, assigned: 'already', verified: true }]);
    expect(result.to.certificate.fingerprint256).to.equal((await pairOf()).fingerprint256);
    expect(result.leftBehind).to.deep.equal(['startUrl']);
    expect(result.logins).to.deep.equal([{ username: CI_USER, aliases: [], switched: true }]);
    expect(result.elsewhere?.map(({ username, logins }) => [username, logins])).to.deep.equal([[CI_USER, 1]]);
    expect(fields('ExternalClientApplication')).to.include({ label: 'CI of the shop (ECA)' });
    expect(fields('ExtlClntAppOauthConfigurablePolicies')).to.deep.include({
      ...{ permittedUsersPolicyType: 'AdminApprovedPreAuthorized', commaSeparatedPermissionSet: 'Ci' },
      ...{ ipRelaxationPolicyType: 'Bypass', refreshTokenPolicyType: 'SpecificInactivity' },
      ...{ refreshTokenValidityPeriod: '30', refreshTokenValidityUnit: 'Days', sessionTimeoutInMinutes: '30' },
    });
    expect(fields('ExtlClntAppOauthSettings')).to.deep.include({
      commaSeparatedOauthScopes: 'Api, RefreshToken',
      trustedIpRanges: [{ description: 'office', endIpAddress: '203.0.113.255', startIpAddress: '203.0.113.0' }],
    });
    expect(entry()).to.include({ clientId: result.to.clientId, loginUrl: workplace.org.url });
    expect((await granted()).status, 'a login with the old client id').to.equal(0);
  });

  it('tells a person where the new client ID has to go, and what to do when nobody uses the old one', async () => {
    await granted();
    const { stdout, status, stderr } = await workplace.jwt([...MIGRATE, '--client-id', oldClientId, ...KEY]);
    expect(status, stderr).to.equal(0);
    const [from] = workplace.org.data.loginHistory;
    expect(stdout).to.contain('The Connected App CiApp gets an External Client App CiApp_ECA beside it');
    expect(stdout).to.contain(`The login of ${CI_USER} uses the new app now.`);
    expect(stdout).to.match(new RegExp(`│ ${CI_USER} │ ${from!.sourceIp} +│ ${from!.loginUrl} +│ 1 `));
    expect(stdout).to.contain('App Manager, CiApp, "Migrate to External Client App"');
    expect(stdout).to.match(/--target-org my-admin-org --name CiApp --new-name CiApp_ECA --disable-old$/m);
  });

  it('changes nothing a second time, nor what somebody has changed in the new app since', async () => {
    await granted();
    await migrated();
    const app = workplace.org.apps.find(({ kind }) => kind === 'external-client-app')!;
    expect(app.label).to.equal('CI of the shop (ECA)');
    workplace.org.setup.changePolicy('CiApp_ECA', { ipRelaxationPolicyType: 'Bypass' });
    const before = stateOf(workplace.org);
    const again = await migrated();
    expect([again.to.status, again.to.changes, again.logins]).to.deep.equal(['unchanged', [], []]);
    expect(stateOf(workplace.org)).to.deep.equal(before);
  });

  it('pre-authorizes those who had authorized the old app themselves', async () => {
    const { setup } = workplace.org;
    setup.createConnectedApp({ name: 'Open', certificate });
    setup.approve(CI_USER, 'Open');
    const clientId = workplace.org.apps.find(({ name }) => name === 'Open')!.consumerKey!;
    expect((await granted(clientId)).status).to.equal(0);
    const { result } = await run(['--name', 'Open', ...KEY]);
    expect(result.to).to.include({ permissionSet: 'Open_ECA', status: 'created' });
    expect(result.to.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
  });

  it('takes the key of a stored login, whose entry stays where the new app refuses it', async () => {
    await granted();
    const before = entry();
    workplace.org.setup.removeAssignment(CI_USER, 'Ci');
    const answer = await run(['--name', 'CI of the shop', '--wait', '0']);
    expect(answer.status).to.equal(68);
    expect(answer.result.logins[0]).to.deep.include({ switched: false });
    expect(answer.result.logins[0]?.error?.code).to.equal('user_not_admin_approved');
    expect(entry()).to.deep.equal(before);
    workplace.org.setup.assignPermissionSet(CI_USER, 'Ci');
    const next = await run(['--name', 'CiApp', '--wait', '0']);
    expect([next.status, next.result.logins[0]?.switched]).to.deep.equal([0, true]);
    expect(next.result.to.users[0]?.verified).to.equal(true);
  });

  it('leaves a login alone of which no key is stored, and says how to make it anew', async () => {
    await workplace.json([...grant({ workplace, clientId: oldClientId }), '--key-storage', 'none']);
    const before = entry();
    const { status, stderr } = await workplace.jwt([...MIGRATE, '--name', 'CiApp', ...KEY]);
    expect(status, stderr).to.equal(68);
    const { consumerKey } = workplace.org.apps.find(({ name }) => name === 'CiApp_ECA')!;
    expect(stderr.replaceAll(/\s*\n[\s›]*/g, ' ')).to.contain(
      `sf jwt grant --username ${CI_USER} --client-id ${consumerKey} --jwt-key-file server.key`,
    );
    expect(entry()).to.deep.equal(before);
  });

  it('says in a dry run what it would do, and does nothing', async () => {
    await granted();
    const before = [stateOf(workplace.org), await workplace.files()];
    const { to, logins, dryRun } = await migrated(['--dry-run']);
    expect([to.status, to.dryRun, dryRun, logins[0]?.switched]).to.deep.equal(['created', true, true, false]);
    expect([stateOf(workplace.org), await workplace.files()]).to.deep.equal(before);
  });

  it('closes the old app when nobody has used it for days, and opens it to nobody', async () => {
    await granted();
    await migrated();
    const inUse = await refused(['--name', 'CiApp', ...KEY, '--disable-old'], 'old_app_in_use');
    expect(inUse.message).to.contain(CI_USER);
    loginsAgo(6);
    await refused(['--name', 'CiApp', ...KEY, '--disable-old'], 'old_app_in_use');
    loginsAgo(8);
    const before = stateOf(workplace.org);
    const dry = await migrated(['--disable-old', '--dry-run']);
    expect([dry.from.state, stateOf(workplace.org)]).to.deep.equal(['open', before]);
    const { stdout, status, stderr } = await workplace.jwt([...MIGRATE, '--name', 'CiApp', ...KEY, '--disable-old']);
    expect(status, stderr).to.equal(0);
    expect(stdout)
      .to.contain('The Connected App CiApp lets nobody in any more')
      .and.to.contain('Its policy had named: Ci');
    const config = fields('ConnectedApp')['oauthConfig'] as Record<string, unknown>;
    expect(config).to.include({ isAdminApproved: 'true', consumerKey: oldClientId, certificate: certificate.trim() });
    const answer = await granted();
    expect(answer.data?.code).to.equal('user_not_admin_approved');
    expect((await granted(entry()['clientId'] as string)).status, 'the new app').to.equal(0);
    const again = await migrated(['--disable-old', '--idle-days', '0']);
    expect(again.from).to.deep.include({ state: 'closed', stillOpen: [] });
    expect(workplace.org.apps).to.have.length(2);
  });

  it('closes nothing that it cannot tell to be unused, or that is open otherwise', async () => {
    const app = workplace.org.apps[0]!.id;
    await migrated(['--username', CI_USER]);
    workplace.org.setup.takePermissions(ADMIN, 'ManageUsers');
    await refused(['--name', 'CiApp', ...KEY, '--username', CI_USER, '--disable-old'], 'old_app_use_unknown');
    workplace.org.user(ADMIN)!.permissions.add('ManageUsers');
    for (const access of workplace.org.data.accesses) if (access.entityId === app) access.fromPolicy = false;
    const { from } = await migrated(['--username', CI_USER, '--disable-old'], 68);
    expect(from).to.deep.include({ state: 'closed', stillOpen: ['Ci'] });
  });

  it('refuses what cannot be moved, before it changes anything', async () => {
    const { setup } = workplace.org;
    await workplace.savePair('other', 'other');
    setup.createExternalClientApp({ name: 'Eca', certificate });
    setup.createExternalClientApp({ name: 'Taken', certificate: (await pairOf('other')).certificate });
    setup.createConnectedApp({ name: 'acme__Loader', certificate });
    await refused(['--name', 'Nothing', ...KEY], 'app_not_found');
    await refused(['--name', 'Eca', ...KEY], 'app_not_connected_app');
    await refused(['--name', 'acme__Loader', ...KEY], 'app_name_illegal');
    await refused(['--name', 'CiApp', ...KEY, '--username', CI_USER, '--new-name', 'Taken'], 'migration_name_taken');
    await refused(['--name', 'CiApp', '--username', CI_USER, '-f', 'other.key'], 'key_certificate_mismatch');
    await refused(['--name', 'CiApp', ...KEY], 'migration_users_unknown');
    workplace.org.switches.certificateReadback = 'omitted';
    await refused(['--name', 'CiApp', ...KEY, '--username', CI_USER], 'app_certificate_hidden');
    const { status } = await run(['--name', 'CiApp', ...KEY, '-u', CI_USER, '--certificate-file', 'server.crt']);
    expect(status).to.equal(0);
  });

  it('asks for the client id of the new app where neither the org nor this machine knows it', async () => {
    workplace.org.switches.consumerKeyReadable = false;
    const { to } = await migrated(['--username', CI_USER]);
    rmSync(join(workplace.home, '.sf', 'jwt-apps'), { recursive: true });
    await refused(['--name', 'CiApp', ...KEY, '-u', CI_USER], 'migration_client_id_unreadable');
    const again = await migrated(['--username', CI_USER, '--new-client-id', to.clientId!]);
    expect([again.to.clientId, again.to.users[0]?.verified]).to.deep.equal([to.clientId, true]);
  });

  for (const consumerKeyReadable of [true, false]) {
    for (const accessRowCreated of [true, false]) {
      it(`works where client ids are ${consumerKeyReadable ? 'shown' : 'hidden'} and access rows ${accessRowCreated ? 'made' : 'not made'}`, async () => {
        Object.assign(workplace.org.switches, { consumerKeyReadable, accessRowCreated });
        const { to } = await migrated(['--username', CI_USER]);
        expect(to.users[0]?.verified).to.equal(true);
        const again = await migrated(['--username', CI_USER]);
        expect([again.to.status, again.to.clientId]).to.deep.equal(['unchanged', to.clientId]);
      });
    }
  }
});

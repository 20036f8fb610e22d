import { expect } from 'chai';
import { CONNECT, connected, deployRequests, refused, tokenRequests } from '../support/connect.js';
import { hasTerminal } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

const SECOND = 'second@acme.example.com';
const INACTIVE = 'gone@acme.example.com';
const users = (...names: string[]): string[] => names.flatMap((name) => ['--username', name]);

describe('sf jwt connect, for several users', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open({
      users: [{ username: CI_USER }, { username: SECOND }, { username: INACTIVE, active: false }],
    });
  });
  afterEach(() => workplace.close());

  it('pre-authorizes and proves each of them, once, whatever the case of the name', async () => {
    const result = await connected(workplace, users(CI_USER, SECOND.toUpperCase(), CI_USER));
    expect(result.users).to.deep.equal([
      { username: CI_USER, assigned: 'assigned', verified: true },
      { username: SECOND, assigned: 'assigned', verified: true },
    ]);
    expect(tokenRequests(workplace.org)).to.equal(2);
  });

  it('refuses users that the org does not have, before anything is sent', async () => {
    const { data } = await refused(workplace, 'users_unknown', users(CI_USER, 'nobody@example.com', "o'b@example.com"));
    expect(data?.['usernames']).to.equal("nobody@example.com, o'b@example.com");
    expect(deployRequests(workplace.org)).to.equal(0);
  });

  it('refuses deactivated users, before anything is sent', async () => {
    const { data } = await refused(workplace, 'users_inactive', users(CI_USER, INACTIVE));
    expect(data?.['usernames']).to.equal(INACTIVE);
    expect(deployRequests(workplace.org)).to.equal(0);
  });

  it('refuses profiles and further permission sets that the org does not have, before anything is sent', async () => {
    const { org } = workplace;
    org.setup.createPermissionSet('Known');
    const profiles = ['Standard User', 'Nobody', "Jürgen's", 'standard user'].flatMap((name) => ['--profile', name]);
    const unknown = await refused(workplace, 'profiles_unknown', [...profiles, '--dry-run']);
    expect(unknown.data?.['names']).to.equal("Nobody, Jürgen's");
    const sets = ['New', 'known', 'Nowhere'].flatMap((name) => ['--permission-set', name]);
    const { data, actions } = await refused(workplace, 'permission_sets_unknown', sets);
    expect(data?.['names']).to.equal('Nowhere');
    expect(actions?.[0]).to.contain('Only the first permission set');
    expect(deployRequests(org)).to.equal(0);
    const result = await connected(workplace, [...sets.slice(0, 4), ...profiles.slice(0, 2)]);
    expect(result).to.deep.include({ permissionSet: 'New', profiles: ['Standard User'] });
    expect(org.apps[0]?.permissionSets).to.deep.equal(['New', 'known']);
  });

  it('leaves standard profiles to the org, which may know them by another name', async () => {
    const { message } = await refused(workplace, 'deployment_failed', ['--profile', 'Admin']);
    expect(message).to.contain('no Profile named Admin found');
  });

  it('foresees in a dry run that a user of another license cannot be assigned', async () => {
    const { org } = workplace;
    const robot = 'robot@acme.example.com';
    org.addUser({ username: robot, profile: 'Minimum Access - API Only Integrations' });
    org.setup.createPermissionSet('Licensed', { license: 'Salesforce' });
    const args = ['--dry-run', '--permission-set', 'Licensed', ...users(robot, CI_USER)];
    const result = await connected(workplace, args, { exitCode: 68 });
    expect(result.users).to.deep.equal([
      {
        username: robot,
        assigned: 'failed',
        verified: null,
        error: 'The permission set Licensed is for the user license "Salesforce", which the user doesn\'t have.',
      },
      { username: CI_USER, assigned: 'assigned', verified: null },
    ]);
    expect(org.apps).to.deep.equal([]);
    const { stdout, stderr } = await workplace.jwt([...CONNECT, ...args]);
    expect(stdout).to.match(/│ robot@acme.example.com +│ would fail/);
    expect(stderr.replace(/\s+/g, ' ')).to.contain('Choose another permission set with --permission-set');
  });

  it('ends with 68 when one cannot be assigned; the others stand, and the whole result is printed', async () => {
    const { org } = workplace;
    org.setup.createPermissionSet('Licensed', { license: 'Salesforce' });
    org.addUser({ username: 'robot@acme.example.com', profile: 'Minimum Access - API Only Integrations' });
    const args = ['--permission-set', 'Licensed', ...users('robot@acme.example.com', CI_USER)];
    const result = await connected(workplace, args, { exitCode: 68 });
    expect(result.users[0]).to.deep.include({ assigned: 'failed', verified: null });
    expect(result.users[0]?.error).to.match(/^Can't assign permission set Licensed to user/);
    expect(result.users[1]).to.deep.equal({ username: CI_USER, assigned: 'assigned', verified: true });
    expect(result.clientId).to.equal(org.apps[0]?.consumerKey);

    const { status, stdout, stderr } = await workplace.jwt([...CONNECT, ...args]);
    expect(status).to.equal(68);
    expect(stderr).to.contain("robot@acme.example.com couldn't be assigned: Can't assign permission set Licensed");
    expect(stderr.replace(/\s+/g, ' ')).to.contain('Choose another permission set with --permission-set');
    expect(stdout).to.contain(`Client ID: ${result.clientId}`).and.to.contain('sf jwt grant');
    expect(stdout)
      .to.match(/^Updated the app JwtBearer, but robot@.* could not be pre-authorized: Can't assign/m)
      .and.not.to.contain('and it works');
  });

  it('gives a user of any license the permission set that it makes', async () => {
    const robot = 'robot@acme.example.com';
    workplace.org.addUser({ username: robot, profile: 'Minimum Access - API Only Integrations' });
    const result = await connected(workplace, users(robot));
    expect(result.users).to.deep.equal([{ username: robot, assigned: 'assigned', verified: true }]);
  });

  it('refuses a permission set whose license cannot open apps, before anything is sent', async () => {
    const { setup } = workplace.org;
    setup.createPermissionSet('Api', { license: 'Salesforce API Integration' });
    const { data, actions } = await refused(workplace, 'permission_set_without_apps', ['--permission-set', 'Api']);
    expect(data).to.deep.include({ name: 'Api', license: 'Salesforce API Integration' });
    expect(actions?.[0]).to.contain('--permission-set');
    expect(deployRequests(workplace.org)).to.equal(0);
    setup.createExternalClientApp({ name: 'JwtBearer', adminApproved: true, permissionSets: ['Api'] });
    await refused(workplace, 'permission_set_without_apps', []);
    const result = await connected(workplace, ['--permission-set', 'Opening']);
    expect(result.users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
  });

  it('ends with 68 when a login is refused for good, at once and with the reason', async () => {
    workplace.org.setup.changeUser(SECOND, { frozen: true });
    const result = await connected(workplace, users(CI_USER, SECOND), { exitCode: 68 });
    expect(tokenRequests(workplace.org), 'one for each').to.equal(2);
    expect(result.status).to.equal('created');
    expect(result.users).to.deep.equal([
      { username: CI_USER, assigned: 'assigned', verified: true },
      { username: SECOND, assigned: 'assigned', verified: false, error: 'invalid_grant: inactive user' },
    ]);
    expect(tokenRequests(workplace.org)).to.equal(2);
    const { status, stdout, stderr } = await workplace.jwt([...CONNECT, ...users(CI_USER, SECOND)]);
    expect(status).to.equal(68);
    expect(stderr).to.contain('invalid_grant: inactive user').and.to.contain('Activate or unfreeze the user');
    expect(stdout)
      .to.contain(`Client ID: ${result.clientId}`)
      .and.to.match(/│ refused +│/)
      .and.to.contain(
        `The app JwtBearer is as it should be, but the login as ${SECOND} fails: invalid_grant: inactive user`,
      );
  });
});

describe('sf jwt connect, in an org that takes its time', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open({ switches: { propagationMs: 4_000 } });
  });
  afterEach(() => workplace.close());

  it('waits until the org knows the app, and says on which answer', async function () {
    needs(this, hasTerminal, 'a pseudo terminal (Python)');
    const { status, stdout } = await workplace.onTerminal([...CONNECT, ...users(CI_USER)]);
    expect(status, stdout).to.equal(0);
    expect(stdout).to.contain(`logging in as ${CI_USER}, waiting on "invalid_client_id: client identifier invalid"`);
    expect(stdout).to.contain('Created the app JwtBearer, and it works.');
    expect(tokenRequests(workplace.org)).to.be.within(2, 5);
  });

  it('with --wait 0 tries once, and ends with 69 and the whole result', async () => {
    workplace.org.switches.propagationMs = 600_000;
    const result = await connected(workplace, ['--wait', '0', ...users(CI_USER, ADMIN)], { exitCode: 69 });
    expect(result).to.deep.include({ status: 'created', clientId: workplace.org.apps[0]?.consumerKey });
    expect(result.users.map(({ assigned, verified }) => [assigned, verified])).to.deep.equal([
      ['assigned', false],
      ['assigned', false],
    ]);
    expect(result.users[0]?.error).to.match(/^(invalid_client_id|app_not_found|invalid_grant)/);
    expect(tokenRequests(workplace.org)).to.equal(2);
    const { status, stdout } = await workplace.jwt([...CONNECT, '--wait', '0', ...users(CI_USER)]);
    expect(status).to.equal(69);
    expect(stdout).to.contain(`Client ID: ${result.clientId}`).and.to.contain('sf jwt grant');
    expect(stdout).to.contain(`but the login as ${CI_USER} doesn't work yet: ${result.users[0]?.error}`);
  });

  it('a failed user outranks one that is only late', async () => {
    workplace.org.addUser({ username: 'robot@acme.example.com', profile: 'Minimum Access - API Only Integrations' });
    workplace.org.setup.createPermissionSet('Licensed', { license: 'Salesforce' });
    const args = ['--wait', '0', '--permission-set', 'Licensed', ...users(CI_USER, 'robot@acme.example.com')];
    const result = await connected(workplace, args, { exitCode: 68 });
    expect(result.users.map(({ assigned, verified }) => [assigned, verified])).to.deep.equal([
      ['assigned', false],
      ['failed', null],
    ]);
  });

  it('waits out a new assignment too', async () => {
    workplace.org.switches.propagationMs = 0;
    await connected(workplace);
    workplace.org.switches.propagationMs = 2_000;
    const result = await connected(workplace, users(CI_USER));
    expect(result.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
  });
});

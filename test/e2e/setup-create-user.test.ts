import { expect } from 'chai';
import { stateOf } from '../support/connect.js';
import { expectSchema } from '../support/schema.js';
import { SetupPlace } from '../support/setup.js';
import { ADMIN, ADMIN_ALIAS } from '../support/workplace.js';

const ROBOT = 'robot@acme.example.com';
const line = (name = ROBOT, ...more: string[]): string[] => [
  ...['setup', '--target-org', ADMIN_ALIAS, '--create-user', name, '--for', 'none', '--no-prompt', ...more],
];

describe('sf jwt setup --create-user', function () {
  this.timeout(120_000);

  let place: SetupPlace;
  beforeEach(async () => (place = await SetupPlace.open()));
  afterEach(() => place.close());

  const robot = (username = ROBOT) => place.workplace.org.data.userByName(username);
  const assigned = (username = ROBOT): string[] => {
    const { assignments } = place.workplace.org.data;
    const sets = place.workplace.org.data.componentsOf('PermissionSet');
    const own = assignments.filter(({ userId }) => userId === robot(username)?.id);
    return own.map(({ permissionSetId }) => sets.find(({ id }) => id === permissionSetId)?.fullName ?? '').sort();
  };

  it('says what it will make, and makes nothing in a dry run', async () => {
    const before = stateOf(place.workplace.org);
    const { stdout, status, stderr } = await place.run(line(ROBOT, '--dry-run'));
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(
      `Create the user ${ROBOT}, with the profile "Minimum Access - API Only Integrations" and one of the licenses ` +
        '"Salesforce Integration" (5 of 5 are free); no mail is sent',
    );
    expect(stdout).to.contain(`Give ${ROBOT} one of the licenses "Salesforce API Integration" (5 of 5 are free)`);
    expect(stdout).to.contain(`Assign ${ROBOT} to the permission set JwtBearer`);
    expect(stateOf(place.workplace.org)).to.deep.equal(before);
    expect(robot()).to.equal(undefined);
  });

  it('makes the user with the least rights for deploying, who logs in; a second run makes nothing', async () => {
    const { result, status, message } = await place.json(line());
    expect(status, message).to.equal(0);
    expectSchema('jwt-setup', result);
    expect(result).to.deep.include({ username: ROBOT, verified: true, status: 'created' });
    expect(result.userChanges).to.have.lengthOf(4);
    const user = robot()!;
    expect(user).to.include({ email: place.workplace.org.user(ADMIN)!.email, federationId: `sf-plugin-jwt:${ROBOT}` });
    expect(place.workplace.org.data.profileOf(user).name).to.equal('Minimum Access - API Only Integrations');
    expect(place.workplace.org.data.licenseAssignments.map(({ userId }) => userId)).to.deep.equal([user.id]);
    expect(assigned()).to.deep.equal(['JwtBearer', 'JwtBearer_Deploy']);
    const { data } = place.workplace.org;
    for (const permission of ['ModifyMetadata', 'AuthorApex', 'CustomizeApplication', 'ViewSetup', 'ApiEnabled'])
      expect(data.hasPermission(user, permission), permission).to.equal(true);
    for (const permission of ['ModifyAllData', 'ViewAllData', 'ManageUsers', 'AssignPermissionSets'])
      expect(data.hasPermission(user, permission), permission).to.equal(false);
    const users = data.users.length;
    const again = await place.json(line());
    expect(again.result).to.deep.include({ status: 'unchanged', userChanges: [], changes: [], verified: true });
    expect(data.users).to.have.lengthOf(users);
  });

  it('gives each role its own rights, and a name the form of a username', async () => {
    const { result, message } = await place.json(line('scratch', '--role', 'scratch-orgs'));
    expect(result, message).to.deep.include({ verified: true });
    const { orgId } = place.workplace.org;
    expect(result.username).to.equal(`scratch.${orgId.slice(0, 15).toLowerCase()}@acme.example.com`);
    expect(assigned(result.username)).to.deep.equal(['JwtBearer', 'JwtBearer_ScratchOrgs']);
    const set = place.workplace.org.data.component('PermissionSet', 'JwtBearer_ScratchOrgs');
    expect(JSON.stringify(set?.fields)).to.contain('ScratchOrgInfo').and.to.contain('ActiveScratchOrg');
    expect(JSON.stringify(set?.fields['userPermissions'])).not.to.contain('ModifyMetadata');
  });

  it('finishes a user whom a killed run has begun', async () => {
    const { data } = place.workplace.org;
    const profileId = data.profiles.find(({ name }) => name === 'Minimum Access - API Only Integrations')!.id;
    place.workplace.org.addUser({ username: ROBOT, email: 'ops@acme.example.com' });
    Object.assign(robot()!, { profileId, federationId: `sf-plugin-jwt:${ROBOT}` });
    const { result, message } = await place.json(line());
    expect(result.userChanges, message).to.have.lengthOf(3);
    expect(result.verified).to.equal(true);
    expect(assigned()).to.deep.equal(['JwtBearer', 'JwtBearer_Deploy']);
  });

  /** Fails before anything is made. */
  async function refused(code: string, args: string[]): Promise<string> {
    const before = stateOf(place.workplace.org);
    const users = structuredClone(place.workplace.org.data.users);
    const answer = await place.json(args);
    expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
    expect(stateOf(place.workplace.org)).to.deep.equal(before);
    expect(place.workplace.org.data.users).to.deep.equal(users);
    expect(place.workplace.org.data.licenseAssignments).to.deep.equal([]);
    return answer.message ?? '';
  }

  it('takes over nobody, and refuses before anything is made where a license is full or too small', async () => {
    const { org } = place.workplace;
    org.addUser({ username: 'theirs@acme.example.com' });
    await refused('user_not_ours', line('theirs@acme.example.com'));
    await refused('username_malformed', line('two words'));
    org.switches.integrationMayDeploy = false;
    expect(await refused('license_too_small', line())).to.contain('AuthorApex, CustomizeApplication, ModifyMetadata');
    org.switches.integrationMayDeploy = true;
    org.data.usernamesElsewhere.add(ROBOT);
    await refused('username_taken', line());
    org.data.usernamesElsewhere.clear();
    const profile = 'Minimum Access - API Only Integrations';
    for (let number = 1; number <= 5; number++) org.addUser({ username: `robot${number}@acme.example.com`, profile });
    expect(await refused('license_exhausted', line())).to.contain('All 5 licenses "Salesforce Integration"');
  });

  it('reads without the right to deploy where the license cannot hold that', async () => {
    place.workplace.org.switches.integrationMayDeploy = false;
    const { result, message } = await place.json(line(ROBOT, '--role', 'tests'));
    expect(result, message).to.deep.include({ verified: true });
    expect(assigned()).to.deep.equal(['JwtBearer', 'JwtBearer_Tests']);
  });
});

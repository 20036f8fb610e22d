import { expect } from 'chai';
import type { JwtConnectResult } from '../../src/commands/jwt/connect.js';
import { CONNECT, connected, deployRequests, stateOf, tokenRequests } from '../support/connect.js';
import { recordDeployments } from '../support/deployments.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

describe('sf jwt connect --dry-run', () => {
  let workplace: Workplace;
  before(async () => {
    workplace = await Workplace.open();
  });
  after(() => workplace.close());

  /** The org validates what would be deployed and stays as it is; then the real run has the same plan. */
  async function rehearsed(args: string[]): Promise<JwtConnectResult> {
    const before = stateOf(workplace.org);
    const tokens = tokenRequests(workplace.org);
    const record = recordDeployments(workplace.org);
    const dry = await connected(workplace, [...args, '--dry-run']);
    expect(stateOf(workplace.org)).to.deep.equal(before);
    expect(tokenRequests(workplace.org)).to.equal(tokens);
    const real = await connected(workplace, args);
    const [checked, deployed] = await record.all();
    expect(checked?.options).to.deep.equal({ ...deployed?.options, checkOnly: true });
    expect(Object.keys(checked?.files ?? {})).to.deep.equal(Object.keys(deployed?.files ?? {}));
    expect(dry).to.deep.include({ changes: real.changes, status: real.status, dryRun: true });
    expect(dry).to.deep.include({ permissionSet: real.permissionSet, profiles: real.profiles });
    expect(dry.users.map(({ username, assigned }) => [username, assigned])).to.deep.equal(
      real.users.map(({ username, assigned }) => [username, assigned]),
    );
    expect(dry.users.every(({ verified }) => verified === null)).to.equal(true);
    return dry;
  }

  it('rehearses a new app', async () => {
    const { clientId, deployId } = await rehearsed(['--username', CI_USER]);
    expect(clientId).to.equal(null);
    expect(deployId).to.match(/^0Af/);
  });

  it('rehearses changes of an app that exists', async () => {
    const flags = ['--username', ADMIN, '--label', 'Other', '--profile', 'Standard User'];
    const { clientId, changes } = await rehearsed(flags);
    expect(clientId).to.equal(workplace.org.apps[0]?.consumerKey);
    expect(changes).to.have.lengthOf(3);
  });

  it('asks for no deployment where nothing would change', async () => {
    const deployed = deployRequests(workplace.org);
    const { status, stdout, stderr } = await workplace.jwt([...CONNECT, '--dry-run']);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(`Nothing to change in the org of ${ADMIN}.`).and.to.contain('Nothing would be changed.');
    expect(stdout).not.to.contain('jwt grant');
    expect(deployRequests(workplace.org)).to.equal(deployed);
  });

  it('says what the org has against it', async () => {
    const before = stateOf(workplace.org);
    const answer = await workplace.json([...CONNECT, '--profile', 'Marketing User', '--dry-run']);
    expect(answer).to.deep.include({ status: 1, name: 'DeploymentFailedError' });
    expect(answer.message).to.contain('In field: commaSeparatedProfile - no Profile named Marketing User found');
    expect(stateOf(workplace.org)).to.deep.equal(before);
  });
});

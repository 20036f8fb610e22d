import { readdir } from 'node:fs/promises';
import { ComponentSet, MetadataConverter } from '@salesforce/source-deploy-retrieve';
import { expect } from 'chai';
import { deploy, problems } from '../emulator/testkit/packages.js';
import { CONNECT, connected, refused } from '../support/connect.js';
import { recordDeployments } from '../support/deployments.js';
import { ADMIN, Workplace } from '../support/workplace.js';

describe('sf jwt connect, refused by the org', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it("says why in the server's words when a component is refused, and changes nothing", async () => {
    const { data, message, actions } = await refused(workplace, 'deployment_failed', ['--profile', 'Marketing User']);
    const problem = 'In field: commaSeparatedProfile - no Profile named Marketing User found';
    expect(message).to.contain(`ExtlClntAppOauthConfigurablePolicies JwtBearer_oauth_defaultPolicy: ${problem}`);
    expect(data?.['problems']).to.deep.include({
      type: 'ExtlClntAppOauthConfigurablePolicies',
      component: 'JwtBearer_oauth_defaultPolicy',
      problem,
    });
    expect(actions?.[0]).to.match(
      /^To see the whole result, run: sf project deploy report --job-id 0Af\w{15} --target-org admin@acme\.example\.com$/,
    );
    expect(workplace.org.apps).to.deep.equal([]);
  });

  it('says which tests stopped the deployment', async () => {
    await workplace.close();
    workplace = await Workplace.open({ kind: 'production', switches: { productionTests: 'fail' } });
    const { message, actions } = await refused(workplace, 'deployment_failed', []);
    expect(message).to.contain('ExistingTest.failsInThisOrg: System.AssertException: Assertion Failed');
    expect(actions?.[1]).to.contain('--test-level RunSpecifiedTests');
  });

  it('writes the metadata for a deployment of your own where tests stop it, and does the rest after that', async () => {
    await workplace.close();
    workplace = await Workplace.open({ kind: 'production', switches: { productionTests: 'fail' } });
    const { org } = workplace;
    const args = ['--dry-run', '--output-dir', 'jwt-app'];
    const { actions } = await refused(workplace, 'deployment_failed', args);
    expect(actions?.[1]).to.contain('--dry-run --output-dir jwt-app');
    // what "sf project deploy start --source-dir jwt-app --test-level NoTestRun" sends
    const set = ComponentSet.fromSource(workplace.path('jwt-app'));
    set.sourceApiVersion = '67.0';
    const { zipBuffer } = await new MetadataConverter().convert(set, 'metadata', { type: 'zip' });
    const outcome = await deploy(org, zipBuffer ?? Buffer.alloc(0), { testLevel: 'NoTestRun' });
    expect(outcome.status, problems(outcome).join()).to.equal('Succeeded');
    const { status, users, deployId, clientId } = await connected(workplace);
    expect(status).to.equal('updated');
    expect(deployId).to.equal(undefined);
    expect(clientId).to.equal(org.apps[0]?.consumerKey);
    expect(users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
  });

  it('says what to do where the org wants a test level', async () => {
    await workplace.close();
    workplace = await Workplace.open({ kind: 'production', switches: { productionTests: 'level-required' } });
    const { message, actions } = await refused(workplace, 'deployment_refused', ['--output-dir', 'jwt-app']);
    expect(message).to.contain('INVALID_OPERATION: A testLevel is required');
    expect(actions?.[0]).to.contain('sf project deploy start --source-dir jwt-app --test-level RunLocalTests');
    expect(await readdir(workplace.path('jwt-app'))).to.include('externalClientApps');
  });

  it('asks for no test level, so that a production org which wants tests is content', async () => {
    await workplace.close();
    workplace = await Workplace.open({ kind: 'production', switches: { productionTests: 'required' } });
    const record = recordDeployments(workplace.org);
    expect((await connected(workplace)).status).to.equal('created');
    const [sent] = await record.all();
    expect(sent?.options).not.to.have.any.keys('testLevel', 'runTests');
  });

  it('keeps an app that exists as it is when its update is refused', async () => {
    await connected(workplace);
    await workplace.savePair('renewed');
    const flags = ['--label', 'Other', '--permission-set', 'Deployers', '--profile', 'Marketing User'];
    await refused(workplace, 'deployment_failed', flags);
  });

  it('says that the deployment was canceled, and by whom', async () => {
    const release = workplace.org.holdDeployments();
    const running = workplace.json(CONNECT);
    const started = (): string => workplace.org.requestsTo(/deployRequest$/, 'POST')[0]?.responseBody ?? '';
    while (started() === '') await new Promise((resolve) => setTimeout(resolve, 50));
    const { id } = JSON.parse(started()) as { id: string };
    await fetch(`${workplace.org.url}/services/data/v67.0/metadata/deployRequest/${id}`, {
      method: 'PATCH',
      headers: { 'authorization': `Bearer ${workplace.org.admin.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deployResult: { status: 'Canceling' } }),
    });
    release();
    const answer = await running;
    expect(answer.data).to.deep.include({ code: 'deployment_canceled', id, by: 'Ada Admin' });
    expect(workplace.org.apps).to.deep.equal([]);
  });
});

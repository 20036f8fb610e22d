import { expect } from 'chai';
import { connected, deployRequests, fieldsOf, refused } from '../support/connect.js';
import { CI_USER, Workplace } from '../support/workplace.js';

const CONNECTED_APP = ['--app-type', 'connected-app'];

describe('sf jwt connect --app-type connected-app', () => {
  let workplace: Workplace;

  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it('says in the words of the org that none can be created, and changes nothing', async () => {
    const { message, data } = await refused(workplace, 'connected_app_creation_blocked', CONNECTED_APP);
    expect(message).to.contain(
      "You can't create a connected app. To enable connected app creation, contact Salesforce",
    );
    expect(data).to.have.property('problem').that.contains('contact Salesforce Customer Support');
  });

  it('creates one where the org allows it, proves it, and finds nothing to do the second time', async () => {
    workplace.org.switches.connectedAppCreation = 'allowed';
    const created = await connected(workplace, [...CONNECTED_APP, '--username', CI_USER]);
    expect(created).to.include({ status: 'created', appType: 'connected-app', permissionSet: 'JwtBearer' });
    expect(created.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
    const again = await connected(workplace, [...CONNECTED_APP, '--username', CI_USER]);
    expect(again).to.include({ status: 'unchanged', clientId: created.clientId });
    expect(deployRequests(workplace.org)).to.equal(1);
  });

  it('brings one up to date that was made in Setup: same client id, and what no flag names stays', async () => {
    const clientId = workplace.org.setup.createConnectedApp({
      name: 'Legacy',
      scopes: ['Api', 'Chatter', 'RefreshToken'],
    });
    const before = fieldsOf(workplace.org, 'ConnectedApp');
    const updated = await connected(workplace, [...CONNECTED_APP, '--name', 'Legacy', '--username', CI_USER]);
    expect(updated).to.include({ status: 'updated', clientId });
    expect(updated.users[0]).to.include({ verified: true });
    const after = fieldsOf(workplace.org, 'ConnectedApp') as { oauthConfig: Record<string, unknown> };
    expect(after).to.include({ label: (before as { label: string }).label });
    expect(after.oauthConfig['scopes']).to.deep.equal(['Api', 'Chatter', 'RefreshToken']);
    expect(after.oauthConfig).to.include({ isAdminApproved: 'true' });
    const again = await connected(workplace, [...CONNECTED_APP, '--name', 'Legacy', '--username', CI_USER]);
    expect(again).to.include({ status: 'unchanged', clientId });
  });

  for (const omittedFields of ['reset', 'kept'] as const) {
    it(`keeps settings that no flag manages, in an org where omitted ones are ${omittedFields}`, async () => {
      workplace.org.switches.omittedFields = omittedFields;
      workplace.org.setup.createConnectedApp({ name: 'Legacy' });
      workplace.org.setup.changePolicy('Legacy', {
        description: 'Made by hand & kept',
        infoUrl: 'https://example.com/info',
        ipRanges: [
          { description: 'office', end: '10.0.0.9', start: '10.0.0.1' },
          { end: '10.0.1.9', start: '10.0.1.1' },
        ],
        oauthPolicy: { ipRelaxation: 'ENFORCE', refreshTokenPolicy: 'specific_lifetime:30:DAYS' },
        sessionPolicy: { policyAction: 'RaiseSessionLevel', sessionLevel: 'STANDARD', sessionTimeout: '30' },
      });
      const { label, oauthConfig, ...before } = fieldsOf(workplace.org, 'ConnectedApp');
      const args = [...CONNECTED_APP, '--name', 'Legacy', '--label', 'New', '--permission-set', 'Deployers'];
      expect((await connected(workplace, args)).status).to.equal('updated');
      const { label: renamed, oauthConfig: config, ...after } = fieldsOf(workplace.org, 'ConnectedApp');
      expect(after).to.deep.equal({ ...before, permissionSetName: ['Deployers'] });
      expect([label, renamed]).to.deep.equal(['Legacy', 'New']);
      const { certificate, ...kept } = config as Record<string, unknown>;
      expect(certificate).to.contain('BEGIN CERTIFICATE');
      expect(kept).to.deep.include({ ...(oauthConfig as object), isAdminApproved: 'true' });
    });
  }

  it('says that the name is an app of the other type, either way', async () => {
    workplace.org.setup.createConnectedApp({ name: 'JwtBearer' });
    const { data } = await refused(workplace, 'app_name_taken', []);
    expect(data).to.include({ name: 'JwtBearer', other: 'connected-app' });
  });
});

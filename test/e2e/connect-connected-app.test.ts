import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { connected, deployRequests, fieldsOf, refused } from '../support/connect.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

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

  it('says that the name is an app of the other type, either way', async () => {
    workplace.org.setup.createConnectedApp({ name: 'JwtBearer' });
    const { data } = await refused(workplace, 'app_name_taken', []);
    expect(data).to.include({ name: 'JwtBearer', other: 'connected-app' });
  });
});

describe('sf jwt connect --output-dir', () => {
  let workplace: Workplace;

  before(async () => {
    workplace = await Workplace.open();
  });
  after(() => workplace.close());

  it('writes the metadata as source, with no client id and no org id in it, the same for a new app and for one that stands', async () => {
    const { clientId } = await connected(workplace, ['--output-dir', 'new']);
    const made = await sourceIn('new');
    expect(Object.keys(made)).to.deep.equal([
      'externalClientApps/JwtBearer.eca-meta.xml',
      'extlClntAppGlobalOauthSets/JwtBearer_glbloauth.ecaGlblOauth-meta.xml',
      'extlClntAppOauthPolicies/JwtBearer_oauth_defaultPolicy.ecaOauthPlcy-meta.xml',
      'extlClntAppOauthSettings/JwtBearer_oauth.ecaOauth-meta.xml',
      'permissionsets/JwtBearer.permissionset-meta.xml',
    ]);
    const all = Object.values(made).join('\n');
    expect(all).not.to.contain(clientId).and.not.to.contain('consumerKey');
    expect(all).not.to.contain(workplace.org.orgId.slice(0, 15));
    expect(all).to.contain('-----BEGIN CERTIFICATE-----').and.to.contain('AdminApprovedPreAuthorized');

    const unchanged = await connected(workplace, ['--output-dir', 'standing']);
    expect(unchanged.status).to.equal('unchanged');
    const standing = await sourceIn('standing');
    expect(Object.keys(standing)).to.deep.equal(
      Object.keys(made).filter((path) => !path.startsWith('permissionsets/')),
    );
    expect(Object.values(standing).join('\n')).not.to.match(/consumerKey|oauthLink|orgScopedExternalApp/);
  });

  it('says how to deploy it', async () => {
    const { stdout } = await workplace.jwt([
      ...['connect', '--target-org', 'my-admin-org', '--certificate-file', 'server.crt'],
      ...['--output-dir', 'my source', '--dry-run', '--username', ADMIN],
    ]);
    expect(stdout).to.contain("sf project deploy start --source-dir 'my source'");
  });

  async function sourceIn(folder: string): Promise<Record<string, string>> {
    const root = workplace.path(folder);
    const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
    return Object.fromEntries(
      await Promise.all(
        paths.map(async (path) => [path.slice(root.length + 1), await readFile(path, 'utf8')] as const),
      ),
    );
  }
});

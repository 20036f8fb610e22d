import { expect } from 'chai';
import jsforce from 'jsforce';

import { type Org, startOrg } from './index.js';
import { grant, makeKey, signAssertion, claimsFor, type TestKey } from './testkit/keys.js';
import { ecaComponents, filesOf, zip } from './testkit/packages.js';

/** The error a call ends with; a call that succeeds is the test's failure. */
async function failure(call: PromiseLike<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('The call succeeded');
}

describe('local org: jsforce as a client', () => {
  let org: Org;
  let key: TestKey;
  let conn: InstanceType<typeof jsforce.Connection>;

  before(async () => {
    key = await makeKey();
  });

  beforeEach(async () => {
    org = await startOrg({ kind: 'developer', users: [{ username: 'ci@acme.com' }] });
    conn = new jsforce.Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '62.0' });
    conn.metadata.pollInterval = 10;
  });

  afterEach(async () => {
    await org.stop();
  });

  for (const way of ['deploy', 'deployRest'] as const) {
    it(`deploys with ${way} and reads the app back`, async () => {
      const archive = await zip(filesOf(ecaComponents('CiApp', key.certificate, 'jsforceKey123')));
      const result = await conn.metadata[way](archive, { singlePackage: true, rollbackOnError: true }).complete(true);
      expect(result).to.include({
        status: 'Succeeded',
        success: true,
        numberComponentsDeployed: 5,
        numberComponentErrors: 0,
      });
      const [settings, missing] = await readGlobal('CiApp_glbloauth', 'Nothing');
      expect(settings).to.include({
        fullName: 'CiApp_glbloauth',
        consumerKey: 'jsforceKey123',
        isPkceRequired: 'true',
      });
      expect(settings?.['certificate']).to.equal(key.certificate.trim());
      expect(missing).to.not.have.property('fullName');
      org.setup.assignPermissionSet('ci@acme.com', 'CiApp');
      const answer = await grant(org.url, signAssertion(key, claimsFor('jsforceKey123', 'ci@acme.com', org.url)));
      expect(answer.status).to.equal(200);
    });
  }

  async function readGlobal(...names: string[]): Promise<Array<Record<string, unknown>>> {
    // External Client App types are missing from jsforce's tables.
    const type: string = 'ExtlClntAppGlobalOauthSettings';
    const records: unknown = await conn.metadata.read(type as 'ConnectedApp', names);
    return records as Array<Record<string, unknown>>;
  }

  it('polls a deployment through REST and SOAP with the same outcome', async () => {
    const release = org.holdDeployments();
    const archive = await zip(
      filesOf(
        ecaComponents('CiApp', key.certificate, undefined, { policy: [['permittedUsersPolicyType', 'AdminApproved']] }),
      ),
    );
    const { id } = (await conn.metadata.deployRest(archive, { singlePackage: true, rollbackOnError: true })) as {
      id: string;
    };
    const early = await conn.metadata.checkDeployStatus(id, false, true);
    expect(early).to.include({ done: false, success: false });
    expect(['Pending', 'InProgress']).to.include(early.status);
    release();
    while (!(await conn.metadata.checkDeployStatus(id, false, true)).done)
      await new Promise((done) => setTimeout(done, 20));
    const rest = await conn.metadata.checkDeployStatus(id, true, true);
    const soap = await conn.metadata.checkDeployStatus(id, true);
    expect(rest.status).to.equal('Failed');
    expect(soap.status).to.equal('Failed');
    for (const { details } of [rest, soap]) {
      expect(details.componentFailures).to.have.lengthOf(1);
      expect(details.componentFailures[0]).to.include({
        problemType: 'Error',
        fullName: 'CiApp_oauth_defaultPolicy',
      });
    }
    expect(soap.numberComponentErrors).to.equal(1);
    expect(org.apps).to.deep.equal([]);
  });

  it('cancels a deployment', async () => {
    const release = org.holdDeployments();
    const archive = await zip(filesOf(ecaComponents('CiApp', key.certificate, undefined)));
    const { id } = (await conn.metadata.deployRest(archive, { singlePackage: true, rollbackOnError: true })) as {
      id: string;
    };
    await conn.request({
      method: 'PATCH',
      url: `${org.url}/services/data/v62.0/metadata/deployRequest/${id}`,
      body: JSON.stringify({ deployResult: { status: 'Canceling' } }),
      headers: { 'content-type': 'application/json' },
    });
    let result = await conn.metadata.checkDeployStatus(id, true, true);
    expect(result.status).to.equal('Canceling');
    release();
    while (!result.done) {
      await new Promise((done) => setTimeout(done, 50));
      result = await conn.metadata.checkDeployStatus(id, true, true);
    }
    expect(result.status).to.equal('Canceled');
    expect((result as unknown as Record<string, unknown>)['canceledByName']).to.equal('Ada Admin');
    expect(org.apps).to.deep.equal([]);
  });

  it('lists one component as a list, and none as an empty one', async () => {
    org.setup.createExternalClientApp({ name: 'Setup', certificate: key.certificate });
    const policies = await conn.metadata.list({ type: 'ExtlClntAppOauthConfigurablePolicies' });
    expect(policies.map(({ fullName }) => fullName)).to.deep.equal(['Setup_oauthPlcy']);
    expect(await conn.metadata.list({ type: 'ConnectedApp' })).to.deep.equal([]);
  });

  it('shows key and certificate as the switches say, and never the secret', async () => {
    const consumerKey = org.setup.createExternalClientApp({ name: 'Setup', certificate: key.certificate });
    const read = async (): Promise<Record<string, unknown>> => (await readGlobal('Setup_glbloauth'))[0] ?? {};
    expect(await read())
      .to.include({ consumerKey })
      .and.not.to.have.property('consumerSecret');
    org.switches.certificateReadback = 'base64';
    const body = key.certificate.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    expect(
      String((await read())['certificate'])
        .split('\n')
        .join(''),
    ).to.equal(body.join('').replaceAll('\r', ''));
    org.switches.certificateReadback = 'omitted';
    org.switches.consumerKeyReadable = false;
    expect(await read()).to.have.property('label', 'Setup_glbloauth');
    expect(await read()).to.not.have.any.keys('certificate', 'consumerKey', 'consumerSecret');
  });

  it('refuses types that the API version does not know', async () => {
    const old = new jsforce.Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '58.0' });
    const error = await failure(old.metadata.list({ type: 'ExternalClientApplication' }));
    expect(error).to.include({ name: 'sf:INVALID_TYPE' });
  });

  it('creates, updates and deletes metadata by CRUD calls', async () => {
    org.switches.connectedAppCreation = 'allowed';
    const app = {
      fullName: 'Crud',
      contactEmail: 'a@b.co',
      label: 'Crud app',
      oauthConfig: { callbackUrl: 'http://localhost', isAdminApproved: true, scopes: ['Api', 'RefreshToken'] },
    };
    expect(await conn.metadata.create('ConnectedApp', app as never)).to.include({ success: true, fullName: 'Crud' });
    const read = async (): Promise<Record<string, Record<string, unknown>>> =>
      (await conn.metadata.read('ConnectedApp', 'Crud')) as unknown as Record<string, Record<string, unknown>>;
    // createMetadata ignores isAdminApproved, updateMetadata does not.
    expect((await read())['oauthConfig']?.['isAdminApproved']).to.equal(false);
    const again = (await conn.metadata.create('ConnectedApp', app as never)) as unknown as {
      errors: Array<{ statusCode: string }>;
    };
    expect(again.errors[0]?.statusCode).to.equal('DUPLICATE_DEVELOPER_NAME');
    expect(await conn.metadata.update('ConnectedApp', app as never)).to.include({ success: true });
    const updated = await read();
    expect(updated['oauthConfig']?.['isAdminApproved']).to.equal(true);
    expect(String(updated['oauthConfig']?.['consumerKey'])).to.match(/^3MVG9[\w.]{80}$/);
    expect(updated['oauthConfig']).to.not.have.property('consumerSecret');
    expect(await conn.metadata.delete('ConnectedApp', 'Crud')).to.include({ success: true });
    expect(await conn.metadata.list({ type: 'ConnectedApp' })).to.deep.equal([]);
  });

  it('retrieves components as files', async () => {
    org.setup.createExternalClientApp({ name: 'Setup', certificate: key.certificate });
    const request = {
      apiVersion: '62.0',
      unpackaged: { types: [{ members: '*', name: 'ExternalClientApplication' }], version: '62.0' },
    };
    const result = await conn.metadata.retrieve(request as never).complete();
    expect(result).to.include({ success: true, status: 'Succeeded' });
    const JSZip = (await import('jszip')).default;
    const archive = await JSZip.loadAsync(result.zipFile, { base64: true });
    expect(Object.keys(archive.files)).to.include('unpackaged/externalClientApps/Setup.eca');
    expect(await archive.file('unpackaged/externalClientApps/Setup.eca')?.async('string')).to.include(
      '<label>Setup</label>',
    );
  });

  it('queries, creates and deletes records', async () => {
    const created = await conn.sobject('Account').create({ Name: "D'Arcy" });
    expect(created.success).to.equal(true);
    const found = await conn.query<{ Name: string }>("SELECT Name FROM Account WHERE Name = 'D\\'Arcy'");
    expect(found.records.map(({ Name }) => Name)).to.deep.equal(["D'Arcy"]);
    await conn.sobject('Account').delete(String(created.id));
    expect((await conn.query("SELECT Id FROM Account WHERE Name = 'D\\'Arcy'")).totalSize).to.equal(0);
  });

  it('tells the basics of an object, with and without the slash that the documentation has at the end', async () => {
    for (const path of ['/sobjects/Account/', '/sobjects/Account']) {
      const { objectDescribe } = await conn.request<{ objectDescribe: { urls: object } }>(path);
      expect(objectDescribe).to.include({ name: 'Account', keyPrefix: '001', queryable: true });
      expect(objectDescribe.urls)
        .to.have.property('describe')
        .that.matches(/\/sobjects\/Account\/describe$/);
    }
    expect(await failure(conn.request('/sobjects/Nothing/'))).to.include({ errorCode: 'NOT_FOUND' });
  });

  it('assigns a permission set once, and says so the second time', async () => {
    const PermissionSetId = org.setup.createPermissionSet('Ci');
    const AssigneeId = org.user('ci@acme.com')?.id ?? '';
    expect((await conn.sobject('PermissionSetAssignment').create({ AssigneeId, PermissionSetId })).success).to.equal(
      true,
    );
    const error = await failure(conn.sobject('PermissionSetAssignment').create({ AssigneeId, PermissionSetId }));
    expect(error).to.include({ errorCode: 'DUPLICATE_VALUE' });
  });

  it('answers expired sessions in REST and SOAP', async () => {
    org.expireSessions();
    const rest = await failure(conn.query('SELECT Id FROM User'));
    expect(rest).to.include({ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' });
    const soap = await failure(conn.metadata.list({ type: 'ConnectedApp' }));
    expect(soap).to.include({ name: 'sf:INVALID_SESSION_ID' });
  });

  it('knows who is logged in, and logs out', async () => {
    expect((await conn.identity()).username).to.equal(org.admin.username);
    const soap = await conn.soap.getUserInfo();
    expect(soap.userName).to.equal(org.admin.username);
    await conn.logoutBySoap(false);
    const fresh = new jsforce.Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '62.0' });
    const error = await failure(fresh.query('SELECT Id FROM User'));
    expect(error).to.include({ errorCode: 'INVALID_SESSION_ID' });
  });
});

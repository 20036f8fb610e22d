import { expect } from 'chai';
import { CONNECT, connected, deployRequests, refused, stateOf } from '../support/connect.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

describe('sf jwt connect, in an org that shows the client id in Setup only', () => {
  let workplace: Workplace;
  let actual: string;
  beforeEach(async () => {
    workplace = await Workplace.open({ switches: { consumerKeyReadable: false } });
    const { org } = workplace;
    actual = org.setup.createExternalClientApp({ name: 'JwtBearer', adminApproved: true });
    workplace.secrets.push(org.data.consumers[0]!.secret);
  });
  afterEach(() => workplace.close());

  it('says what stands, where to read it, and how to go on; --client-id then proves it', async () => {
    const answer = await workplace.json([...CONNECT, '--username', CI_USER]);
    expect(answer).to.deep.include({ status: 1, name: 'ClientIdUnreadableError' });
    expect(answer.data).to.deep.include({ code: 'client_id_unreadable', status: 'updated', authorized: CI_USER });
    expect(answer.actions?.[0]).to.contain('External Client App Manager, JwtBearer, Settings');
    expect(answer.actions?.[1]).to.contain('--client-id');

    const args = ['--username', CI_USER, '--client-id', actual];
    const result = await connected(workplace, args);
    expect(result).to.deep.include({ status: 'unchanged', clientId: actual });
    expect(result.users).to.deep.equal([{ username: CI_USER, assigned: 'already', verified: true }]);
    expect(deployRequests(workplace.org)).to.equal(1);
    expect(await connected(workplace, [...args, '--dry-run'])).to.deep.include({ clientId: actual });
  });

  it('asks the REST API for credentials where that is on, and shows no secret', async () => {
    workplace.org.switches.oauthCredentialsApi = 'enabled';
    const result = await connected(workplace);
    expect(result).to.deep.include({ status: 'updated', clientId: actual });
    expect(result.users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
    await refused(workplace, 'client_id_differs', ['--client-id', '3MVG9another']);
  });

  it('takes no client id for an app that does not exist', async () => {
    await refused(workplace, 'client_id_without_app', ['--name', 'Other', '--client-id', actual]);
  });

  it("refuses one that is not the app's where the org gives it out", async () => {
    workplace.org.switches.consumerKeyReadable = true;
    const { data } = await refused(workplace, 'client_id_differs', ['--client-id', '3MVG9another', '--label', 'New']);
    expect(data).to.deep.include({ actual, clientId: '3MVG9another' });
    expect((await connected(workplace, ['--client-id', actual])).clientId).to.equal(actual);
  });

  it('takes an empty client id for none', async () => {
    const { switches } = workplace.org;
    switches.consumerKeyReadable = 'empty';
    switches.oauthCredentialsApi = 'enabled';
    expect(await connected(workplace, ['--wait', '0'])).to.deep.include({ status: 'updated', clientId: actual });
    switches.oauthCredentialsApi = 'disabled';
    const result = await connected(workplace, ['--client-id', actual, '--wait', '0']);
    expect(result).to.deep.include({ status: 'unchanged', clientId: actual });
    expect(result.users).to.deep.equal([{ username: ADMIN, assigned: 'already', verified: true }]);
  });

  it('makes no second settings where they are listed and cannot be read', async () => {
    const { org } = workplace;
    org.faults.add({
      match: ({ path, body }) =>
        path.includes('/services/Soap/m/') &&
        /readMetadata/.test(body.toString()) &&
        body.includes('ExtlClntAppGlobalOauthSettings'),
      respond: {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body:
          '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
          ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><readMetadataResponse>' +
          '<result><records xsi:nil="true"/></result></readMetadataResponse></soapenv:Body></soapenv:Envelope>',
      },
    });
    const before = stateOf(org);
    const { data } = await refused(workplace, 'app_settings_unreadable', ['--label', 'New']);
    expect(data?.['components']).to.equal('ExtlClntAppGlobalOauthSettings JwtBearer_glbloauth');
    org.faults.clear();
    expect(stateOf(org)).to.deep.equal(before);
    expect(await connected(workplace, ['--label', 'New', '--client-id', actual])).to.deep.include({
      status: 'updated',
    });
  });
});

describe('sf jwt connect, told the client id alone,', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  for (const type of ['ExternalClientApp', 'ConnectedApp'] as const) {
    it(`changes the ${type} that has it, whatever its name, and makes no second one`, async () => {
      const { org } = workplace;
      const clientId = org.setup[`create${type}`]({ name: 'Ci_Login', adminApproved: true });
      workplace.secrets.push(...org.data.consumers.map(({ secret }) => secret));
      const result = await connected(workplace, ['--client-id', clientId, '--username', CI_USER]);
      const appType = type === 'ConnectedApp' ? 'connected-app' : 'external-client-app';
      expect(result).to.deep.include({ name: 'Ci_Login', appType, clientId, status: 'updated' });
      expect(result.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
      expect(org.apps.map(({ name }) => name)).to.deep.equal(['Ci_Login']);
    });
  }

  it('finds it by the REST API too, and says that no app has it', async () => {
    const { org } = workplace;
    org.switches.consumerKeyReadable = false;
    org.switches.oauthCredentialsApi = 'enabled';
    const clientId = org.setup.createExternalClientApp({ name: 'Ci_Login', adminApproved: true });
    workplace.secrets.push(...org.data.consumers.map(({ secret }) => secret));
    expect(await connected(workplace, ['--client-id', clientId])).to.include({ name: 'Ci_Login', clientId });
    await refused(workplace, 'client_id_without_app', ['--client-id', '3MVG9another']);
  });
});

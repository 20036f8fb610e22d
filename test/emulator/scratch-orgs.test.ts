import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';
import { Connection } from 'jsforce';

import { type Org, startOrg } from './index.js';
import { claimsFor, grant, type GrantAnswer, makeKey, signAssertion, type TestKey } from './testkit/keys.js';

const CALLBACK = 'http://localhost:1717/OauthRedirect';
const CI_USER = 'ci@acme.example.com';

interface Info {
  Id: string;
  AuthCode: string | null;
  ErrorCode: string | null;
  LoginUrl: string;
  ScratchOrg: string;
  SignupUsername: string;
  Status: string;
  [field: string]: unknown;
}

describe('local org: scratch orgs', () => {
  let key: TestKey;
  let hub: Org;

  before(async () => (key = await makeKey()));

  beforeEach(async () => {
    hub = await startOrg({
      kind: 'production',
      devHub: true,
      users: [{ username: CI_USER }],
      switches: { signUpMs: 0 },
    });
  });

  afterEach(async () => hub.stop());

  const call = async (org: Org, method: string, path: string, body?: object, token = org.admin.accessToken) => {
    const headers = { 'authorization': `Bearer ${token}`, 'content-type': 'application/json' };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${org.url}/services/data/v67.0${path}`, init);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as never };
  };

  const insert = async (fields: object, token?: string): Promise<string> => {
    const complete = { Edition: 'Developer', ConnectedAppCallbackUrl: CALLBACK, ...fields };
    const { status, body } = await call(hub, 'POST', '/sobjects/ScratchOrgInfo', complete, token);
    expect(status, JSON.stringify(body)).to.equal(201);
    return (body as { id: string }).id;
  };

  const read = async (id: string): Promise<Info> => (await call(hub, 'GET', `/sobjects/ScratchOrgInfo/${id}`)).body;

  /** Waits until the sign-up is over. */
  const signUp = async (fields: object): Promise<Info> => {
    const id = await insert(fields);
    for (;;) {
      const info = await read(id);
      if (info.Status !== 'New' && info.Status !== 'Creating') return info;
      await delay(5);
    }
  };

  const refusal = async (fields: object): Promise<{ status: number; errorCode: string; fields?: string[] }> => {
    const { status, body } = await call(hub, 'POST', '/sobjects/ScratchOrgInfo', fields);
    return { status, ...(body as [{ errorCode: string; fields?: string[] }])[0] };
  };

  const token = async (url: string, form: Record<string, string>): Promise<GrantAnswer> => {
    const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
    return { status: response.status, body: (await response.json()) as Record<string, string>, date: null };
  };

  const logIn = async (info: Info, clientId: string, username = info.SignupUsername): Promise<GrantAnswer> =>
    grant(info.LoginUrl, signAssertion(key, claimsFor(clientId, username, info.LoginUrl)));

  const connectedApp = (): string =>
    hub.setup.createConnectedApp({ name: 'Ci', certificate: key.certificate, adminApproved: true });

  const theOrg = (): Org => {
    const [org] = hub.scratchOrgs.slice(-1);
    if (!org) throw new Error('No scratch org');
    return org;
  };

  it('are signed up by inserting a record, which tells how far that is', async () => {
    hub.switches.signUpMs = 3000;
    const fields = {
      OrgName: 'Acme',
      Features: 'MultiCurrency',
      DurationDays: 3,
      ConnectedAppConsumerKey: 'PlatformCLI',
    };
    const id = await insert(fields, hub.login(CI_USER));
    let info = await read(id);
    expect(info).to.include({ ...fields, Status: 'New', LoginUrl: null, AuthCode: null });
    const seen = new Set([info.Status]);
    while (info.Status !== 'Active') {
      info = await read(id);
      seen.add(info.Status);
    }
    expect([...seen]).to.deep.equal(['New', 'Creating', 'Active']);
    const org = theOrg();
    expect(info).to.include({ Status: 'Active', ErrorCode: null, LoginUrl: org.url, SignupEmail: CI_USER });
    expect(info.ScratchOrg).to.equal(org.orgId.slice(0, 15));
    const conn = new Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken });
    const { records } = await conn.query('SELECT Name, IsSandbox, TrialExpirationDate, InstanceName FROM Organization');
    expect(records[0]).to.include({ Name: 'Acme', IsSandbox: true, InstanceName: info['SignupInstance'] });
    expect(String(records[0]?.['TrialExpirationDate']).slice(0, 10)).to.equal(info['ExpirationDate']);
    const log = await call(hub, 'GET', '/query?q=SELECT+CreatedBy.Username+FROM+ScratchOrgInfo');
    expect(JSON.stringify(log.body)).to.include(`"Username":"${CI_USER}"`);
  });

  describe('with a Connected App of the Dev Hub', () => {
    it('have a copy of it, by which the new user logs in with the same key', async () => {
      const clientId = connectedApp();
      const info = await signUp({ ConnectedAppConsumerKey: clientId });
      expect(info).to.include({ Status: 'Active', AuthCode: null });
      const { status, body } = await logIn(info, clientId);
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body).to.include({ instance_url: info.LoginUrl });
      expect(body['id']).to.include('https://test.salesforce.com/id/').and.to.include(info.ScratchOrg);
      const wrong = signAssertion(await makeKey(), claimsFor(clientId, info.SignupUsername, info.LoginUrl));
      expect((await grant(info.LoginUrl, wrong)).body).to.include({ error: 'invalid_grant' });
    });

    it('admit nobody else by it before they have approved it', async () => {
      const clientId = connectedApp();
      const info = await signUp({ ConnectedAppConsumerKey: clientId });
      theOrg().addUser({ username: 'tester@acme.example.com' });
      const { body } = await logIn(info, clientId, 'tester@acme.example.com');
      expect(body['error_description']).to.equal("user hasn't approved this consumer");
    });

    it('give a code where the app has no certificate, and its secret belongs to the exchange', async () => {
      const clientId = hub.setup.createConnectedApp({ name: 'Web' });
      const info = await signUp({ ConnectedAppConsumerKey: clientId });
      const form = { grant_type: 'authorization_code', code: info.AuthCode ?? '', redirect_uri: CALLBACK };
      const bare = await token(info.LoginUrl, { ...form, client_id: clientId });
      expect(bare.body).to.include({ error: 'invalid_client' });
      const client_secret = hub.data.consumers.find((consumer) => consumer.key === clientId)?.secret ?? '';
      const { body } = await token(info.LoginUrl, { ...form, client_id: clientId, client_secret });
      expect(body).to.include.keys('access_token', 'refresh_token');
    });

    it('end with C-1016 for another callback URL, an expired certificate and an unknown key', async () => {
      const clientId = connectedApp();
      const callback = { ConnectedAppConsumerKey: clientId, ConnectedAppCallbackUrl: 'http://localhost:9/other' };
      expect(await signUp(callback)).to.include({ Status: 'Error', ErrorCode: 'C-1016', LoginUrl: null });
      const { certificate } = await makeKey({ notAfter: new Date(Date.now() - 1_000) });
      const ended = hub.setup.createConnectedApp({ name: 'Ended', certificate });
      expect(await signUp({ ConnectedAppConsumerKey: ended })).to.include({ ErrorCode: 'C-1016' });
      expect(await signUp({ ConnectedAppConsumerKey: '3MVGunknown' })).to.include({ ErrorCode: 'C-1016' });
      expect(hub.scratchOrgs).to.deep.equal([]);
    });
  });

  describe('with an External Client App', () => {
    it('end with C-1016', async () => {
      const clientId = hub.setup.createExternalClientApp({ name: 'Ci', certificate: key.certificate });
      expect(await signUp({ ConnectedAppConsumerKey: clientId })).to.include({ Status: 'Error', ErrorCode: 'C-1016' });
      expect(hub.scratchOrgs).to.deep.equal([]);
    });

    it('of a preview release, become active without the app, or not at all', async () => {
      const clientId = hub.setup.createExternalClientApp({ name: 'Ci', certificate: key.certificate });
      const info = await signUp({ ConnectedAppConsumerKey: clientId, Release: 'preview' });
      expect(info).to.include({ Status: 'Active', AuthCode: null, Release: 'Preview' });
      const { body } = await logIn(info, clientId);
      expect(body).to.deep.equal({
        error: 'app_not_found',
        error_description: 'External client app is not installed in this org',
      });
      hub.switches.previewSignUp = 'C-1016';
      const second = await signUp({ ConnectedAppConsumerKey: clientId, Release: 'Preview' });
      expect(second).to.include({ Status: 'Error', ErrorCode: 'C-1016' });
    });
  });

  describe('with the CLI’s own app', () => {
    const exchange = async (info: Info, changes: Record<string, string> = {}): Promise<GrantAnswer> =>
      token(info.LoginUrl, {
        grant_type: 'authorization_code',
        code: info.AuthCode ?? '',
        client_id: 'PlatformCLI',
        redirect_uri: CALLBACK,
        ...changes,
      });

    it('give a code that is exchanged once, for a session and a refresh token', async () => {
      const info = await signUp({ ConnectedAppConsumerKey: 'PlatformCLI' });
      expect((await exchange(info, { redirect_uri: 'http://localhost:9' })).body).to.include({
        error: 'redirect_uri_mismatch',
      });
      expect((await exchange(info, { client_id: 'other' })).body).to.include({ error: 'invalid_client_id' });
      const { status, body } = await exchange(info);
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body).to.include({ instance_url: info.LoginUrl, scope: 'refresh_token web api', token_type: 'Bearer' });
      expect((await exchange(info)).body).to.deep.equal({
        error: 'invalid_grant',
        error_description: 'invalid authorization code',
      });
      const org = theOrg();
      org.expireSessions();
      const refresh = { grant_type: 'refresh_token', refresh_token: body['refresh_token'] ?? '' };
      const again = await token(info.LoginUrl, { ...refresh, client_id: 'PlatformCLI' });
      expect(again.body).to.include({ instance_url: info.LoginUrl }).and.not.to.have.property('refresh_token');
      const limits = await call(org, 'GET', '/limits', undefined, again.body['access_token']);
      expect(limits.status).to.equal(200);
      const forged = await token(info.LoginUrl, { ...refresh, refresh_token: 'x', client_id: 'PlatformCLI' });
      expect(forged.body).to.include({ error: 'invalid_grant' });
    });

    it('give a code that ends after 15 minutes', async () => {
      const info = await signUp({ ConnectedAppConsumerKey: 'PlatformCLI' });
      theOrg().clock.advance(15 * 60_000);
      expect((await exchange(info)).body).to.include({ error_description: 'expired authorization code' });
    });
  });

  it('need a client and its callback URL, an edition, and values that exist', async () => {
    const good = { Edition: 'Developer', ConnectedAppConsumerKey: 'PlatformCLI', ConnectedAppCallbackUrl: CALLBACK };
    const { ConnectedAppCallbackUrl: _, ...noCallback } = good;
    expect(await refusal(noCallback)).to.include({ status: 400, errorCode: 'REQUIRED_FIELD_MISSING' });
    expect((await refusal(noCallback)).fields).to.deep.equal(['ConnectedAppCallbackUrl']);
    expect((await refusal({ ...good, Edition: '' })).fields).to.deep.equal(['Edition']);
    expect(await refusal({ ...good, Edition: 'Golden' })).to.include({
      errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    });
    expect(await refusal({ ...good, DurationDays: 31 })).to.include({ errorCode: 'FIELD_INTEGRITY_EXCEPTION' });
    expect(await refusal({ ...good, Status: 'Active' })).to.include({ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' });
    expect(await refusal({ ...good, Colour: 'red' })).to.include({ errorCode: 'INVALID_FIELD' });
  });

  it('take a username that nobody has (C-1007)', async () => {
    const fields = { ConnectedAppConsumerKey: 'PlatformCLI', Username: 'me@scratch.example.com' };
    expect(await signUp(fields)).to.include({ Status: 'Active', SignupUsername: 'me@scratch.example.com' });
    expect(await signUp(fields)).to.include({ Status: 'Error', ErrorCode: 'C-1007' });
  });

  it('are deleted by their ActiveScratchOrg, and their address answers no more', async () => {
    const info = await signUp({ ConnectedAppConsumerKey: 'PlatformCLI' });
    const conn = new Connection({ instanceUrl: hub.url, accessToken: hub.admin.accessToken });
    const query = `SELECT Id, ScratchOrg FROM ActiveScratchOrg WHERE SignupUsername='${info.SignupUsername}'`;
    const [active] = (await conn.query(query)).records;
    expect(active).to.include({ ScratchOrg: info.ScratchOrg });
    expect(await conn.sobject('ActiveScratchOrg').destroy(String(active?.Id))).to.include({ success: true });
    expect((await conn.query(query)).records).to.deep.equal([]);
    expect(await read(info.Id)).to.include({ Status: 'Deleted', DeletedBy: hub.admin.username });
    await delay(20);
    const answer = await fetch(info.LoginUrl).then(
      () => 'answered',
      () => 'refused',
    );
    expect(answer).to.equal('refused');
  });

  it('exist for Dev Hubs alone', async () => {
    const plain = await startOrg({ kind: 'production' });
    expect((await call(plain, 'POST', '/sobjects/ScratchOrgInfo', {})).status).to.equal(404);
    const { body } = await call(plain, 'GET', '/query?q=SELECT+Id+FROM+ActiveScratchOrg');
    expect(body).to.have.nested.property('[0].errorCode', 'INVALID_TYPE');
    await plain.stop();
  });

  it('report what they don’t know when the Dev Hub stops, also after they were deleted', async () => {
    const other = await startOrg({ kind: 'production', devHub: true, switches: { signUpMs: 0 } });
    const fields = { Edition: 'Developer', ConnectedAppConsumerKey: 'PlatformCLI', ConnectedAppCallbackUrl: CALLBACK };
    await call(other, 'POST', '/sobjects/ScratchOrgInfo', fields);
    while (other.scratchOrgs[0] === undefined) await delay(5);
    expect((await fetch(`${other.scratchOrgs[0].url}/nothing/here`)).status).to.equal(501);
    const { body } = await call(other, 'GET', '/query?q=SELECT+Id+FROM+ActiveScratchOrg');
    const { Id } = (body as { records: [{ Id: string }] }).records[0];
    expect((await call(other, 'DELETE', `/sobjects/ActiveScratchOrg/${Id}`)).status).to.equal(204);
    const error = await other.stop().catch((reason: unknown) => String(reason));
    expect(error).to.include('GET /nothing/here');
  });
});

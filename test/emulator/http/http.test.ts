import { expect } from 'chai';

import { type Org, startOrg } from '../index.js';

describe('local org: HTTP', () => {
  let org: Org;

  beforeEach(async () => {
    org = await startOrg({ kind: 'production', devHub: true });
  });

  afterEach(async () => {
    await org.stop({ ignoreUnknown: true });
  });

  const call = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(org.url + path, {
      ...init,
      headers: { 'authorization': `Bearer ${org.admin.accessToken}`, 'content-type': 'application/json' },
    });

  const failing = async (path: string): Promise<string> =>
    call(path).then(
      ({ status }) => `answered ${status}`,
      () => 'failed',
    );

  it('reports requests it does not know when it stops', async () => {
    const other = await startOrg({ kind: 'developer' });
    expect((await fetch(`${other.url}/services/nothing?a=1`)).status).to.equal(501);
    expect(other.unknownRequests.map(({ path }) => path)).to.deep.equal(['/services/nothing?a=1']);
    const error = await other.stop().catch((reason: unknown) => String(reason));
    expect(error).to.include('GET /services/nothing?a=1');
  });

  for (const [status, retryAfter] of [
    [429, 'seconds'],
    [503, 'date'],
    [429, 'none'],
  ] as const) {
    it(`takes so many requests within a time, and refuses others with ${status} and Retry-After: ${retryAfter}`, async () => {
      org.switches.requestLimit = { requests: 2, windowMs: 60_000, status, retryAfter };
      const statuses = [await call('/services/data'), await call('/services/data')].map((response) => response.status);
      expect(statuses).to.deep.equal([200, 200]);
      const refused = await call('/services/data');
      expect(refused.status).to.equal(status);
      const value = refused.headers.get('retry-after');
      if (retryAfter === 'none') expect(value).to.equal(null);
      else if (retryAfter === 'seconds') expect(Number(value)).to.be.within(55, 60);
      else expect(Date.parse(value ?? '')).to.be.within(org.now() + 55_000, org.now() + 62_000);
      org.clock.advance(60_001);
      expect((await call('/services/data')).status).to.equal(200);
    });
  }

  it('logs requests with what it answered', async () => {
    await call('/services/data/v62.0/query?q=SELECT+Id+FROM+Organization');
    expect(org.requests).to.have.lengthOf(1);
    expect(org.requests[0]).to.include({
      method: 'GET',
      path: '/services/data/v62.0/query?q=SELECT+Id+FROM+Organization',
      status: 200,
    });
    expect(org.requests[0]?.responseBody).to.include(org.orgId);
  });

  it('lists its versions, and refuses others', async () => {
    const versions = (await (await call('/services/data')).json()) as Array<{
      version: string;
      url: string;
      label: string;
    }>;
    expect(versions.at(-1)).to.deep.equal({ label: "Summer '26", url: '/services/data/v67.0', version: '67.0' });
    const response = await call('/services/data/v99.0/query?q=x');
    expect(response.status).to.equal(404);
    expect(await response.json()).to.deep.equal([
      { message: 'The requested resource does not exist', errorCode: 'NOT_FOUND' },
    ]);
  });

  it('takes paths that begin with two slashes, as instance URLs with a trailing slash make them', async () => {
    expect((await call('//services/data/v62.0/limits')).status).to.equal(200);
  });

  it('refuses a session that is not alive', async () => {
    org.expire(org.admin.accessToken);
    const response = await call('/services/data/v62.0/limits');
    expect(response.status).to.equal(401);
    expect(await response.json()).to.deep.equal([
      { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
    ]);
  });

  it('is a Dev Hub when it was started as one', async () => {
    expect(
      (await call('/services/data/v51.0/query?q=SELECT%20Id%20FROM%20ScratchOrgInfo%20limit%201')).status,
    ).to.equal(200);
  });

  it('injects answers, a number of times', async () => {
    org.faults.add({ match: { path: /limits/ }, times: 2, respond: { status: 503, body: '<html>Down</html>' } });
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await call('/services/data/v62.0/limits')).status);
    expect(statuses).to.deep.equal([503, 503, 200]);
  });

  it('drops connections before or after it acts', async () => {
    org.faults.add({ match: { method: 'POST', path: /Account/ }, times: 1, drop: 'before' });
    const body = JSON.stringify({ Name: 'Dropped' });
    const post = async (): Promise<string> =>
      call('/services/data/v62.0/sobjects/Account', { method: 'POST', body }).then(
        ({ status }) => String(status),
        () => 'dropped',
      );
    expect(await post()).to.equal('dropped');
    expect(org.data.accounts).to.have.lengthOf(3);
    org.faults.add({ match: { method: 'POST', path: /Account/ }, times: 1, drop: 'after' });
    expect(await post()).to.equal('dropped');
    expect(org.data.accounts).to.have.lengthOf(4);
    expect(await post()).to.equal('201');
  });

  it('delays and hangs; taking the fault back ends it', async () => {
    const remove = org.faults.add({ match: () => true, latencyMs: 150 });
    const started = Date.now();
    await call('/services/data');
    expect(Date.now() - started).to.be.at.least(140);
    remove();
    org.faults.add({ match: () => true, times: 1, hang: true });
    const signal = AbortSignal.timeout(100);
    const hung = await fetch(`${org.url}/services/data`, { signal }).then(
      () => 'answered',
      (error: unknown) => (error as Error).name,
    );
    expect(hung).to.equal('TimeoutError');
    expect((await call('/services/data')).status).to.equal(200);
  });

  it('fails calls once it is stopped', async () => {
    const other = await startOrg({ kind: 'developer' });
    await other.stop();
    expect(
      await fetch(other.url).then(
        () => 'answered',
        () => 'failed',
      ),
    ).to.equal('failed');
    expect(await failing('/services/data')).to.equal('answered 200');
  });

  it('serves composite requests with references', async () => {
    const compositeRequest = [
      {
        method: 'POST',
        url: '/services/data/v62.0/sobjects/Account',
        referenceId: 'made',
        body: { Name: 'Composite' },
      },
      { method: 'GET', url: '/services/data/v62.0/sobjects/Account/@{made.id}', referenceId: 'read' },
    ];
    const response = await call('/services/data/v62.0/composite', {
      method: 'POST',
      body: JSON.stringify({ compositeRequest }),
    });
    const { compositeResponse } = (await response.json()) as {
      compositeResponse: Array<{ httpStatusCode: number; body: { Name?: string } }>;
    };
    expect(compositeResponse.map(({ httpStatusCode }) => httpStatusCode)).to.deep.equal([201, 200]);
    expect(compositeResponse[1]?.body.Name).to.equal('Composite');
  });

  it('creates collections, each record for itself', async () => {
    const records = [
      { attributes: { type: 'Account' }, Name: 'One' },
      { attributes: { type: 'Account' }, Nope: 'Two' },
    ];
    const response = await call('/services/data/v62.0/composite/sobjects', {
      method: 'POST',
      body: JSON.stringify({ allOrNone: false, records }),
    });
    const results = (await response.json()) as Array<{ success: boolean; errors: Array<{ statusCode: string }> }>;
    expect(results.map(({ success, errors }) => [success, errors[0]?.statusCode])).to.deep.equal([
      [true, undefined],
      [false, 'INVALID_FIELD'],
    ]);
  });

  it('inserts access rows for apps, once', async () => {
    org.setup.createExternalClientApp({ name: 'Setup' });
    const ParentId = org.setup.createPermissionSet('Ci');
    const body = JSON.stringify({ ParentId, SetupEntityId: org.apps[0]?.id });
    const create = async (): Promise<Response> =>
      call('/services/data/v62.0/sobjects/SetupEntityAccess', { method: 'POST', body });
    expect((await create()).status).to.equal(201);
    const again = await create();
    expect(again.status).to.equal(400);
    expect(((await again.json()) as Array<{ errorCode: string }>)[0]?.errorCode).to.equal('DUPLICATE_VALUE');
    const soql = "SELECT SetupEntityType FROM SetupEntityAccess WHERE Parent.Name = 'Ci'";
    const rows = (await (await call(`/services/data/v62.0/query?q=${encodeURIComponent(soql)}`)).json()) as {
      records: Array<{ SetupEntityType: string }>;
    };
    expect(rows.records.map(({ SetupEntityType }) => SetupEntityType)).to.deep.equal(['ExternalClientApplication']);
  });

  it('keeps permission sets of a user license to users of that license', async () => {
    const PermissionSetId = org.setup.createPermissionSet('Guarded', { license: 'Salesforce Integration' });
    const AssigneeId = org.admin.userId;
    const body = JSON.stringify({ AssigneeId, PermissionSetId });
    const response = await call('/services/data/v62.0/sobjects/PermissionSetAssignment', { method: 'POST', body });
    expect(((await response.json()) as Array<{ errorCode: string }>)[0]?.errorCode).to.equal(
      'FIELD_INTEGRITY_EXCEPTION',
    );
    expect((await call(`/services/data/v62.0/sobjects/PermissionSet/${PermissionSetId}`)).status).to.equal(200);
    expect((await call('/services/data/v62.0/sobjects/PermissionSet/0PS000000000001')).status).to.equal(404);
  });

  it('shows consumer keys over REST only where that is enabled', async () => {
    const key = org.setup.createExternalClientApp({ name: 'Setup' });
    const base = '/services/data/v65.0/apps/oauth';
    const refused = await call(`${base}/usage`);
    expect(await refused.text()).to.include('not currently enabled');
    org.switches.oauthCredentialsApi = 'enabled';
    const { apps } = (await (await call(`${base}/usage`)).json()) as {
      apps: Array<{ identifier: string; developerName: string }>;
    };
    expect(apps[0]?.developerName).to.equal('Setup');
    const list = (await (await call(`${base}/credentials/${apps[0]?.identifier ?? ''}`)).json()) as {
      consumers: Array<{ url: string }>;
    };
    const shown = (await (await call(`${list.consumers[0]?.url ?? ''}?part=keyandsecret`)).json()) as {
      key: string;
      secret: string;
    };
    expect(shown.key).to.equal(key);
    expect(shown.secret).to.match(/^[0-9A-F]{64}$/);
  });

  it('revokes a live token once, by POST or GET, and refuses it afterwards', async () => {
    const url = `${org.url}/services/oauth2/revoke`;
    const query = '/services/data/v60.0/query?q=SELECT+Id+FROM+Organization';
    for (const method of ['POST', 'GET']) {
      const { token } = org.data.openSession(org.data.userById(org.admin.userId)!);
      const ask = () => fetch(`${org.url}${query}`, { headers: { authorization: `Bearer ${token}` } });
      const revoke = () =>
        method === 'POST'
          ? fetch(url, { method, body: new URLSearchParams({ token }) })
          : fetch(`${url}?${new URLSearchParams({ token }).toString()}`);
      expect((await ask()).status).to.equal(200);
      const done = await revoke();
      expect([done.status, await done.text()]).to.deep.equal([200, '']);
      const refused = await ask();
      expect([refused.status, JSON.stringify(await refused.json())].join()).to.match(/^401.*INVALID_SESSION_ID/);
      for (const error of ['invalid_token', 'unsupported_token_type'] as const) {
        org.switches.deadTokenRevocation = error;
        const again = await revoke();
        expect(again.status).to.equal(400);
        expect(((await again.json()) as { error: string }).error).to.equal(error);
      }
    }
  });

  it('has nothing to revoke in a session that has ended', async () => {
    const { token } = org.data.openSession(org.data.userById(org.admin.userId)!);
    org.expireSessions();
    const body = new URLSearchParams({ token });
    expect((await fetch(`${org.url}/services/oauth2/revoke`, { method: 'POST', body })).status).to.equal(400);
  });
});

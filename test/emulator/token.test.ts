import { expect } from 'chai';

import { type LoginHost, type Org, Registry, startLoginHost, startOrg } from './index.js';
import {
  claimsFor,
  type Claims,
  grant,
  type GrantAnswer,
  makeKey,
  signAssertion,
  type TestKey,
} from './testkit/keys.js';
import { connectedAppComponents, deploy, ecaComponents } from './testkit/packages.js';

const ECA_KEY = 'ecaConsumerKey1';
const APP_KEY = 'connectedAppKey1';
const USER = 'ci@acme.example.com';

describe('local org: the token endpoint', () => {
  let key: TestKey;
  let otherKey: TestKey;
  let org: Org;

  before(async () => {
    [key, otherKey] = [await makeKey(), await makeKey()];
  });

  beforeEach(async () => {
    org = await startOrg({
      kind: 'developer',
      users: [{ username: USER }],
      sites: ['customers'],
      switches: { deployMs: 0, connectedAppCreation: 'allowed' },
    });
    await deploy(org, ecaComponents('CiApp', key.certificate, ECA_KEY));
    org.setup.assignPermissionSet(USER, 'CiApp');
  });

  afterEach(async () => {
    await org.stop();
  });

  const assertion = (more: Claims = {}, signer = key, header = {}): string =>
    signAssertion(signer, { ...claimsFor(ECA_KEY, USER, org.url), ...more }, header);

  async function deployConnectedApp(): Promise<void> {
    const components = connectedAppComponents('Classic', key.certificate, [
      ['consumerKey', APP_KEY],
      ['isAdminApproved', 'true'],
    ]);
    const outcome = await deploy(org, components);
    expect(outcome.success, JSON.stringify(outcome.details)).to.equal(true);
    org.setup.addPermissionSetToApp('Classic', 'CiApp');
  }

  function expectRefusal({ status, body }: GrantAnswer, error: string, description: string): void {
    expect({ status, ...body }).to.deep.equal({ status: 400, error, error_description: description });
  }

  it('answers with exactly five members, and a token that works', async () => {
    const { status, body } = await grant(org.url, assertion());
    expect(status).to.equal(200);
    expect(Object.keys(body)).to.have.members(['access_token', 'scope', 'instance_url', 'id', 'token_type']);
    const id = `https://login.salesforce.com/id/${org.orgId}/${org.user(USER)?.id ?? ''}`;
    expect(body).to.include({ scope: 'api web', instance_url: org.url, id, token_type: 'Bearer' });
    expect(body['access_token']).to.match(new RegExp(`^${org.orgId.slice(0, 15)}![\\w.]+$`));
    const headers = { authorization: `Bearer ${body['access_token'] ?? ''}` };
    const info = (await (await fetch(`${org.url}/services/oauth2/userinfo`, { headers })).json()) as Record<
      string,
      string
    >;
    expect(info['preferred_username']).to.equal(USER);
  });

  const accepted: Array<[what: string, claims: () => Claims, before?: () => void]> = [
    ['aud with a trailing slash', () => ({ aud: `${org.url}/` })],
    ['aud login.salesforce.com', () => ({ aud: 'https://login.salesforce.com' })],
    ['aud test.salesforce.com', () => ({ aud: 'https://test.salesforce.com/' })],
    ['exp as text', () => ({ exp: String(Math.floor(Date.now() / 1000) + 100) })],
    ['exp in milliseconds', () => ({ exp: Date.now() + 300 })],
    ['exp two minutes ago', () => ({ exp: Math.floor(Date.now() / 1000) - 120 })],
    ['prn before sub', () => ({ sub: 'nobody@example.com', prn: USER })],
    ['a user name in other case', () => ({ sub: USER.toUpperCase() })],
    ['a closed IP range, with Bypass in the policy', () => ({}), () => (org.switches.ipRanges = 'closed')],
  ];
  for (const [what, claims, arrange] of accepted) {
    it(`accepts ${what}`, async () => {
      arrange?.();
      expect((await grant(org.url, assertion(claims()))).body).to.have.property('access_token');
    });
  }

  const refused: Array<[what: string, error: string, description: string, claims: () => Claims, before?: () => void]> =
    [
      ['a foreign aud', 'invalid_grant', 'audience is invalid', () => ({ aud: 'https://example.com' })],
      ['no aud', 'invalid_grant', 'audience is invalid', () => ({ aud: undefined })],
      ['an unknown iss', 'invalid_client_id', 'client identifier invalid', () => ({ iss: 'nobodysKey' })],
      [
        'exp long ago',
        'invalid_grant',
        'expired authorization code',
        () => ({ exp: Math.floor(Date.now() / 1000) - 200 }),
      ],
      ['no exp', 'invalid_grant', 'invalid assertion', () => ({ exp: undefined })],
      [
        'an unknown user',
        'invalid_grant',
        "user hasn't approved this consumer",
        () => ({ sub: 'nobody@acme.example.com' }),
      ],
      [
        'an inactive user',
        'invalid_grant',
        'inactive user',
        () => ({}),
        () => org.setup.changeUser(USER, { active: false }),
      ],
      [
        'a frozen user',
        'invalid_grant',
        'inactive user',
        () => ({}),
        () => org.setup.changeUser(USER, { frozen: true }),
      ],
      [
        'a locked user',
        'invalid_grant',
        'user is locked',
        () => ({}),
        () => org.setup.changeUser(USER, { locked: true }),
      ],
      [
        'login hours',
        'invalid_grant',
        'invalid login hours',
        () => ({}),
        () => org.setup.changeUser(USER, { loginHours: 'closed' }),
      ],
      [
        'a user without the permission set',
        'invalid_app_access',
        'user is not admin approved to access this app',
        () => ({}),
        () => org.setup.removeAssignment(USER, 'CiApp'),
      ],
      [
        'a permission set without the app',
        'invalid_app_access',
        'user is not admin approved to access this app',
        () => ({}),
        () => org.setup.removePermissionSetFromApp('CiApp', 'CiApp'),
      ],
      [
        'self-authorization without approval',
        'invalid_grant',
        "user hasn't approved this consumer",
        () => ({}),
        () => org.setup.changePolicy('CiApp', { permittedUsersPolicyType: 'AllSelfAuthorized' }),
      ],
      [
        'scopes without refresh_token',
        'invalid_request',
        'refresh_token scope is required and the connected app should be installed and preauthorized.',
        () => ({}),
        () => org.setup.changeScopes('CiApp', ['Api', 'Web']),
      ],
      [
        'no scope but refresh_token',
        'invalid_grant',
        'no valid scopes defined',
        () => ({}),
        () => org.setup.changeScopes('CiApp', ['RefreshToken']),
      ],
      [
        'a closed IP range',
        'invalid_grant',
        'ip restricted',
        () => ({}),
        () => {
          org.switches.ipRanges = 'closed';
          org.setup.changePolicy('CiApp', { ipRelaxationPolicyType: 'Enforce' });
        },
      ],
      [
        'a disabled app',
        'OAUTH_APP_BLOCKED',
        'this app is blocked by admin',
        () => ({}),
        () => org.setup.setEnabled('CiApp', false),
      ],
      [
        'a high-assurance policy',
        'invalid_grant',
        'high assurance session required',
        () => ({}),
        () => org.setup.changePolicy('CiApp', { requiredSessionLevel: 'HIGH_ASSURANCE', policyAction: 'Block' }),
      ],
      [
        'a locked org',
        'inactive_org',
        'organization is locked, closed, or suspended',
        () => ({}),
        () => (org.switches.orgLocked = true),
      ],
      [
        'an org at its login limit',
        'rate_limit_exceeded',
        'number of logins exceeded',
        () => ({}),
        () => (org.switches.orgLoginLimitReached = true),
      ],
      [
        'too many logins',
        'invalid_grant',
        'login rate exceeded',
        () => ({}),
        () => (org.switches.loginsPerUserAndHour = 0),
      ],
      [
        'a generic aud of the other kind, when only the fitting one counts',
        'invalid_grant',
        'audience is invalid',
        () => ({ aud: 'https://test.salesforce.com' }),
        () => (org.switches.myDomainAudience = 'matching'),
      ],
      [
        'a deleted app',
        'app_not_found',
        'External client app is not installed in this org',
        () => ({}),
        () => org.setup.deleteApp('CiApp'),
      ],
    ];
  for (const [what, error, description, claims, arrange] of refused) {
    it(`refuses ${what}`, async () => {
      arrange?.();
      expectRefusal(await grant(org.url, assertion(claims())), error, description);
    });
  }

  it('refuses a signature of another key, in words that depend on the app type', async () => {
    await deployConnectedApp();
    expectRefusal(await grant(org.url, assertion({}, otherKey)), 'invalid_client', 'invalid client credentials');
    const classic = signAssertion(otherKey, claimsFor(APP_KEY, USER, org.url));
    expectRefusal(await grant(org.url, classic), 'invalid_grant', 'invalid assertion');
    expect((await grant(org.url, signAssertion(key, claimsFor(APP_KEY, USER, org.url)))).status).to.equal(200);
    org.switches.signatureMismatch = 'invalid_assertion';
    expectRefusal(await grant(org.url, assertion({}, otherKey)), 'invalid_grant', 'invalid assertion');
  });

  it('takes RS256 only', async () => {
    for (const alg of ['none', 'HS256', 'RS512']) {
      expectRefusal(await grant(org.url, assertion({}, key, { alg })), 'invalid_client', 'invalid client credentials');
    }
  });

  it('never matches an EC certificate', async () => {
    const ec = await makeKey({ type: 'ec' });
    org.setup.changeCertificate('CiApp', ec.certificate);
    expectRefusal(
      await grant(org.url, assertion({}, ec, { alg: 'RS256' })),
      'invalid_client',
      'invalid client credentials',
    );
  });

  it('checks in Salesforce’s order: grant type, assertion, audience, client, signature, expiry, user, policy', async () => {
    const old = { exp: 1 };
    const bad = { ...old, sub: 'nobody@acme.example.com' };
    org.setup.removeAssignment(USER, 'CiApp');
    const steps: Array<[claims: Claims, signer: TestKey, description: string]> = [
      [{ ...bad, aud: 'https://example.com', iss: 'nobodysKey' }, otherKey, 'audience is invalid'],
      [{ ...bad, iss: 'nobodysKey' }, otherKey, 'client identifier invalid'],
      [bad, otherKey, 'invalid client credentials'],
      [bad, key, 'expired authorization code'],
      [{ sub: 'nobody@acme.example.com' }, key, "user hasn't approved this consumer"],
      [{}, key, 'user is not admin approved to access this app'],
    ];
    for (const [claims, signer, description] of steps) {
      expect((await grant(org.url, assertion(claims, signer))).body['error_description']).to.equal(description);
    }
    const other = await grant(org.url, 'rubbish', { grant_type: 'password' });
    expectRefusal(other, 'unsupported_grant_type', 'grant type not supported');
    expectRefusal(await grant(org.url, 'rubbish'), 'invalid_grant', 'invalid assertion');
  });

  it('refuses the scope parameter, and everything but POST with a form', async () => {
    expectRefusal(
      await grant(org.url, assertion(), { scope: 'api' }),
      'invalid_request',
      'scope parameter not supported',
    );
    const got = await fetch(`${org.url}/services/oauth2/token`);
    expect(await got.json()).to.deep.equal({ error: 'invalid_request', error_description: 'must use HTTP POST' });
    const asJson = await fetch(`${org.url}/services/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion() }),
    });
    expect(((await asJson.json()) as Record<string, string>)['error']).to.equal('unsupported_grant_type');
  });

  it('takes an assertion again, unless it has a jti', async () => {
    const plain = assertion();
    expect((await grant(org.url, plain)).status).to.equal(200);
    expect((await grant(org.url, plain)).status).to.equal(200);
    const once = assertion({ jti: 'one' });
    expect((await grant(org.url, once)).status).to.equal(200);
    expectRefusal(await grant(org.url, once), 'invalid_request', 'jti already in use');
  });

  it('issues a new token each time, or the same while the session lives', async () => {
    const token = async (): Promise<string | undefined> => (await grant(org.url, assertion())).body['access_token'];
    expect(await token()).to.not.equal(await token());
    org.switches.repeatedGrant = 'same-token';
    const first = await token();
    expect(await token()).to.equal(first);
    org.expireSessions();
    expect(await token()).to.not.equal(first);
  });

  it('approves through the profile, and not through a permission set with the API Integration license', async () => {
    org.setup.removeAssignment(USER, 'CiApp');
    org.setup.createPermissionSet('Integration', { license: 'Salesforce API Integration' });
    org.setup.assignPermissionSet(USER, 'Integration');
    org.setup.addPermissionSetToApp('CiApp', 'Integration');
    expectRefusal(await grant(org.url, assertion()), 'invalid_grant', "user hasn't approved this consumer");
    org.setup.changePolicy('CiApp', { commaSeparatedProfile: 'Standard User' });
    expect((await grant(org.url, assertion())).status).to.equal(200);
  });

  it('lets a user in who approved a self-authorized app', async () => {
    org.setup.changePolicy('CiApp', { permittedUsersPolicyType: 'AllSelfAuthorized' });
    org.setup.approve(USER, 'CiApp');
    expect((await grant(org.url, assertion())).status).to.equal(200);
  });

  it('serves Experience Cloud sites, whose URL is the audience', async () => {
    const site = org.siteUrl('customers');
    const { body } = await grant(site, assertion({ aud: site }));
    expect(body).to.include({ sfdc_community_url: site });
    expect(body['sfdc_community_id']).to.match(/^0DB\w{15}$/);
    for (const aud of [org.url, 'https://login.salesforce.com']) {
      expectRefusal(await grant(site, assertion({ aud })), 'invalid_grant', 'audience is invalid');
    }
  });

  it('issues JWT-format tokens when the app says so; REST takes them, SOAP does not', async () => {
    const [settings] = org.data.componentsOf('ExtlClntAppGlobalOauthSettings');
    if (settings) settings.fields['isNamedUserJwtEnabled'] = 'true';
    const { body } = await grant(org.url, assertion());
    expect(body).to.include({ token_format: 'jwt' });
    const token = body['access_token'] ?? '';
    expect(token.split('.')).to.have.lengthOf(3);
    const query = `${org.url}/services/data/v62.0/query?q=SELECT+Id+FROM+Organization`;
    expect((await fetch(query, { headers: { authorization: `Bearer ${token}` } })).status).to.equal(200);
    const envelope =
      '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader>' +
      `<sessionId>${token}</sessionId></SessionHeader></e:Header><e:Body><describeMetadata/></e:Body></e:Envelope>`;
    const soap = await fetch(`${org.url}/services/Soap/m/62.0`, { method: 'POST', body: envelope });
    expect(soap.status).to.equal(500);
    expect(await soap.text()).to.include('<faultcode>sf:INVALID_SESSION_ID</faultcode>');
  });

  it('judges exp by its own clock and tells it in the Date header', async () => {
    org.clock.skewMs = 10 * 60_000;
    const late = await grant(org.url, assertion());
    expectRefusal(late, 'invalid_grant', 'expired authorization code');
    expect(Date.parse(late.date ?? '') - Date.now()).to.be.within(9 * 60_000, 11 * 60_000);
    org.clock.skewMs = -10 * 60_000;
    expect((await grant(org.url, assertion())).status).to.equal(200);
  });

  it('writes LoginHistory with the reason the endpoint hides', async () => {
    await grant(org.url, assertion());
    await grant(org.url, assertion({}, otherKey));
    org.setup.removeAssignment(USER, 'CiApp');
    await grant(org.url, assertion());
    const statuses = org.data.loginHistory.map(({ status }) => status);
    expect(statuses).to.deep.equal(['Success', "Failed: : Couldn't validate jwt", 'Failed: Not approved for access']);
  });

  it('answers with an HTML page when the org is not available', async () => {
    org.switches.dataNotAvailable = 503;
    const answer = await fetch(`${org.url}/services/oauth2/token`, { method: 'POST' });
    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.include('Data Not Available');
  });

  describe('while changes propagate', () => {
    it('gives the configured answers one after the other, then a token', async () => {
      org.switches.propagationMs = 300_000;
      const fresh = await makeKey();
      await deploy(org, ecaComponents('Late', fresh.certificate, 'lateKey12345'));
      org.setup.assignPermissionSet(USER, 'Late');
      const descriptions: unknown[] = [];
      for (let step = 0; step < 4; step += 1) {
        const { body } = await grant(
          org.url,
          signAssertion(fresh, { ...claimsFor('lateKey12345', USER, org.url), exp: 9e9 }),
        );
        descriptions.push(body['error_description'] ?? 'token');
        org.clock.advance(101_000);
      }
      expect(descriptions).to.deep.equal([
        'client identifier invalid',
        'External client app is not installed in this org',
        "user hasn't approved this consumer",
        'token',
      ]);
    });

    it('refuses a user until the assignment, and the permission set’s access, are everywhere', async () => {
      org.switches.propagationMs = 60_000;
      const far = assertion({ exp: 9e9 });
      const refusal = 'user is not admin approved to access this app';
      const description = async (): Promise<string> => (await grant(org.url, far)).body['error_description'] ?? 'token';
      org.setup.removeAssignment(USER, 'CiApp');
      const body = JSON.stringify({
        AssigneeId: org.user(USER)?.id,
        PermissionSetId: org.data.componentsOf('PermissionSet')[0]?.id,
      });
      const headers = { 'authorization': `Bearer ${org.admin.accessToken}`, 'content-type': 'application/json' };
      const url = `${org.url}/services/data/v62.0/sobjects/PermissionSetAssignment`;
      expect((await fetch(url, { method: 'POST', headers, body })).status).to.equal(201);
      expect(await description()).to.equal(refusal);
      org.clock.advance(61_000);
      expect(await description()).to.equal('token');
      org.setup.removePermissionSetFromApp('CiApp', 'CiApp');
      org.setup.addPermissionSetToApp('CiApp', 'CiApp');
      expect(await description()).to.equal(refusal);
      org.clock.advance(61_000);
      expect(await description()).to.equal('token');
    });

    it('keeps the old certificate until the new one is everywhere', async () => {
      org.switches.propagationMs = 60_000;
      org.setup.changeCertificate('CiApp', otherKey.certificate);
      const far = { exp: 9e9 };
      expect((await grant(org.url, assertion(far))).status).to.equal(200);
      expect((await grant(org.url, assertion(far, otherKey))).status).to.equal(400);
      org.clock.advance(61_000);
      expect((await grant(org.url, assertion(far))).status).to.equal(400);
      expect((await grant(org.url, assertion(far, otherKey))).status).to.equal(200);
    });
  });
});

describe('local org: generic login hosts', () => {
  let orgs: Org[];
  let host: LoginHost;
  let key: TestKey;

  before(async () => {
    key = await makeKey();
    const registry = new Registry();
    const users = [{ username: USER }];
    orgs = [
      await startOrg({ kind: 'production', users, registry }),
      await startOrg({ kind: 'sandbox', users: [{ username: `${USER}.uat` }], registry }),
    ];
    host = await startLoginHost(orgs);
  });

  after(async () => {
    await host.stop();
    for (const org of orgs) await org.stop();
  });

  const ask = async (iss: string, sub: string, aud: string): Promise<GrantAnswer> =>
    grant(host.url, signAssertion(key, claimsFor(iss, sub, aud)));

  it('find Connected Apps of their own kind of org, and External Client Apps of orgs that are no sandboxes', async () => {
    const [production, sandbox] = orgs as [Org, Org];
    const profiles = ['Standard User'];
    const app = { certificate: key.certificate, adminApproved: true, profiles };
    const classic = production.setup.createConnectedApp({ name: 'Classic', ...app });
    const eca = production.setup.createExternalClientApp({ name: 'Modern', ...app });
    const inSandbox = sandbox.setup.createConnectedApp({ name: 'Classic', ...app });
    const login = 'https://login.salesforce.com';
    expect((await ask(classic, USER, login)).body).to.include({ instance_url: production.url });
    expect((await ask(classic, USER, host.url)).status).to.equal(200);
    expect((await ask(eca, USER, login)).body).to.include({ instance_url: production.url });
    production.switches.ecaAtLoginHosts = 'nowhere';
    expect((await ask(eca, USER, login)).body['error']).to.equal('app_not_found');
    production.switches.ecaAtLoginHosts = 'login';
    const ecaInSandbox = sandbox.setup.createExternalClientApp({ name: 'Modern', ...app });
    expect((await ask(ecaInSandbox, `${USER}.uat`, login)).body['error']).to.equal('app_not_found');
    expect((await ask(inSandbox, `${USER}.uat`, login)).body['error']).to.equal('invalid_client_id');
    // The audience is judged before the client is looked up.
    expect((await ask(eca, USER, 'https://test.salesforce.com')).body['error_description']).to.equal(
      'audience is invalid',
    );
    // At its own org the External Client App works.
    const direct = await grant(production.url, signAssertion(key, claimsFor(eca, USER, production.url)));
    expect(direct.status).to.equal(200);
    // At another org it is known to be an External Client App of someone else.
    const elsewhere = await grant(sandbox.url, signAssertion(key, claimsFor(eca, USER, sandbox.url)));
    expect(elsewhere.body['error']).to.equal('app_not_found');
    sandbox.switches.foreignApp = 'OAUTH_AUTHORIZATION_BLOCKED';
    const blocked = await grant(sandbox.url, signAssertion(key, claimsFor(eca, USER, sandbox.url)));
    expect(blocked.body['error']).to.equal('OAUTH_AUTHORIZATION_BLOCKED');
  });

  it('answer like no approval for an External Client App of a scratch org', async () => {
    const scratch = await startOrg({ kind: 'scratch', users: [{ username: USER }] });
    const generic = await startLoginHost([scratch]);
    const profiles = ['Standard User'];
    const app = { name: 'Modern', certificate: key.certificate, adminApproved: true, profiles };
    const claims = claimsFor(scratch.setup.createExternalClientApp(app), USER, generic.url);
    expect((await grant(generic.url, signAssertion(key, claims))).body['error_description']).to.equal(
      "user hasn't approved this consumer",
    );
    await generic.stop();
    await scratch.stop();
  });

  it('refuse whom the My Domain policy keeps away, and the login history says so', async () => {
    const [production] = orgs as [Org, Org];
    const app = { certificate: key.certificate, adminApproved: true, profiles: ['Standard User'] };
    const clientId = production.setup.createExternalClientApp({ name: 'Policed', ...app });
    production.switches.genericLogins = 'refused';
    expect((await ask(clientId, USER, host.url)).status).to.equal(400);
    expect(production.data.loginHistory.at(-1)?.status).to.equal('Restricted Domain');
    const direct = await grant(production.url, signAssertion(key, claimsFor(clientId, USER, production.url)));
    expect(direct.status).to.equal(200);
    production.switches.genericLogins = 'allowed';
  });
});

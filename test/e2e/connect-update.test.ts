import { expect } from 'chai';
import type { JwtConnectResult } from '../../src/commands/jwt/connect.js';
import { CONNECT, connected, deployRequests, fieldsOf, stateOf, tokenRequests } from '../support/connect.js';
import { recordDeployments } from '../support/deployments.js';
import { ADMIN, CI_USER, pairOf, Workplace } from '../support/workplace.js';

const GLOBAL = 'ExtlClntAppGlobalOauthSettings';
const HEADER = 'ExternalClientApplication';
const POLICY = 'ExtlClntAppOauthConfigurablePolicies';
const SCOPES = 'ExtlClntAppOauthSettings';

describe('sf jwt connect, in an org that has the app', () => {
  let workplace: Workplace;
  let clientId: string | null;

  before(async () => {
    workplace = await Workplace.open();
    ({ clientId } = await connected(workplace));
    // what an admin chose in Setup since, and no flag manages
    workplace.org.setup.changePolicy('JwtBearer', { sessionTimeoutInMinutes: '30', requiredSessionLevel: 'STANDARD' });
  });
  after(() => workplace.close());

  /** All components' fields, by type. */
  function components(): Record<string, Record<string, unknown>> {
    const types = [HEADER, SCOPES, GLOBAL, POLICY, 'ExtlClntAppConfigurablePolicies', 'PermissionSet'];
    return Object.fromEntries(types.map((type) => [type, fieldsOf(workplace.org, type)]));
  }

  const changes: Array<{ flags: string[]; type: string; field: string; value: string; sentence: string }> = [
    {
      flags: ['--label', 'CI & CD'],
      type: HEADER,
      field: 'label',
      value: 'CI & CD',
      sentence: 'Label: JwtBearer → CI & CD',
    },
    {
      flags: ['--contact-email', 'team@example.com'],
      type: HEADER,
      field: 'contactEmail',
      value: 'team@example.com',
      sentence: `Contact email: ${ADMIN} → team@example.com`,
    },
    {
      flags: ['--callback-url', 'https://example.com/callback'],
      type: GLOBAL,
      field: 'callbackUrl',
      value: 'https://example.com/callback',
      sentence: 'Callback URL: http://localhost:1717/OauthRedirect → https://example.com/callback',
    },
    {
      flags: ['--scope', 'id', '--scope', 'api'],
      type: SCOPES,
      field: 'commaSeparatedOauthScopes',
      value: 'Api, Web, RefreshToken, Basic',
      sentence: 'Scopes: Api, Web, RefreshToken → Api, Web, RefreshToken, Basic',
    },
    {
      flags: ['--ip-relaxation', 'bypass'],
      type: POLICY,
      field: 'ipRelaxationPolicyType',
      value: 'Bypass',
      sentence: 'IP restrictions: Enforce → Bypass',
    },
    {
      flags: ['--profile', 'System Administrator'],
      type: POLICY,
      field: 'commaSeparatedProfile',
      value: 'System Administrator',
      sentence: 'Pre-authorized profiles: System Administrator',
    },
  ];

  for (const { flags, type, field, value, sentence } of changes) {
    it(`${flags[0]} changes that and nothing else`, async () => {
      const before = components();
      const record = recordDeployments(workplace.org);
      const result = await connected(workplace, flags);
      expect(result).to.deep.include({ status: 'updated', changes: [sentence], clientId });
      const [deployment] = await record.all();
      expect(Object.keys(deployment?.files ?? {})).to.have.lengthOf(2);
      expect(components()).to.deep.equal({ ...before, [type]: { ...before[type], [field]: value } });
      expect(result.users).to.deep.equal([{ username: ADMIN, assigned: 'already', verified: true }]);
    });
  }

  it('another certificate replaces the old one in place: same client id, one component', async () => {
    const { fingerprint256, certificate } = await workplace.savePair('renewed');
    const before = components();
    const record = recordDeployments(workplace.org);
    const result = await connected(workplace);
    const old = (await pairOf()).fingerprint256;
    expect(result).to.deep.include({
      status: 'updated',
      clientId,
      changes: [`Certificate: SHA-256 ${old} → ${fingerprint256}`],
    });
    expect(result.users).to.deep.equal([{ username: ADMIN, assigned: 'already', verified: true }]);
    const [deployment] = await record.all();
    const files = ['package.xml', 'extlClntAppGlobalOauthSets/JwtBearer_glbloauth.ecaGlblOauth'];
    expect(Object.keys(deployment?.files ?? {})).to.have.members(files);
    expect(deployment?.files[files[1] ?? '']).not.to.match(/consumerKey|consumerSecret|oauthLink/);
    expect(components()).to.deep.equal({ ...before, [GLOBAL]: { ...before[GLOBAL], certificate: certificate.trim() } });
  });

  it('another permission set is created, added to the policy, and assigned', async () => {
    const args = ['--permission-set', 'Deployers', '--username', CI_USER];
    const result = await connected(workplace, args);
    expect(result).to.deep.include({
      status: 'updated',
      permissionSet: 'Deployers',
      changes: [
        'Pre-authorized permission sets: JwtBearer → JwtBearer, Deployers',
        'Create the permission set Deployers',
        `Assign ${CI_USER} to the permission set Deployers`,
      ],
      users: [{ username: CI_USER, assigned: 'assigned', verified: true }],
    });
    expect(fieldsOf(workplace.org, POLICY)).to.include({ commaSeparatedPermissionSet: 'JwtBearer, Deployers' });
    expect(workplace.org.data.accesses).to.have.lengthOf(3);
    expect(await connected(workplace, args)).to.deep.include({ status: 'unchanged', changes: [] });
  });

  it('another user is only assigned; nothing is deployed', async () => {
    const { username } = workplace.org.addUser({ username: 'second@acme.example.com' });
    const deployed = deployRequests(workplace.org);
    const result = await connected(workplace, ['--username', username]);
    expect(result).to.deep.include({
      status: 'updated',
      permissionSet: 'JwtBearer',
      changes: [`Assign ${username} to the permission set JwtBearer`],
      users: [{ username, assigned: 'assigned', verified: true }],
    });
    expect(deployRequests(workplace.org)).to.equal(deployed);
  });

  it('finds the app whatever the case of its name, as the org does', async () => {
    const result = await connected(workplace, ['--name', 'jwtbearer']);
    expect(result).to.deep.include({ name: 'JwtBearer', status: 'unchanged', clientId });
  });

  it('makes up for an access row that somebody deleted', async () => {
    const { data } = workplace.org;
    (data as { accesses: unknown[] }).accesses = [];
    const result = await connected(workplace);
    expect(result).to.deep.include({ status: 'updated', changes: ['Open the app to the permission set JwtBearer'] });
    expect(result.users[0]).to.deep.include({ assigned: 'already', verified: true });
  });
});

describe('sf jwt connect, for an app that was made in Setup', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it("reuses its parts under Setup's names, and makes no second policy", async () => {
    const { org } = workplace;
    const consumerKey = org.setup.createExternalClientApp({ name: 'ByHand', label: 'By hand', adminApproved: true });
    const names = (): string[] => [...org.data.components.keys()].filter((key) => !key.startsWith('PermissionSet/'));
    const before = names();
    expect(before).to.include('ExtlClntAppOauthConfigurablePolicies/byhand_oauthplcy');
    const result = await connected(workplace, ['--name', 'ByHand', '--username', CI_USER]);
    expect(result).to.deep.include({ status: 'updated', clientId: consumerKey });
    expect(result.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
    expect(names()).to.deep.equal(before);
    expect(fieldsOf(org, HEADER)).to.include({ label: 'By hand', contactEmail: 'admin@example.com' });
    expect(fieldsOf(org, GLOBAL)).to.include({ isPkceRequired: 'true', isSecretRequiredForRefreshToken: 'true' });
  });

  it('pre-authorizes the user who runs it where the app has no OAuth yet, and nothing is left for a second run', async () => {
    workplace.org.setup.createAppWithoutOauth('Bare');
    const first = await workplace.json<JwtConnectResult>([...CONNECT, '--name', 'Bare', '--wait', '0']);
    expect(first.status, JSON.stringify(first)).to.equal(0);
    expect(first.warnings ?? []).to.deep.equal([]);
    expect(first.result).to.deep.include({ status: 'updated', permissionSet: 'Bare' });
    expect(first.result.users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
    const before = stateOf(workplace.org);
    const second = await connected(workplace, ['--name', 'Bare', '--wait', '0']);
    expect(second).to.deep.include({ status: 'unchanged', changes: [], permissionSet: 'Bare' });
    expect(stateOf(workplace.org)).to.deep.equal(before);
  });

  describe('and lets its users approve it themselves', () => {
    beforeEach(async () => {
      const { certificate } = await pairOf();
      workplace.org.setup.createExternalClientApp({ name: 'Open', certificate, adminApproved: false });
    });

    it('leaves that alone as long as no flag asks for more', async () => {
      workplace.org.setup.approve(ADMIN, 'Open');
      const before = stateOf(workplace.org);
      const answer = await workplace.json(['connect', '-o', ADMIN, '-c', 'server.crt', '--name', 'Open']);
      expect(answer.result).to.deep.include({ status: 'unchanged', permissionSet: null, changes: [] });
      expect(answer.warnings?.join()).to.match(/lets all users approve the app themselves/);
      expect(stateOf(workplace.org)).to.deep.equal(before);
    });

    it('waits for nobody who has yet to approve it, since nothing was changed', async () => {
      const asked = tokenRequests(workplace.org);
      const answer = await workplace.json<JwtConnectResult>([...CONNECT, '--name', 'Open', '--wait', '1']);
      expect(answer.status, JSON.stringify(answer)).to.equal(68);
      expect(tokenRequests(workplace.org) - asked).to.equal(1);
      expect(answer.result).to.deep.include({ status: 'unchanged', permissionSet: null });
      const [warning] = answer.warnings ?? [];
      expect(JSON.stringify(warning))
        .to.contain("invalid_grant: user hasn't approved this consumer")
        .and.to.contain('in a browser')
        .and.to.contain(`--username ${ADMIN}`);
    });

    it('changes it when a user is to be pre-authorized', async () => {
      const result = await connected(workplace, ['--name', 'Open', '--username', CI_USER]);
      expect(result.changes).to.deep.equal([
        'Permitted users: AllSelfAuthorized → AdminApprovedPreAuthorized',
        'Pre-authorized permission sets: Open',
        'Create the permission set Open',
        `Assign ${CI_USER} to the permission set Open`,
      ]);
      expect(workplace.org.apps[0]).to.include({ adminApproved: true });
      expect(result.users[0]).to.deep.include({ verified: true });
    });
  });
});

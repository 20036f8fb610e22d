import { expect } from 'chai';
import type { JwtConnectResult } from '../../src/commands/jwt/connect.js';
import { CONNECT, connected, deployRequests, fieldsOf, tokenRequests } from '../support/connect.js';
import { parseXml, recordDeployments, type SentDeployment } from '../support/deployments.js';
import { ADMIN, CI_USER, pairOf, Workplace, type Pair } from '../support/workplace.js';

describe('sf jwt connect, in an org without the app', () => {
  let workplace: Workplace;
  let pair: Pair;
  before(async () => {
    workplace = await Workplace.open();
    pair = await pairOf();
  });
  after(() => workplace.close());

  describe('with nothing but a certificate and its key beside it', () => {
    let result: JwtConnectResult;
    let deployments: SentDeployment[];
    before(async () => {
      const record = recordDeployments(workplace.org);
      result = await connected(workplace);
      deployments = await record.all();
    });

    it('returns what it did', () => {
      const { deployId, clientId, ...rest } = result;
      expect(deployId).to.match(/^0Af\w{15}$/);
      expect(clientId).to.equal(workplace.org.apps[0]?.consumerKey);
      expect(rest).to.deep.equal({
        name: 'JwtBearer',
        appType: 'external-client-app',
        status: 'created',
        changes: [
          'Create the External Client App JwtBearer',
          'Create the permission set JwtBearer',
          `Assign ${ADMIN} to the permission set JwtBearer`,
        ],
        certificate: { fingerprint256: pair.fingerprint256, notAfter: pair.notAfter.toISOString() },
        permissionSet: 'JwtBearer',
        profiles: [],
        users: [{ username: ADMIN, assigned: 'assigned', verified: true }],
        instanceUrl: workplace.org.url,
        dryRun: false,
      });
    });

    it('deploys once, as one transaction, without a test level', () => {
      expect(deployments).to.have.lengthOf(1);
      expect(deployments[0]?.options).to.deep.equal({
        checkOnly: false,
        ignoreWarnings: false,
        rollbackOnError: true,
        singlePackage: true,
      });
    });

    it('sends the header, one of each satellite and the permission set', () => {
      const files = deployments[0]?.files ?? {};
      expect(Object.keys(files)).to.have.members([
        'package.xml',
        'externalClientApps/JwtBearer.eca',
        'extlClntAppOauthSettings/JwtBearer_oauth.ecaOauth',
        'extlClntAppGlobalOauthSets/JwtBearer_glbloauth.ecaGlblOauth',
        'extlClntAppOauthPolicies/JwtBearer_oauth_defaultPolicy.ecaOauthPlcy',
        'permissionsets/JwtBearer.permissionset',
      ]);
      expect(parseXml(files['package.xml'] ?? '')).to.deep.equal({
        types: [
          { members: 'JwtBearer', name: 'ExternalClientApplication' },
          { members: 'JwtBearer_glbloauth', name: 'ExtlClntAppGlobalOauthSettings' },
          { members: 'JwtBearer_oauth_defaultPolicy', name: 'ExtlClntAppOauthConfigurablePolicies' },
          { members: 'JwtBearer_oauth', name: 'ExtlClntAppOauthSettings' },
          { members: 'JwtBearer', name: 'PermissionSet' },
        ],
        version: '67.0',
      });
    });

    it('writes careful defaults into them', () => {
      const xml = (path: string): unknown => parseXml(deployments[0]?.files[path] ?? '');
      const externalClientApplication = 'JwtBearer';
      const label = 'JwtBearer';
      expect(xml('externalClientApps/JwtBearer.eca')).to.deep.equal({
        contactEmail: ADMIN,
        distributionState: 'Local',
        isProtected: 'false',
        label,
      });
      expect(xml('extlClntAppOauthSettings/JwtBearer_oauth.ecaOauth')).to.deep.equal({
        commaSeparatedOauthScopes: 'Api, Web, RefreshToken',
        externalClientApplication,
        label,
      });
      expect(xml('extlClntAppGlobalOauthSets/JwtBearer_glbloauth.ecaGlblOauth')).to.deep.equal({
        callbackUrl: 'http://localhost:1717/OauthRedirect',
        certificate: pair.certificate,
        consumerKey: result.clientId,
        externalClientApplication,
        isConsumerSecretOptional: 'true',
        isNamedUserJwtEnabled: 'false',
        isSecretRequiredForRefreshToken: 'false',
        label,
      });
      expect(xml('extlClntAppOauthPolicies/JwtBearer_oauth_defaultPolicy.ecaOauthPlcy')).to.deep.equal({
        commaSeparatedPermissionSet: 'JwtBearer',
        externalClientApplication,
        ipRelaxationPolicyType: 'Enforce',
        label,
        permittedUsersPolicyType: 'AdminApprovedPreAuthorized',
        refreshTokenPolicyType: 'SpecificLifetime',
        refreshTokenValidityPeriod: '365',
        refreshTokenValidityUnit: 'Days',
      });
    });

    it('makes a permission set without a license', () => {
      expect(parseXml(deployments[0]?.files['permissionsets/JwtBearer.permissionset'] ?? '')).to.deep.equal({
        label: 'JwtBearer',
      });
      expect(fieldsOf(workplace.org, 'PermissionSet')).not.to.have.property('license');
    });

    it('opens the app to the permission set, and proves it with one login', () => {
      const { accesses, assignments } = workplace.org.data;
      expect(accesses).to.have.lengthOf(1);
      expect(assignments).to.have.lengthOf(1);
      expect(tokenRequests(workplace.org)).to.equal(1);
    });

    it('does nothing the second time', async () => {
      const deployed = deployRequests(workplace.org);
      const { status, changes, users, deployId } = await connected(workplace);
      expect({ status, changes, deployId }).to.deep.equal({ status: 'unchanged', changes: [], deployId: undefined });
      expect(users).to.deep.equal([{ username: ADMIN, assigned: 'already', verified: true }]);
      expect(deployRequests(workplace.org)).to.equal(deployed);
      const { accesses, assignments } = workplace.org.data;
      expect([accesses.length, assignments.length]).to.deep.equal([1, 1]);
    });
  });

  it('takes what the flags ask for instead of the defaults', async () => {
    const flags = ['--label', `Cör & <"CI's">`, '--contact-email', 'team@example.com', '--ip-relaxation', 'bypass'];
    const lists = [
      '--scope',
      'api',
      '--scope',
      'offline_access',
      '--permission-set',
      'Deployers',
      '--profile',
      'Standard User',
    ];
    const url = ['--callback-url', 'https://example.com/a?b=1&c=2'];
    const other = await Workplace.open();
    try {
      const result = await connected(other, ['--name', 'CiServer', '--username', CI_USER, ...flags, ...lists, ...url]);
      expect(result).to.deep.include({ permissionSet: 'Deployers', profiles: ['Standard User'], name: 'CiServer' });
      const label = `Cör & <"CI's">`;
      expect(fieldsOf(other.org, 'ExternalClientApplication')).to.include({ contactEmail: 'team@example.com', label });
      expect(fieldsOf(other.org, 'ExtlClntAppGlobalOauthSettings')).to.include({
        callbackUrl: 'https://example.com/a?b=1&c=2',
      });
      expect(fieldsOf(other.org, 'ExtlClntAppOauthConfigurablePolicies')).to.include({
        commaSeparatedPermissionSet: 'Deployers',
        commaSeparatedProfile: 'Standard User',
        ipRelaxationPolicyType: 'Bypass',
      });
      expect(other.org.apps[0]?.scopes).to.deep.equal(['Api', 'RefreshToken']);
      const second = await connected(other, ['--name', 'CiServer', '--username', CI_USER, ...flags, ...lists, ...url]);
      expect(second).to.deep.include({ status: 'unchanged', changes: [] });
    } finally {
      await other.close();
    }
  });

  describe('as a person runs it', () => {
    it('tells a person the plan, the outcome, the line that logs in the machine, and that for a pipeline', async () => {
      const { status, stdout, stderr } = await workplace.jwt([
        ...CONNECT,
        '--name',
        'ForPeople',
        '--username',
        CI_USER,
      ]);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.match(
        new RegExp(`^To change in the org of ${ADMIN}:\n {2}Create the External Client App ForPeople\n`),
      );
      expect(stdout).to.match(new RegExp(`│ ${CI_USER} +│ yes, by ForPeople +│ works +│`));
      expect(stdout).to.contain('Created the app ForPeople, and it works.\n');
      const clientId = workplace.org.apps.find(({ name }) => name === 'ForPeople')?.consumerKey;
      expect(stdout).to.contain(`Client ID: ${clientId}\n`);
      const app = `--client-id ${clientId}`;
      const key = `--jwt-key-file ${workplace.path('server.key')}`;
      const url = `--instance-url ${workplace.org.url}`;
      expect(stdout.trimEnd().split('\n').slice(-2)).to.deep.equal([
        `  sf jwt grant --username ${CI_USER} ${app} ${key} ${url}`,
        `For a pipeline that does so: sf jwt snippet --for github-actions --target-org ${CI_USER} ${app} ${url}`,
      ]);
    });

    it('prints lines that work', async () => {
      const { stdout } = await workplace.jwt([...CONNECT, '--name', 'ForPeople', '--username', CI_USER]);
      const [grant = '', snippet = ''] = stdout.trimEnd().split('\n').slice(-2);
      for (const line of [grant, snippet]) {
        const args = line.replace(/^.*sf jwt /, '').split(' ');
        const { status, stderr } = await workplace.jwt(args);
        expect(status, stderr).to.equal(0);
      }
      expect(snippet).to.contain('jwt snippet');
    });
  });
});

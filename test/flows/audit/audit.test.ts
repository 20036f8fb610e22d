import { expect } from 'chai';
import { audit, type Audit } from '../../../src/flows/audit/audit.js';
import { resultOf } from '../../../src/flows/audit/result.js';
import { selfSignedCertificate } from '../../../src/keys/credential/issue.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { startOrg, type Org, type Switches } from '../../emulator/index.js';
import { certificateOf, rsaKey } from '../../support/certificates.js';
import { adminConnection } from '../../support/connect-in-process.js';
import { rejectionOf } from '../../support/failures.js';
import { pairOf } from '../../support/workplace.js';

const EC_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBcDCCARegAwIBAgIUOaA6+EssvKLxb4g4b0mnPAq7HKwwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCZWMwIBcNMjYxMTI2MjE0NzM3WhgPMjEyNjExMDIyMTQ3Mzda
MA0xCzAJBgNVBAMMAmVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFM5aL7k5
V1MW0GKIHx1wh/lhcSzdYV3wMTPXNgDgrvWBwpZ/y5WIPxdf6iV8pTWc/GKIuNyT
M+IUTR8/w4OFraNTMFEwHQYDVR0OBBYEFBhvC7qe41AA/Qmt7V5B7FyqzWKCMB8G
A1UdIwQYMBaAFBhvC7qe41AA/Qmt7V5B7FyqzWKCMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDRwAwRAIgDoFOj4RY98BZvtb/ziAi8Bs8Ggaqkn5BoRMupHod
bYoCIF1suGjJSGGoZRf50d4OiSXYd6UXIyQZjQ7zqSFRTrTh
-----END CERTIFICATE-----
`;

const SHA1_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIDATCCAemgAwIBAgIUUVHnDq5+jLGMTX6/NySIv/T3NFswDQYJKoZIhvcNAQEF
BQAwDzENMAsGA1UEAwwEc2hhMTAgFw0yNjExMjYyMTQ3MzdaGA8yMTI2MTEwMjIx
NDczN1owDzENMAsGA1UEAwwEc2hhMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
AQoCggEBAJMH8OvHda4m467sfMsvlYzxlu3U4DPsVAa51/xFQMFb00rIvkTq5Ba4
A0hTuqIp3L+5FOL0M7gBWUhWbcbtHND1omzEk0BfGps1heTpjOpYILdkUfiEEaZU
+iRKhjTbhuoychAW1A8EyUpV6XBVAGlHFRtYBpbBeajEqv5kAvnqqAGrFVSFzr+B
K0wkPhjeC760OdeN8h9JBHAh5n+JlKpAVqw2WqDKX6HAR1/j+y7AJftArfk8MLYc
Xpo7hg4/XA3N0g4RbFIkTuAl1nGlgGcnSPfRS3Y4s2SFeng7NxJrWpmZfH6+IBk0
lHkzhIyovKYZOIdbrh0Cb/WWdjiL8+sCAwEAAaNTMFEwHQYDVR0OBBYEFBG1/vRt
p0xWAq9Z4M/yr/loYHJAMB8GA1UdIwQYMBaAFBG1/vRtp0xWAq9Z4M/yr/loYHJA
MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEFBQADggEBAA+KmL04vL58f9Ax
ivqhV5lQY8ms49sGS3u7oAv6XVtu5s9wUUaeeOm/VPcmfoPmFdQbuI6MjYI16V+u
Gq3Qa+pFJkzK3QhajnLzKyJBTzRpLiF7bPfEU7Xe1u7gP8i1TZXJBe44MdVy1o/Q
RbwOK8c/SonUQa99FeFjyNbSaMxabgB5IANJNsla1PLizofJe69LrrPnxacgUF26
N3zXL36o8OjTzmtjAt8/G3X5suGGwhwuoi0jN6wglXLSZkz/uB/xSUiy6noP1jt1
dwgtbJNVKnz6JiIRfGMEQ68zosABRvZVe3AnXhXv2XxWmc3Fei55CJfXGpuTodp/
LuXVdCo=
-----END CERTIFICATE-----
`;

const CI = 'ci@acme.example.com';
const DAY = 86_400_000;

const inspected = (org: Org, expiresWithin = 30): Promise<Audit> =>
  audit({ admin: 'admin-here', expiresWithin, now: new Date() }, adminConnection(org));

/** `severity code app` of each finding, but for what every Connected App is told. */
const told = ({ findings }: Audit): string[] =>
  findings.map(({ severity, code, app }) => `${severity} ${code} ${app ?? '-'}`);

describe('audit', () => {
  let org: Org;
  let certificate: string;
  before(async () => {
    ({ certificate } = await pairOf());
  });
  beforeEach(async () => {
    org = await startOrg({ kind: 'developer', users: [{ username: CI }] });
    org.setup.createPermissionSet('Ci');
    org.setup.assignPermissionSet(CI, 'Ci');
  });
  afterEach(() => org.stop());

  const healthy = { adminApproved: true, permissionSets: ['Ci'] };
  /** As the token endpoint leaves it. */
  const logIn = (label: string, time = Date.now(), username = CI): void => {
    const { id: userId } = org.user(username)!;
    const id = org.data.ids.next('loginHistory');
    const rest = { status: 'Success', sourceIp: '203.0.113.7', loginUrl: 'acme.my.salesforce.com' };
    org.data.loginHistory.push({ id, userId, time, application: label, ...rest });
  };

  it('tells all that an org tells of its apps, of either type', async () => {
    const ids = [
      org.setup.createExternalClientApp({ name: 'Eca', label: 'Web shop', certificate, ...healthy }),
      org.setup.createConnectedApp({ name: 'Ca', certificate: await certificateOf(rsaKey(), 'ca', 3650), ...healthy }),
    ];
    org.setup.changePolicy('Ca', { sessionPolicy: { sessionTimeout: '30' } });
    org.setup.createConnectedApp({ name: 'BrowserOnly' });
    org.setup.createAppWithoutOauth('Bare');
    logIn('Web shop', Date.parse('2026-11-01T10:00:00Z'));
    logIn('Web shop', Date.parse('2026-11-02T10:00:00Z'));
    const result = resultOf(await inspected(org));
    expect(result.withoutCertificate).to.equal(2);
    expect(result.apps.map(({ name }) => name)).to.deep.equal(['Eca', 'Ca']);
    const [eca, ca] = result.apps;
    expect(eca).to.deep.include({
      ...{ type: 'external-client-app', label: 'Web shop', clientId: ids[0], namespace: null, enabled: true },
      ...{ scopes: ['api', 'web', 'refresh_token'], permittedUsers: 'admin', permissionSets: ['Ci'], profiles: [] },
      ...{ users: 1, ipPolicy: 'enforce', session: { highAssurance: false, timeout: null }, issuesJwtTokens: false },
      ...{ lastLogin: { state: 'known', time: '2026-11-02T10:00:00.000Z', username: CI }, tokenUsers: 0, logins: [] },
    });
    expect(eca?.certificate).to.include({
      ...{ source: 'org', keyType: 'RSA', keySize: 2048, signatureAlgorithm: 'sha256WithRSAEncryption' },
      fingerprint256: (await pairOf()).fingerprint256,
    });
    expect(ca).to.deep.include({
      type: 'connected-app',
      clientId: ids[1],
      session: { highAssurance: false, timeout: 30 },
    });
    expect(ca?.lastLogin).to.deep.equal({ state: 'never', time: null, username: null });
  });

  it('finds nothing to mend where nothing is wrong', async () => {
    org.setup.createExternalClientApp({ name: 'Eca', certificate, ...healthy });
    logIn('Eca');
    const found = await inspected(org);
    expect([found.ok, told(found)]).to.deep.equal([true, []]);
  });

  const ended = (days: number): Promise<string> => {
    const [subject, notBefore] = [{ commonName: 'x' }, new Date(Date.now() - 100 * DAY)];
    return selfSignedCertificate({
      subject,
      signer: signerOf(rsaKey()),
      serialNumber: Uint8Array.of(7),
      notBefore,
      days,
    });
  };
  const cases: Array<[name: string, finding: string, prepare: () => unknown]> = [
    [
      'an end that has passed',
      'error certificate_ended Eca',
      async () => org.setup.changeCertificate('Eca', await ended(99)),
    ],
    [
      'an end that is near',
      'error certificate_ends_soon Eca',
      async () => org.setup.changeCertificate('Eca', await ended(120)),
    ],
    [
      'self-authorization',
      'error app_self_authorized Eca',
      () => org.setup.changePolicy('Eca', { permittedUsersPolicyType: 'AllSelfAuthorized' }),
    ],
    [
      'nobody who may enter',
      'warning app_opens_to_nobody Eca',
      () => org.setup.removePermissionSetFromApp('Eca', 'Ci'),
    ],
    ['the scope full', 'warning app_scopes_full Eca', () => org.setup.changeScopes('Eca', ['Full', 'RefreshToken'])],
    [
      'no scope refresh_token',
      'warning app_scopes_without_refresh_token Eca',
      () => org.setup.changeScopes('Eca', ['Api']),
    ],
    [
      'tokens that are JWTs',
      'warning app_issues_jwt_tokens Eca',
      () => org.setup.changeGlobalSettings('Eca', { isNamedUserJwtEnabled: 'true' }),
    ],
    [
      'high assurance',
      'warning app_requires_high_assurance Eca',
      () => org.setup.changePolicy('Eca', { requiredSessionLevel: 'HIGH_ASSURANCE', policyAction: 'Block' }),
    ],
    [
      'addresses of all kinds',
      'warning ip_restrictions_bypassed Eca',
      () => org.setup.changePolicy('Eca', { ipRelaxationPolicyType: 'Bypass' }),
    ],
    ['being switched off', 'note app_disabled Eca', () => org.setup.setEnabled('Eca', false)],
    ['disuse', 'warning app_unused Eca', () => void (org.data.loginHistory.length = 0)],
    [
      'a key of 1024 bits',
      'error key_weak Eca',
      async () => org.setup.changeCertificate('Eca', await certificateOf(rsaKey(1024), 'x', 3650)),
    ],
  ];
  for (const [name, finding, prepare] of cases) {
    it(`tells of ${name}, with what to do`, async () => {
      org.setup.createExternalClientApp({ name: 'Eca', certificate, ...healthy });
      logIn('Eca');
      await prepare();
      const found = await inspected(org);
      expect(told(found)).to.deep.equal([finding]);
      expect(found.ok).to.equal(!finding.startsWith('error'));
      expect(found.findings[0]!.actions.join()).to.match(/sf (jwt|org) /);
    });
  }

  it('tells of a key that is no RSA key, and of a signature by SHA-1', async () => {
    org.setup.createExternalClientApp({ name: 'Ec', certificate: EC_CERTIFICATE, ...healthy });
    org.setup.createExternalClientApp({ name: 'Sha1', certificate: SHA1_CERTIFICATE, ...healthy });
    logIn('Ec');
    logIn('Sha1');
    const codes = told(await inspected(org));
    expect(codes).to.include.members(['error key_not_rsa Ec', 'warning certificate_signature_weak Sha1']);
  });

  it('counts a certificate as due from the days that were asked for, its last moment included', async () => {
    org.setup.createExternalClientApp({ name: 'Eca', certificate: await ended(150), ...healthy });
    logIn('Eca');
    expect(told(await inspected(org, 30))).to.deep.equal([]);
    expect(told(await inspected(org, 50))).to.deep.equal(['error certificate_ends_soon Eca']);
  });

  it('tells of apps that share a certificate, each with the others', async () => {
    org.setup.createExternalClientApp({ name: 'One', certificate, ...healthy });
    org.setup.createExternalClientApp({ name: 'Two', certificate, ...healthy });
    org.setup.createConnectedApp({ name: 'Three', certificate, ...healthy });
    for (const label of ['One', 'Two', 'Three']) logIn(label);
    const shared = (await inspected(org)).findings.filter(({ code }) => code === 'certificate_shared');
    expect(shared.map(({ app, message }) => [app, /certificate as ([^:]*):/.exec(message)?.[1]])).to.deep.equal([
      ['One', 'Two, Three'],
      ['Two', 'One, Three'],
      ['Three', 'One, Two'],
    ]);
  });

  it('takes the logins of the newest user, and a failed one for none', async () => {
    org.setup.createExternalClientApp({ name: 'Eca', certificate, ...healthy });
    logIn('Eca', Date.parse('2026-10-01T00:00:00Z'));
    logIn('Eca', Date.parse('2026-10-02T00:00:00Z'), org.admin.username);
    logIn('Eca', Date.parse('2026-10-03T00:00:00Z'));
    org.data.loginHistory.at(-1)!.status = 'Failed: Not approved for access';
    const { lastLogin } = resultOf(await inspected(org)).apps[0]!;
    expect(lastLogin).to.deep.include({ time: '2026-10-02T00:00:00.000Z', username: org.admin.username });
  });

  it('knows dozens of apps by requests of ten', async () => {
    for (let number = 0; number < 44; number++) {
      const create = number % 2 === 0 ? 'createExternalClientApp' : 'createConnectedApp';
      org.setup[create]({ name: `App${number}`, certificate, ...healthy });
    }
    const since = org.requests.length;
    const { apps } = resultOf(await inspected(org));
    expect(apps).to.have.length(44);
    expect(apps.every(({ users }) => users === 1)).to.equal(true);
    // Three reads for each of six types, two lists, and the questions.
    expect(org.requests.length - since).to.be.below(30);
  });

  it('changes nothing', async () => {
    org.setup.createExternalClientApp({ name: 'Eca', certificate });
    const since = org.requests.length;
    await inspected(org);
    const writes = org.requests.slice(since).filter(({ method, path, body }) => {
      if (method === 'GET') return false;
      return !path.startsWith('/services/Soap/m/') || !/<(listMetadata|readMetadata)\b/.test(body);
    });
    expect(writes.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
  });

  describe('of apps that others have made', () => {
    for (const packagedCredentials of ['hidden', 'shown'] satisfies Array<Switches['packagedCredentials']>) {
      it(`names those of packages, whose certificates are ${packagedCredentials}`, async () => {
        org.switches.packagedCredentials = packagedCredentials;
        org.setup.createExternalClientApp({ name: 'Own', certificate, ...healthy });
        org.setup.createConnectedApp({ name: 'acme__Loader', label: 'Loader', certificate: await ended(99) });
        logIn('Own');
        logIn('Loader');
        const found = await inspected(org);
        const row = resultOf(found).apps.find(({ namespace }) => namespace === 'acme');
        expect(row).to.include({ name: 'acme__Loader', permittedUsers: 'self' });
        expect(row?.certificate === null).to.equal(packagedCredentials === 'hidden');
        expect(told(found)).to.deep.equal(
          packagedCredentials === 'hidden'
            ? ['warning app_self_authorized acme__Loader', 'note certificate_not_shown acme__Loader']
            : ['warning certificate_of_package_ended acme__Loader', 'warning app_self_authorized acme__Loader'],
        );
        expect(found.ok, "what isn't the org's to mend is no error of the org's").to.equal(true);
        expect(found.findings.flatMap(({ actions }) => actions).join())
          .to.contain('publisher')
          .and.not.to.contain('jwt');
      });
    }

    it('names those that are installed, of which there is no metadata', async () => {
      org.setup.installFromElsewhere('Data Loader');
      logIn('Data Loader');
      const [row] = resultOf(await inspected(org)).apps;
      expect(row).to.include({ name: 'Data Loader', type: 'connected-app', clientId: null, permittedUsers: 'self' });
      expect(row).to.deep.include({ certificate: null, scopes: null, enabled: null });
      expect(row?.lastLogin.state).to.equal('known');
    });
  });

  describe('of an org that tells less', () => {
    it('says that ends are unknown where certificates are not given out', async () => {
      org.switches.certificateReadback = 'omitted';
      org.setup.createExternalClientApp({ name: 'Eca', certificate, ...healthy });
      logIn('Eca');
      const found = await inspected(org);
      expect(told(found)).to.deep.equal(['note certificate_not_shown Eca']);
      expect(resultOf(found).apps[0]).to.deep.include({ name: 'Eca', certificate: null });
    });

    it('says so where an admin may not see the logins, the tokens or the assignments of others', async () => {
      org.setup.createExternalClientApp({ name: 'Eca', certificate, ...healthy });
      org.setup.takePermissions(org.admin.username, 'ManageUsers', 'CustomizeApplication', 'ViewSetup');
      const found = await inspected(org);
      expect(told(found)).to.deep.equal(Array(3).fill('warning view_incomplete -'));
      const reasons = found.findings.map(({ message }) => message).join('\n');
      expect(reasons)
        .to.contain('Manage Users')
        .and.to.contain('Customize Application')
        .and.to.contain('SetupEntityAccess');
      const [row] = resultOf(found).apps;
      expect(row).to.include({ users: null, tokenUsers: null });
      expect(row?.lastLogin.state, 'not that nobody logs in').to.equal('unknown');
    });

    it('ends with what is missing where it may not read metadata', async () => {
      org.setup.takePermissions(org.admin.username, 'ModifyMetadata', 'ModifyAllData');
      await rejectionOf('admin_permission_missing', inspected(org));
    });

    it('says nothing of disuse where the history is longer than it gives out', async () => {
      org.setup.createExternalClientApp({ name: 'Eca', certificate, ...healthy });
      for (let number = 0; number < 2000; number++) logIn(`Other ${number}`);
      expect(told(await inspected(org))).to.deep.equal([]);
    });
  });
});

import { expect } from 'chai';
import type { OrgOptions } from '../emulator/index.js';
import { CONNECT, connected, fieldsOf } from '../support/connect.js';
import { recordDeployments } from '../support/deployments.js';
import { hasTerminal } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { ADMIN, CI_USER, pairOf, Workplace } from '../support/workplace.js';

const GLOBAL = 'ExtlClntAppGlobalOauthSettings';

describe('sf jwt connect, in orgs that differ', () => {
  let workplace: Workplace;
  afterEach(() => workplace.close());

  async function open(switches: NonNullable<OrgOptions['switches']>): Promise<void> {
    workplace = await Workplace.open({ switches });
  }

  describe('in what they do with the client id', () => {
    it('trusts the one that the org made instead of ours', async () => {
      await open({ ecaKeySettable: 'ignored' });
      const { clientId, users } = await connected(workplace);
      expect(clientId)
        .to.match(/^3MVG9/)
        .and.to.equal(workplace.org.apps[0]?.consumerKey);
      expect(users[0]?.verified).to.equal(true);
    });

    it('deploys again without one where the org refuses ours', async () => {
      await open({ ecaKeySettable: 'rejected' });
      const record = recordDeployments(workplace.org);
      const dry = await connected(workplace, ['--dry-run']);
      expect(workplace.org.apps).to.deep.equal([]);
      const { clientId, users, status } = await connected(workplace);
      expect(dry.status).to.equal(status);
      expect(clientId)
        .to.match(/^3MVG9/)
        .and.to.equal(workplace.org.apps[0]?.consumerKey);
      expect(users[0]?.verified).to.equal(true);
      const file = 'extlClntAppGlobalOauthSets/JwtBearer_glbloauth.ecaGlblOauth';
      const withKey = (await record.all()).map(({ files }) => files[file]?.includes('<consumerKey>'));
      expect(withKey).to.deep.equal([true, false, true, false]);
    });

    it('uses ours where the org gives none out', async () => {
      await open({ consumerKeyReadable: false });
      const { clientId, users } = await connected(workplace);
      expect(clientId).to.equal(workplace.org.apps[0]?.consumerKey);
      expect(users[0]?.verified).to.equal(true);
    });

    it('says where to read it when the org refuses ours and gives none out', async () => {
      await open({ consumerKeyReadable: false, ecaKeySettable: 'rejected' });
      const answer = await workplace.json(CONNECT);
      expect(answer).to.deep.include({ status: 1, name: 'ClientIdUnreadableError' });
      expect(answer.data?.code).to.equal('client_id_unreadable');
      expect(answer.actions?.[0]).to.contain('External Client App Manager');
      expect(workplace.org.apps[0]).to.include({ name: 'JwtBearer', adminApproved: true });
      expect(workplace.org.data.assignments).to.have.lengthOf(1);
    });
  });

  describe('in how they give the certificate back', () => {
    for (const certificateReadback of ['as-sent', 'pem', 'base64', 'base64-of-pem'] as const) {
      it(`finds it unchanged as ${certificateReadback}`, async () => {
        await open({ certificateReadback });
        await connected(workplace);
        expect(await connected(workplace)).to.deep.include({ status: 'unchanged', changes: [] });
        await workplace.savePair('renewed');
        expect((await connected(workplace)).changes[0]).to.match(
          /^Certificate: SHA-256 [0-9A-F:]{95} → [0-9A-F:]{95}$/,
        );
      });
    }
  });

  describe('in what they keep', () => {
    it('sends isDPopEnabled back, and meets a policy of any name', async () => {
      await open({});
      const { org } = workplace;
      org.setup.createPermissionSet('JwtBearer');
      const policy = { adminApproved: true, permissionSets: ['JwtBearer'] };
      org.setup.createExternalClientApp({ name: 'JwtBearer', certificate: (await pairOf()).certificate, ...policy });
      org.setup.changeGlobalSettings('JwtBearer', { isDPopEnabled: 'true' });
      const { changes } = await connected(workplace, ['--callback-url', 'https://example.com/callback']);
      expect(changes.join()).to.contain('Callback URL').and.not.to.contain('Certificate');
      expect(fieldsOf(org, GLOBAL)).to.include({ isDPopEnabled: 'true', callbackUrl: 'https://example.com/callback' });
      expect(
        org.data.componentsOf('ExtlClntAppOauthConfigurablePolicies').map(({ fullName }) => fullName),
      ).to.deep.equal(['JwtBearer_oauthPlcy']);
    });

    it('finds a certificate unchanged that another tool deployed as base64 of its PEM', async () => {
      await open({});
      await connected(workplace);
      const pem = Buffer.from((await pairOf()).certificate).toString('base64');
      workplace.org.setup.changeCertificate('JwtBearer', pem);
      expect(await connected(workplace)).to.deep.include({ status: 'unchanged', changes: [] });
    });
  });

  describe('in what they add by themselves', () => {
    it('makes the access row where the org does not', async () => {
      await open({ accessRowCreated: false });
      const { users } = await connected(workplace, ['--username', CI_USER]);
      expect(users[0]).to.deep.equal({ username: CI_USER, assigned: 'assigned', verified: true });
      expect(workplace.org.data.accesses).to.have.lengthOf(1);
      expect(await connected(workplace, ['--username', CI_USER])).to.deep.include({ status: 'unchanged' });
      expect(workplace.org.data.accesses).to.have.lengthOf(1);
    });

    it('says what an admin has to do where the org refuses the access row', async () => {
      await open({ accessRowCreated: false });
      workplace.org.faults.add({
        match: { method: 'POST', path: /\/sobjects\/SetupEntityAccess/ },
        respond: {
          status: 403,
          headers: { 'content-type': 'application/json' },
          body: '[{"errorCode":"INSUFFICIENT_ACCESS_OR_READONLY","message":"insufficient access rights"}]',
        },
      });
      const answer = await workplace.json(CONNECT);
      expect(answer.data).to.deep.include({ code: 'access_row_refused', reason: 'insufficient access rights' });
    });

    it('takes it for done where the org was about to make the access row', async () => {
      await open({ accessRowCreated: false });
      workplace.org.faults.add({
        match: { method: 'POST', path: /\/sobjects\/SetupEntityAccess/ },
        respond: {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: '[{"errorCode":"DUPLICATE_VALUE","message":"duplicate value found"}]',
        },
      });
      expect((await connected(workplace, ['--wait', '0'], { exitCode: 69 })).users[0]?.assigned).to.equal('assigned');
    });

    it('meets a policy that comes only after the package, and fields that an update keeps', async () => {
      await open({ omittedFields: 'kept', omittedCertificate: 'kept', finalizing: 'FinalizingDeploy' });
      await connected(workplace);
      const before = fieldsOf(workplace.org, GLOBAL);
      const { changes, users } = await connected(workplace, ['--callback-url', 'https://example.com/callback']);
      expect(changes).to.have.lengthOf(1);
      expect(users[0]?.verified).to.equal(true);
      expect(fieldsOf(workplace.org, GLOBAL)).to.deep.equal({ ...before, callbackUrl: 'https://example.com/callback' });
    });
  });

  it('follows a long deployment with its progress', async function () {
    needs(this, hasTerminal, 'a pseudo terminal (Python)');
    await open({ deployMs: 5_000, finalizing: 'Finalizing' });
    const { status, stdout } = await workplace.onTerminal(CONNECT);
    expect(status, stdout).to.equal(0);
    expect(stdout).to.match(/deployment 0Af\w{15}: InProgress, \d of \d components/);
    const polls = workplace.org.requestsTo(/\/deployRequest\/0Af/, 'GET').length;
    expect(polls).to.be.within(2, 8);
  });

  it('logs in at a sandbox with its audience', async () => {
    workplace = await Workplace.open({ kind: 'sandbox', switches: { myDomainAudience: 'matching' } });
    const env = { SF_AUDIENCE_URL: 'https://test.salesforce.com' };
    const { users } = await connected(workplace, [], { env });
    expect(users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
  });
});

import { expect } from 'chai';
import { isFailure } from '../../../src/failure.js';
import { learnOrganization, type Organization } from '../../../src/salesforce/org/organization.js';
import type { Fetch, Token } from '../../../src/salesforce/token/endpoint.js';
import { startOrg, type Org, type OrgOptions } from '../../emulator/index.js';

const ROBOT = { username: 'robot@acme.example.com', profile: 'Minimum Access - API Only Integrations' };
const PORTAL = { username: 'member@acme.example.com', profile: 'Customer Community Plus User' };

describe('Learning what org a token is for', () => {
  let org: Org;
  afterEach(() => org.stop());

  async function open(options: Partial<OrgOptions>): Promise<void> {
    org = await startOrg({ kind: 'production', users: [ROBOT, PORTAL], ...options });
  }

  /** Asks as this user; `host` is where the org says that it is. */
  function learn(username: string, host = 'localhost'): Promise<Organization> {
    const real: Fetch = (url, init) => fetch(url.replace(`https://${host}`, org.url), init);
    const token = {
      ok: true,
      accessToken: org.login(username),
      orgId: org.orgId,
      userId: '005',
      scope: 'api',
    } as const;
    const asked: Token = { ...token, instanceUrl: host === 'localhost' ? org.url : `https://${host}` };
    return learnOrganization(real, asked, 30_000);
  }

  describe('as a user who may not query Organization', () => {
    it('says the API version alone where the host tells nothing', async () => {
      await open({});
      for (const { username } of [ROBOT, PORTAL]) {
        expect(await learn(username)).to.deep.equal({ apiVersion: '67.0' });
      }
    });

    it('tells a Dev Hub by the second question', async () => {
      await open({ devHub: true });
      expect(await learn(ROBOT.username)).to.deep.equal({ isDevHub: true, apiVersion: '67.0' });
    });

    it('does not take a refusal of the second question for a no', async () => {
      await open({ devHub: true, switches: { scratchOrgInfoReaders: 'setup-viewers' } });
      const production = { isSandbox: false, isScratch: false };
      expect(await learn(ROBOT.username, 'acme.my.salesforce.com')).to.deep.equal({
        ...production,
        apiVersion: '67.0',
      });
    });

    it('tells the kind by the host, and that a sandbox is no Dev Hub', async () => {
      await open({ kind: 'sandbox' });
      expect(await learn(ROBOT.username, 'acme--uat.sandbox.my.salesforce.com')).to.deep.equal({
        isSandbox: true,
        isScratch: false,
        isDevHub: false,
        apiVersion: '67.0',
      });
    });

    it('is one whose profile or license gives next to nothing, unless the org is stricter, or laxer', async () => {
      await open({});
      org.addUser({ username: 'plain@acme.example.com' });
      expect(await learn('plain@acme.example.com')).to.have.property('name');
      org.switches.organizationReaders = 'setup-viewers';
      expect(await learn('plain@acme.example.com')).not.to.have.property('name');
      org.switches.organizationReaders = 'everybody';
      expect(await learn(ROBOT.username)).to.have.property('name');
      org.switches.organizationReaders = 'nobody';
      expect(await learn(org.admin.username)).not.to.have.property('name');
    });
  });

  describe('as a user who may query it', () => {
    it('takes a missing ScratchOrgInfo for a no', async () => {
      await open({});
      expect(await learn(org.admin.username)).to.deep.include({ isDevHub: false, edition: 'Enterprise Edition' });
    });

    for (const [errorCode, statusCode] of [
      ['REQUEST_LIMIT_EXCEEDED', 403],
      ['INSUFFICIENT_ACCESS', 403],
      ['UNKNOWN_EXCEPTION', 500],
    ] as const) {
      it(`doesn't take ${errorCode} for a no`, async () => {
        await open({ devHub: true });
        answerSecond(errorCode, statusCode);
        const learned = await learn(org.admin.username);
        expect(learned).to.include({ name: 'Local production org' }).and.not.to.have.property('isDevHub');
      });
    }
  });

  it('says that the org takes no more requests, wherever it says so', async () => {
    await open({});
    answerFirst('REQUEST_LIMIT_EXCEEDED', 403);
    const error = await learn(org.admin.username).catch((thrown: unknown) => thrown);
    expect(isFailure(error, 'org_request_limit') && error.data.words).to.equal('REQUEST_LIMIT_EXCEEDED: Refused.');
    org.faults.clear();
    const body = '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]';
    for (const path of [/composite\/batch$/, /\/services\/data$/]) {
      org.faults.add({ match: { path }, respond: { status: 403, headers: {}, body } });
      const refused = await learn(org.admin.username).catch((thrown: unknown) => thrown);
      expect(isFailure(refused, 'org_request_limit'), String(path)).to.equal(true);
      org.faults.clear();
    }
  });

  it('fails for a refusal that concerns every request', async () => {
    await open({});
    for (const [errorCode, statusCode] of [
      ['API_DISABLED_FOR_ORG', 403],
      ['INVALID_SESSION_ID', 401],
      ['UNKNOWN_EXCEPTION', 500],
    ] as const) {
      org.faults.clear();
      answerFirst(errorCode, statusCode);
      const error = await learn(org.admin.username).catch((thrown: unknown) => thrown);
      expect(isFailure(error, 'org_unreadable') && error.data.reason).to.contain(errorCode);
    }
  });

  const refusal = (errorCode: string, statusCode: number): object => ({
    statusCode,
    result: [{ errorCode, message: 'Refused.' }],
  });
  function answerFirst(errorCode: string, statusCode: number): void {
    answer([refusal(errorCode, statusCode), refusal(errorCode, statusCode)]);
  }
  function answerSecond(errorCode: string, statusCode: number): void {
    const record = {
      Name: 'Local production org',
      InstanceName: 'SWE64',
      IsSandbox: false,
      TrialExpirationDate: null,
      NamespacePrefix: null,
      OrganizationType: 'Enterprise Edition',
    };
    answer([{ statusCode: 200, result: { records: [record] } }, refusal(errorCode, statusCode)]);
  }
  function answer(results: object[]): void {
    const body = JSON.stringify({ hasErrors: true, results });
    org.faults.add({
      match: { path: /composite\/batch$/ },
      respond: { status: 200, headers: { 'content-type': 'application/json' }, body },
    });
  }
});

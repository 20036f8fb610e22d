import { expect } from 'chai';
import { Connection } from '@jsforce/jsforce-node';
import { Failure } from '../../../src/failure.js';
import { meaningOfFailure } from '../../../src/salesforce/org/reachability.js';
import { guardAnswers } from '../../../src/salesforce/org/transport.js';
import type { AskedOrg } from '../../../src/salesforce/org/refusal.js';
import { startOrg, type Org } from '../../emulator/index.js';

describe('An org that gives no answer', () => {
  let org: Org;
  let connection: Connection;
  beforeEach(async () => {
    org = await startOrg({ kind: 'developer' });
    connection = new Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '67.0' });
    guardAnswers(fetch, 300);
  });
  afterEach(() => org.stop());

  const queries: Array<[api: string, ask: () => Promise<unknown>]> = [
    ['REST', async () => connection.query('SELECT Id FROM User')],
    ['SOAP', async () => connection.metadata.list({ type: 'PermissionSet' })],
  ];

  for (const [api, ask] of queries) {
    it(`is given up after the limit, over ${api}`, async () => {
      await ask();
      org.faults.add({ match: () => true, hang: true });
      const started = Date.now();
      expect(await meaningAfter(ask)).to.deep.equal({
        code: 'org_unreachable',
        data: { instanceUrl: org.url, reason: 'timeout' },
      });
      expect(Date.now() - started).to.be.within(290, 20_000);
    });
  }

  it('because nobody listens, says so', async () => {
    const { url } = org;
    await org.stop();
    expect(await meaningAfter(() => connection.request({ method: 'POST', url: `${url}/`, body: '' }))).to.deep.equal({
      code: 'org_unreachable',
      data: { instanceUrl: url, reason: 'ECONNREFUSED' },
    });
  });

  it('is not confused with one that refuses a request', async () => {
    const error = await failure(async () => connection.query('SELECT Nonsense FROM User'));
    expect(meaningOfFailure(error, asked())).to.equal(error);
  });

  for (const [api, ask] of queries) {
    it(`is not confused with one whose session has ended, over ${api}`, async () => {
      org.expireSessions();
      const { code, data } = await meaningAfter(ask);
      expect(code).to.equal('admin_session_expired');
      expect(data)
        .to.have.property('words')
        .that.matches(/^INVALID_SESSION_ID: /);
    });
  }

  const asked = (): AskedOrg => ({ instanceUrl: org.url, username: 'admin@example.com' });

  const failure = (ask: () => Promise<unknown>): Promise<unknown> =>
    ask().then(
      () => undefined,
      (error: unknown) => error,
    );

  async function meaningAfter(ask: () => Promise<unknown>): Promise<Pick<Failure, 'code' | 'data'>> {
    const meaning = meaningOfFailure(await failure(ask), asked());
    expect(meaning).to.be.instanceOf(Failure);
    const { code, data } = meaning as Failure;
    return { code, data };
  }
});

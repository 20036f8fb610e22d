import { expect } from 'chai';
import type { Connection } from '@salesforce/core';
import { deploy } from '../../../src/salesforce/app/deployment.js';
import { Failure } from '../../../src/failure.js';
import type { Clock } from '../../../src/clock.js';
import { rejectionOf } from '../../support/failures.js';

const ID = '0Af000000000001AAA';
const COMPONENTS = [{ type: 'PermissionSet', fullName: 'Ci', fields: { label: 'Ci' } }] as const;

/** The connection behind a Metadata API. */
const CONNECTION = { _conn: { getUsername: () => 'admin@acme.com' } };

/** The Metadata API of an org that answers each poll with the next of these, and with the last one ever after. */
function orgThat(...polls: Array<() => object>): Connection['metadata'] {
  let index = 0;
  return {
    ...CONNECTION,
    deployRest: async () => Promise.resolve({ id: ID }),
    checkDeployStatus: async () => Promise.resolve().then(polls[Math.min(index++, polls.length - 1)]),
  } as unknown as Connection['metadata'];
}

/** A clock that only sleeping moves. */
function virtualClock(): Clock & { elapsed: () => number } {
  let time = 0;
  return {
    now: () => time,
    elapsed: () => time,
    sleep: async (milliseconds) => {
      time += milliseconds;
      return Promise.resolve();
    },
  };
}

const running = (): object => ({ done: false, status: 'InProgress' });
const succeeded = (): object => ({ done: true, success: true, status: 'Succeeded' });
const lost = (): object => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('closed'), { code: 'ECONNRESET' }) });
};

const run = (metadata: Connection['metadata'], clock: Clock): ReturnType<typeof deploy> =>
  deploy(metadata, [...COMPONENTS], { apiVersion: '67.0', checkOnly: false }, clock, () => undefined);

describe('A deployment', () => {
  it('is given up after a quarter of an hour', async () => {
    const clock = virtualClock();
    const { data } = await rejectionOf('deployment_unfinished', run(orgThat(running), clock));
    expect(data).to.deep.equal({ id: ID, status: 'InProgress', admin: 'admin@acme.com' });
    expect(clock.elapsed()).to.be.within(14.5 * 60_000, 15 * 60_000);
  });

  it('outlives lost answers, as long as not too many are lost in a row', async () => {
    const org = orgThat(lost, lost, lost, running, lost, lost, lost, succeeded);
    expect(await run(org, virtualClock())).to.deep.equal({ id: ID, existing: [] });
  });

  it('is lost when none of them arrives', async () => {
    const { data } = await rejectionOf('deployment_lost', run(orgThat(running, lost), virtualClock()));
    expect(data).to.deep.equal({ id: ID, reason: 'ECONNRESET', admin: 'admin@acme.com' });
  });

  it('outlives the maintenance page that a poll meets', async () => {
    const page = (): object => {
      throw Object.assign(new Error('HTTP response contains html content.'), { errorCode: 'ERROR_HTTP_503' });
    };
    expect(await run(orgThat(page, succeeded), virtualClock())).to.include({ id: ID });
  });

  it('says which components it did not make, whether they come as a list or alone', async () => {
    const message = (componentType: string, created: boolean): object => ({ componentType, fullName: 'Ci', created });
    const ending = (componentSuccesses: object) => () => ({ ...succeeded(), details: { componentSuccesses } });
    const list = [message('PermissionSet', true), message('ConnectedApp', false)];
    expect((await run(orgThat(ending(list)), virtualClock())).existing).to.deep.equal(['ConnectedApp']);
    const alone = message('ConnectedApp', false);
    expect((await run(orgThat(ending(alone)), virtualClock())).existing).to.deep.equal(['ConnectedApp']);
  });

  it('that is not even accepted is told in the words of the org, and what concerns every request passes', async () => {
    const refusing = (errorCode: string): Connection['metadata'] =>
      ({
        ...CONNECTION,
        deployRest: async () => Promise.reject(Object.assign(new Error('No.'), { errorCode })),
      }) as unknown as Connection['metadata'];
    const { data } = await rejectionOf('deployment_refused', run(refusing('INVALID_OPERATION'), virtualClock()));
    expect(data).to.deep.equal({ words: 'INVALID_OPERATION: No.', admin: 'admin@acme.com' });
    const error = await run(refusing('INVALID_SESSION_ID'), virtualClock()).catch((caught: unknown) => caught);
    expect(error).to.include({ errorCode: 'INVALID_SESSION_ID' });
  });

  const answering = (error: () => unknown): Connection['metadata'] =>
    ({
      ...CONNECTION,
      deployRest: async () =>
        Promise.resolve().then(() => {
          throw error();
        }),
    }) as unknown as Connection['metadata'];
  const failed = (code: string) => () =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });

  for (const [what, error] of Object.entries({
    'the connection broke off': failed('ECONNRESET'),
    'it was closed': failed('UND_ERR_SOCKET'),
    'it took too long': () => new Failure('org_unreachable', { instanceUrl: 'https://a', reason: 'timeout' }),
    'a page came': () =>
      new Failure('org_answer_strange', { instanceUrl: 'https://a', question: 'POST', answer: 'HTTP 200' }),
    'a gateway gave up': () => Object.assign(new Error('HTTP 504: x'), { errorCode: 'ERROR_HTTP_504' }),
  })) {
    it(`of which nobody knows whether it was begun is told as that: ${what}`, async () => {
      await rejectionOf('deployment_unanswered', run(answering(error), virtualClock()));
    });
  }

  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED']) {
    it(`that never left is told as what kept it: ${code}`, async () => {
      const error = failed(code)();
      expect(
        await run(
          answering(() => error),
          virtualClock(),
        ).catch((caught: unknown) => caught),
      ).to.equal(error);
    });
  }

  it('fails at once when the org refuses to tell', async () => {
    const refusal = Object.assign(new Error('Session expired'), { errorCode: 'INVALID_SESSION_ID' });
    const metadata = orgThat(() => {
      throw refusal;
    });
    const clock = virtualClock();
    expect(await run(metadata, clock).catch((error: unknown) => error)).to.equal(refusal);
    expect(clock.elapsed()).to.equal(0);
  });
});

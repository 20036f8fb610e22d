import { expect } from 'chai';
import type { Connection } from '@salesforce/core';
import { deploy } from '../../src/app/deployment.js';
import type { Patience } from '../../src/patience.js';
import { rejectionOf } from '../support/failures.js';

const ID = '0Af000000000001AAA';
const COMPONENTS = [{ type: 'PermissionSet', fullName: 'Ci', fields: { label: 'Ci' } }] as const;

/** The Metadata API of an org that answers each poll with the next of these, and with the last one ever after. */
function orgThat(...polls: Array<() => object>): Connection['metadata'] {
  let index = 0;
  return {
    deployRest: async () => Promise.resolve({ id: ID }),
    checkDeployStatus: async () => Promise.resolve().then(polls[Math.min(index++, polls.length - 1)]),
  } as unknown as Connection['metadata'];
}

/** A clock that only sleeping moves. */
function clock(): Patience & { elapsed: () => number } {
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

const run = (metadata: Connection['metadata'], patience: Patience): ReturnType<typeof deploy> =>
  deploy(metadata, [...COMPONENTS], { apiVersion: '67.0', checkOnly: false }, patience, () => undefined);

describe('A deployment', () => {
  it('is given up after a quarter of an hour', async () => {
    const patience = clock();
    const { data } = await rejectionOf('deployment_unfinished', run(orgThat(running), patience));
    expect(data).to.deep.equal({ id: ID, status: 'InProgress' });
    expect(patience.elapsed()).to.be.within(14.5 * 60_000, 15 * 60_000);
  });

  it('outlives lost answers, as long as not too many are lost in a row', async () => {
    const org = orgThat(lost, lost, lost, running, lost, lost, lost, succeeded);
    expect(await run(org, clock())).to.deep.equal({ id: ID, existing: [] });
  });

  it('is lost when none of them arrives', async () => {
    const { data } = await rejectionOf('deployment_lost', run(orgThat(running, lost), clock()));
    expect(data).to.deep.equal({ id: ID, reason: 'ECONNRESET' });
  });

  it('outlives the maintenance page that a poll meets', async () => {
    const page = (): object => {
      throw Object.assign(new Error('HTTP response contains html content.'), { errorCode: 'ERROR_HTTP_503' });
    };
    expect(await run(orgThat(page, succeeded), clock())).to.include({ id: ID });
  });

  it('says which components it did not make, whether they come as a list or alone', async () => {
    const message = (componentType: string, created: boolean): object => ({ componentType, fullName: 'Ci', created });
    const ending = (componentSuccesses: object) => () => ({ ...succeeded(), details: { componentSuccesses } });
    const list = [message('PermissionSet', true), message('ConnectedApp', false)];
    expect((await run(orgThat(ending(list)), clock())).existing).to.deep.equal(['ConnectedApp']);
    const alone = message('ConnectedApp', false);
    expect((await run(orgThat(ending(alone)), clock())).existing).to.deep.equal(['ConnectedApp']);
  });

  it('that is not even accepted is told in the words of the org, and what concerns every request passes', async () => {
    const refusing = (errorCode: string): Connection['metadata'] =>
      ({
        deployRest: async () => Promise.reject(Object.assign(new Error('No.'), { errorCode })),
      }) as unknown as Connection['metadata'];
    const { data } = await rejectionOf('deployment_refused', run(refusing('INVALID_OPERATION'), clock()));
    expect(data).to.deep.equal({ words: 'INVALID_OPERATION: No.' });
    const error = await run(refusing('INVALID_SESSION_ID'), clock()).catch((caught: unknown) => caught);
    expect(error).to.include({ errorCode: 'INVALID_SESSION_ID' });
  });

  it('fails at once when the org refuses to tell', async () => {
    const refusal = Object.assign(new Error('Session expired'), { errorCode: 'INVALID_SESSION_ID' });
    const metadata = orgThat(() => {
      throw refusal;
    });
    const patience = clock();
    expect(await run(metadata, patience).catch((error: unknown) => error)).to.equal(refusal);
    expect(patience.elapsed()).to.equal(0);
  });
});

import { createPrivateKey } from 'node:crypto';
import { expect } from 'chai';
import type { Fetch } from '../../../src/salesforce/token/endpoint.js';
import { proverAt, type Prover } from '../../../src/salesforce/token/prover.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { pairOf } from '../../support/workplace.js';

const MINUTE = 60_000;
/** Milliseconds that an answer takes which never comes. */
const ANSWER = 30_000;

describe('the logins of one command', () => {
  let login: Parameters<Prover>[0];

  before(async () => {
    login = { clientId: '3MVG9x', username: 'ci@acme.com', signer: signerOf(createPrivateKey((await pairOf()).key)) };
  });

  /** A prover at a token endpoint, and the time that it takes: that of pauses, and that of answers. */
  function proverFor(answer: () => Response | Error, wait: number, takes = 0) {
    const time = { at: 0, asked: 0 };
    const fetch: Fetch = () => {
      time.asked += 1;
      time.at += takes;
      const given = answer();
      return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
    };
    const clock = {
      now: () => time.at,
      sleep: (milliseconds: number) => {
        time.at += milliseconds;
        return Promise.resolve();
      },
    };
    const url = 'https://acme.my.salesforce.com';
    const prove = proverAt(url, { fetch, audience: undefined, clock, timeout: ANSWER, wait }, {});
    return { prove, time };
  }

  const lost = (): Error => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  const refusal = (error: string, error_description: string) => () =>
    new Response(JSON.stringify({ error, error_description }), { status: 400 });
  const stale = refusal('invalid_client', 'invalid client credentials');

  it('wait for what never answers no longer than they may and one answer takes, as one', async () => {
    const { prove, time } = proverFor(lost, MINUTE, ANSWER);
    await prove(login, 'certificate');
    expect(time.at).to.be.within(MINUTE, MINUTE + ANSWER);
    const { asked } = time;
    // The way back, and one login for each that is stored
    for (const atLeast of [MINUTE, 0, 0, 0]) await prove(login, 'certificate', atLeast);
    expect(time.asked - asked, 'asked once each').to.equal(4);
  });

  it('wait for what the org refuses no longer than they may, as one, and the way back a little longer', async () => {
    const { prove, time } = proverFor(stale, 10 * MINUTE);
    await prove(login, 'certificate');
    expect(time.at).to.equal(10 * MINUTE);
    await prove(login, 'certificate');
    expect(time.at).to.equal(10 * MINUTE);
    await prove(login, 'certificate', MINUTE);
    expect(time.at).to.equal(11 * MINUTE);
  });

  it('begin to wait when there is something to wait for', async () => {
    const { prove, time } = proverFor(refusal('invalid_client_id', 'client identifier invalid'), MINUTE);
    await prove(login, 'nothing');
    expect(time).to.deep.equal({ at: 0, asked: 1 });
    time.at = 5 * MINUTE;
    await prove(login, 'propagation');
    expect(time.at).to.equal(6 * MINUTE);
  });

  it('are one request each where nothing may be waited for', async () => {
    for (const answer of [lost, stale]) {
      const { prove, time } = proverFor(answer, 0);
      await prove(login, 'certificate');
      await prove(login, 'certificate', 0);
      expect(time).to.deep.equal({ at: 0, asked: 2 });
    }
  });
});

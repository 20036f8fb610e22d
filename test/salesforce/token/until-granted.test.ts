import { expect } from 'chai';
import type { TokenAnswer } from '../../../src/salesforce/token/endpoint.js';
import { untilGranted } from '../../../src/salesforce/token/until-granted.js';

const GRANTED: TokenAnswer = { ok: true, accessToken: 't', instanceUrl: 'u', orgId: 'o', userId: 'i', scope: 'api' };
const refused = (error: string): TokenAnswer => ({
  ok: false,
  kind: 'oauth',
  status: 400,
  error,
  errorDescription: '',
});
const UNKNOWN_YET = refused('invalid_client_id');

/** Time that passes only by sleeping. */
function clock(): { now: () => number; sleep: (milliseconds: number) => Promise<void>; slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => slept.reduce((sum, milliseconds) => sum + milliseconds, 0),
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return Promise.resolve();
    },
  };
}

function answering(...answers: TokenAnswer[]): { ask: () => Promise<TokenAnswer>; asked: () => number } {
  let asked = 0;
  return { ask: () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)]!), asked: () => asked };
}

describe('untilGranted', () => {
  it('asks again with growing pauses until the app is known, and says what it waits on', async () => {
    const { ask, asked } = answering(UNKNOWN_YET, refused('app_not_found'), refused('invalid_app_access'), GRANTED);
    const time = clock();
    const waitedOn: string[] = [];
    const answer = await untilGranted(ask, 600_000, time, (refusal) => {
      if (refusal.kind === 'oauth') waitedOn.push(refusal.error);
    });
    expect(answer.ok).to.equal(true);
    expect(asked()).to.equal(4);
    expect(time.slept).to.deep.equal([1_000, 2_000, 4_000]);
    expect(waitedOn).to.deep.equal(['invalid_client_id', 'app_not_found', 'invalid_app_access']);
  });

  it('asks once where no time was given', async () => {
    const { ask, asked } = answering(UNKNOWN_YET);
    const time = clock();
    expect(await untilGranted(ask, 0, time, () => undefined)).to.equal(UNKNOWN_YET);
    expect(asked()).to.equal(1);
    expect(time.slept).to.deep.equal([]);
  });

  it('gives up at the limit, having asked once more at its very end', async () => {
    const { ask } = answering(UNKNOWN_YET);
    const time = clock();
    expect((await untilGranted(ask, 100_000, time, () => undefined)).ok).to.equal(false);
    expect(time.now()).to.equal(100_000);
    expect(Math.max(...time.slept)).to.equal(30_000);
  });

  for (const error of ['invalid_grant', 'invalid_client', 'rate_limit_exceeded', 'inactive_org', 'brand_new']) {
    it(`never asks twice after ${error}`, async () => {
      const { ask, asked } = answering(refused(error), GRANTED);
      expect((await untilGranted(ask, 600_000, clock(), () => undefined)).ok).to.equal(false);
      expect(asked()).to.equal(1);
    });
  }
});

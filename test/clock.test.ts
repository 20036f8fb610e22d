import { expect } from 'chai';
import sinon from 'sinon';
import { SYSTEM_CLOCK } from '../src/clock.js';

describe('SYSTEM_CLOCK', () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers(1_800_000_000_000);
  });

  afterEach(() => clock.restore());

  it('sleeps as long as it was told, in milliseconds, and then knows that the time has passed', async () => {
    let awake = false;
    const sleep = SYSTEM_CLOCK.sleep(1_500).then(() => (awake = true));
    await clock.tickAsync(1_499);
    expect(awake).to.equal(false);
    await clock.tickAsync(1);
    await sleep;
    expect(awake).to.equal(true);
    expect(SYSTEM_CLOCK.now()).to.equal(1_800_000_001_500);
  });
});

import { expect } from 'chai';
import { Failure } from '../src/failure.js';

describe('a module in a test process', () => {
  it('is loaded once, however it is asked for', async () => {
    // Two copies have two classes: instanceof then fails for the one what the other threw.
    const again = (await import('../src/failure.js')) as { Failure: typeof Failure };
    expect(again.Failure).to.equal(Failure);
  });
});

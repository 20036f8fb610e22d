import { expect } from 'chai';
import { endsWithin } from '../../../src/keys/credential/certificate.js';

describe('endsWithin', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const at = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
  const DAY = 86_400_000;

  it('counts exactly that many days as within, and a millisecond more as not', () => {
    for (const days of [1, 30, 365]) {
      expect(endsWithin(at(days * DAY), days, now), `${days} days`).to.equal(true);
      expect(endsWithin(at(days * DAY + 1), days, now), `${days} days and a millisecond`).to.equal(false);
      expect(endsWithin(at(days * DAY - 1), days, now)).to.equal(true);
    }
  });

  it('counts what has ended whatever the days, and nothing where none were asked for', () => {
    expect(endsWithin(at(-1), 0, now)).to.equal(true);
    expect(endsWithin(at(0), 0, now)).to.equal(true);
    expect(endsWithin(at(1), 0, now)).to.equal(false);
    expect(endsWithin(at(-DAY), undefined, now)).to.equal(false);
  });
});

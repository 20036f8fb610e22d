import { expect } from 'chai';
import fc from 'fast-check';

import { IdSource, isValidId, sameId, withChecksum } from './ids.js';

describe('local org: record ids', () => {
  it('carry Salesforce’s checksum', () => {
    // Organization and deployment ids of recorded answers.
    for (const id of ['00Dd100000AMk1dEAD', '0AfR000001SjwjQKAR', '01pR000000DVwPqIAL', '0DB5p000000k9n9GAA']) {
      expect(withChecksum(id.slice(0, 15))).to.equal(id);
    }
  });

  it('are unique, valid, and equal to their short form', () => {
    const ids = new IdSource('dL');
    const made = Array.from({ length: 500 }, () => ids.next('user'));
    expect(new Set(made).size).to.equal(500);
    expect(made.every((id) => isValidId(id) && sameId(id, id.slice(0, 15)))).to.equal(true);
  });

  it('show a changed letter case', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 14 }), (index) => {
        const id = '00Dd100000AMk1dEAD';
        const char = id.charAt(index);
        const flipped = char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase();
        fc.pre(flipped !== char);
        expect(isValidId(id.slice(0, index) + flipped + id.slice(index + 1))).to.equal(false);
      }),
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { rowsOfShard } from '../../../src/flows/fleet/shard.js';
import { parseShard } from '../../../src/terminal/flags/fleet.js';

const shards = fc
  .integer({ min: 1, max: 40 })
  .chain((count) => fc.record({ index: fc.integer({ min: 1, max: count }), count: fc.constant(count) }));

describe('the shards of a fleet', () => {
  it('are all rows together, each row once, in the order of the file, and of nearly the same size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 40 }), (size, count) => {
        const rows = Array.from({ length: size }, (_, row) => row);
        const parts = Array.from({ length: count }, (_, index) => rowsOfShard(rows, { index: index + 1, count }));
        expect(parts.flat().toSorted((a, b) => a - b)).to.deep.equal(rows);
        for (const part of parts) expect(part).to.deep.equal(part.toSorted((a, b) => a - b));
        const sizes = parts.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1);
      }),
    );
  });

  it('2/5 is every fifth row from the second on', () => {
    const rows = Array.from({ length: 12 }, (_, row) => row + 1);
    expect(rowsOfShard(rows, { index: 2, count: 5 })).to.deep.equal([2, 7, 12]);
  });

  it('are written INDEX/COUNT, and nothing else is one', () => {
    fc.assert(
      fc.property(shards, (shard) => {
        expect(parseShard(`${shard.index}/${shard.count}`)).to.deep.equal(shard);
      }),
    );
    for (const text of ['', '1', '0/5', '6/5', '1/0', '-1/5', '1/5/6', '1.5/5', 'a/b', '1/1e3', ' 1/5', '01/5'])
      expect(parseShard(text), text).to.equal(undefined);
  });
});

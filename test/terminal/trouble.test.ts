import { expect } from 'chai';
import { judge, Place, type Verdict } from '../support/trouble.js';
import { TROUBLES } from '../support/troubles.js';

/** What people report about JWT logins, from `test/support/troubles.ts`, where a row can be added. */
describe('trouble that users report', () => {
  const verdicts: Verdict[] = [];
  const count = (verdict: Verdict): number => verdicts.filter((each) => each === verdict).length;

  for (const [area, rows] of Map.groupBy(TROUBLES, (trouble) => trouble.area)) {
    describe(area, () => {
      for (const row of rows) {
        it(`${row.did} → ${row.code ?? 'works'}, ${row.expected}`, async () => {
          const at = await Place.open();
          try {
            const [verdict, told] = await judge(row, at);
            verdicts.push(verdict);
            expect(verdict, told).to.equal(row.expected);
          } finally {
            await at.close();
          }
        });
      }
    });
  }

  // In a suite of its own, which runs when the others have ended.
  describe('all of it', () => {
    it('is solved or clear, none of it confusing, wrong or a leak', function () {
      // A part of the tests was chosen.
      if (verdicts.length < TROUBLES.length) this.skip();
      const figures = (['solved', 'clear', 'confusing', 'wrong', 'leak'] as const).map(
        (each) => [each, count(each)] as const,
      );
      console.log(
        `      ${TROUBLES.length} troubles: ${figures.map(([name, number]) => `${name} ${number}`).join(', ')}`,
      );
      expect(Object.fromEntries(figures)).to.include({ confusing: 0, wrong: 0, leak: 0 });
      expect(TROUBLES.length).to.be.at.least(50);
      expect(new Set(TROUBLES.map(({ area, did }) => `${area} ${did}`)).size, 'each row once').to.equal(
        TROUBLES.length,
      );
    });
  });
});

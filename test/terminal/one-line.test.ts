import { expect } from 'chai';
import fc from 'fast-check';
import { naturalWidth, onOneLine, terminalWidth, type Column } from '../../src/terminal/one-line.js';

type Key = 'a' | 'b' | 'c';

const COLUMNS: Array<Column<Key>> = [
  { key: 'a', name: 'Login', least: 12 },
  { key: 'b', name: 'Org', least: 8 },
  { key: 'c', name: 'Ends' },
];

const row = (a: string, b: string, c: string): Record<Key, string> => ({ a, b, c });

describe('a row on one line', () => {
  it('is left alone where there is room, and where nothing tells how much there is', () => {
    const rows = [row('ci@acme.example.com', 'Acme', '2026-01-01')];
    expect(onOneLine(COLUMNS, rows, 80)).to.deep.equal(rows);
    expect(onOneLine(COLUMNS, rows, undefined)).to.deep.equal(rows);
    expect(naturalWidth(COLUMNS, rows)).to.equal('│ ci@acme.example.com │ Acme │ 2026-01-01 │'.length);
  });

  it('is cut in the middle of the widest cells, never in a column that must stay whole', () => {
    const rows = [row('integration.user@acme.example.com.dev1', 'Acme', '2026-01-01')];
    const [cut] = onOneLine(COLUMNS, rows, 44);
    expect(cut).to.deep.equal(row('integratio….com.dev1', 'Acme', '2026-01-01'));
    expect(naturalWidth(COLUMNS, [cut!])).to.equal(44);
  });

  it('counts characters as a terminal shows them: wide ones twice, emoji as one', () => {
    expect(naturalWidth(COLUMNS, [row('株式会社株式会社', '', '')])).to.equal(10 + 16 + 3 + 4);
    const [cut] = onOneLine(COLUMNS, [row('株式会社株式会社株式会社', '👨‍👩‍👧', '')], 29);
    expect(cut?.a).to.match(/^株+式*会*….*社$/);
    expect(cut?.b).to.equal('👨‍👩‍👧');
  });

  it('fits every width that the least widths leave room for', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1 }),
        fc.integer({ min: 44, max: 160 }),
        (cells, width) => {
          const rows = cells.map(([a, b]) => row(a, b, '2026-01-01'));
          const shown = onOneLine(COLUMNS, rows, width);
          expect(naturalWidth(COLUMNS, shown)).to.be.at.most(width);
          expect(shown.map(({ c }) => c)).to.deep.equal(rows.map(({ c }) => c));
        },
      ),
    );
  });

  it('asks the terminal how wide it is, and no pipe', () => {
    expect(terminalWidth({ columns: 80, isTTY: true })).to.equal(80);
    for (const stream of [{ columns: 0, isTTY: true }, { columns: 80 }, { isTTY: true }, {}])
      expect(terminalWidth(stream)).to.equal(undefined);
  });
});

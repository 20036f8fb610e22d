import { expect } from 'chai';
import fc from 'fast-check';
import { soqlList, soqlLiteral } from '../../../src/salesforce/org/soql.js';
import { parseQuery } from '../../emulator/soql/parser.js';

describe('SOQL literals', () => {
  /** Plain text, and text that is full of what a literal has to escape. */
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '\n', '\r', '\t', '\f', '\b', 'n', 'u', ' ', '%', '_', ')') }),
  );

  it('say the text that they are made of', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { where } = parseQuery(`SELECT Id FROM User WHERE Username = ${soqlLiteral(text)}`, 0);
        expect(where).to.deep.include({ kind: 'compare', operand: { kind: 'literal', value: text } });
      }),
      { numRuns: 500 },
    );
  });

  it('say each text of a list', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), (list) => {
        const { where } = parseQuery(`SELECT Id FROM User WHERE Username IN ${soqlList(list)}`, 0);
        expect(where).to.deep.include({ kind: 'in', operands: list.map((value) => ({ kind: 'literal', value })) });
      }),
    );
  });

  it('leave letters, blanks and umlauts as they are', () => {
    expect(soqlLiteral('Ünï Code')).to.equal("'Ünï Code'");
    expect(soqlLiteral("O'Brien\\")).to.equal("'O\\'Brien\\\\'");
  });
});

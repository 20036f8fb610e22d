import { expect } from 'chai';
import fc from 'fast-check';
import { readExtraClaims } from '../../../src/keys/assertion/extra-claims.js';
import { failureOf } from '../../support/failures.js';

const NOW = 1_800_000_000_999;
const TAKEN = ['iss', 'sub', 'aud', 'exp'];

const claimsOf = (...texts: string[]): unknown => readExtraClaims(texts, NOW);

/** Names as a shell can hand them over. */
const names = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((name) => !name.includes('=') && ![...TAKEN, 'nbf', 'iat'].includes(name));

describe('readExtraClaims', () => {
  const ROWS: Array<[text: string, claims: object]> = [
    ['n=5', { n: 5 }],
    ['n=-1.5', { n: -1.5 }],
    ['n=9007199254740991', { n: 9007199254740991 }],
    ['on=true', { on: true }],
    ['on=null', { on: null }],
    ['s="5"', { s: '5' }],
    ['s="true"', { s: 'true' }],
    ['s=', { s: '' }],
    ['s=007', { s: '007' }],
    ['s=two words', { s: 'two words' }],
    ['s=a=b', { s: 'a=b' }],
    ['s=True', { s: 'True' }],
    ['s=NaN', { s: 'NaN' }],
    ['list=["a",1]', { list: ['a', 1] }],
    ['nested={"a":{"b":[true]}}', { nested: { a: { b: [true] } } }],
    ['https://acme.example.com/roles=["admin"]', { 'https://acme.example.com/roles': ['admin'] }],
    ['nbf=now', { nbf: 1_800_000_000 }],
    ['iat=1700000000', { iat: 1_700_000_000 }],
    ['other=now', { other: 'now' }],
  ];
  for (const [text, claims] of ROWS) {
    it(`reads ${text}`, () => {
      expect(claimsOf(text)).to.deep.equal(claims);
    });
  }

  it('gives back every value of JSON, and every text that is none', () => {
    fc.assert(
      fc.property(names, fc.jsonValue({ noUnicodeString: false }), (name, value) => {
        const text = JSON.stringify(value);
        const large = /\d{16}|e\+/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ''));
        fc.pre(!large);
        expect(JSON.stringify(claimsOf(`${name}=${text}`))).to.equal(`{${JSON.stringify(name)}:${text}}`);
      }),
    );
    fc.assert(
      fc.property(names, fc.string({ unit: 'grapheme' }), (name, text) => {
        const claims = claimsOf(`${name}=${JSON.stringify(text)}`) as object;
        expect(Object.entries(claims)).to.deep.equal([[name, text]]);
      }),
    );
  });

  it('returns claims or fails with a code that names the claim, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        try {
          const claims = readExtraClaims(texts, NOW);
          expect(Object.keys(claims)).to.have.length(texts.length);
          expect(Object.keys(claims).filter((name) => TAKEN.includes(name))).to.deep.equal([]);
        } catch (error) {
          expect((error as { code?: string }).code).to.match(/^claim_/);
        }
      }),
    );
  });

  it('keeps a claim named __proto__ as the claim it is', () => {
    expect(JSON.stringify(claimsOf('__proto__={"aud":"x"}'))).to.equal('{"__proto__":{"aud":"x"}}');
  });

  it('leaves to their flags the claims that have one', () => {
    for (const claim of TAKEN) {
      const { data } = failureOf('claim_set_by_flag', () => claimsOf(`${claim}=x`));
      expect(data).to.have.property('claim', claim);
      expect(data).to.have.property('flag').that.matches(/^--/);
    }
  });

  it('refuses what is no claim, what comes twice, broken JSON, and numbers that would change', () => {
    for (const text of ['n', '', '=5']) failureOf('claim_malformed', () => claimsOf(text));
    failureOf('claim_repeated', () => claimsOf('n=5', 'm=1', 'n=5'));
    for (const text of ['s="5', 's={a:1}', 's=["a"']) failureOf('claim_value_malformed', () => claimsOf(text));
    for (const text of ['n=9007199254740993', 'n=1e400', 'n={"a":[12345678901234567890]}']) {
      failureOf('claim_number_inexact', () => claimsOf(text));
    }
    for (const text of ['nbf=tomorrow', 'iat="5"', 'iat=-1', 'nbf=9e99', 'iat=99999999999999', 'nbf=']) {
      failureOf('claim_date_malformed', () => claimsOf(text));
    }
  });
});

import { createSign, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { MASK, withoutSecrets } from '../../src/keys/secrets.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A signed token (RFC 7515, section 3.1) with this header. */
function tokenOf(header: object): string {
  const input = [header, { iss: 'x' }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${createSign('RSA-SHA256').update(input).sign(privateKey, 'base64url')}`;
}

describe('a JSON Web Token in a text', () => {
  // A header that is no ASCII is recognized by what stands before it alone.
  const [plain, other] = [tokenOf({ alg: 'RS256' }), tokenOf({ alg: 'RS256', kid: 'ümlaut' })];
  for (const [where, before, tokens] of [
    ['by itself', '', [plain, other]],
    ['behind its scheme', 'Bearer ', [plain, other]],
    ['in a form', 'grant_type=x&assertion=', [plain, other]],
    ['in an encoded URL', 'url=https%3A%2F%2Fx%2F%3Fassertion%3D', [plain]],
    ['behind a line break that is written out', 'said:\\n', [plain]],
    ['right behind a word', 'token', [plain]],
  ] as const) {
    it(`is masked ${where}`, () => {
      for (const token of tokens)
        expect(withoutSecrets(`${before}${token} and more`)).to.equal(`${before}${MASK} and more`);
    });
  }

  it('is none where a client ID has its first letters', () => {
    // 85 letters, digits, dots and lines, as Salesforce makes them.
    const part = (length: number) =>
      fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ0189_')), minLength: length, maxLength: length });
    const letters = fc.tuple(part(20), part(12), part(20));
    fc.assert(
      fc.property(letters, ([start, middle, end]) => {
        const clientId = `3MVG9${start}eyJ${middle}.${end}`;
        const header = Buffer.from(`eyJ${middle}`, 'base64url').toString('latin1');
        fc.pre(!/^[ -~]+$/.test(header));
        expect(withoutSecrets(`sf jwt doctor --client-id ${clientId} --json`)).to.contain(clientId);
      }),
    );
  });
});

import { generateKeyPairSync, verify } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { claimsFor, signAssertion } from '../../../src/keys/assertion/assertion.js';
import { signerOf } from '../../../src/keys/signer/signer.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const parsed = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

describe('claimsFor', () => {
  it('names the parties and ends three minutes later, in whole seconds', () => {
    const parties = { issuer: 'client', subject: 'ci@example.com', audience: 'https://login.salesforce.com' };
    expect(claimsFor(parties, 1_800_000_000_999)).to.deep.equal({
      iss: 'client',
      sub: 'ci@example.com',
      aud: 'https://login.salesforce.com',
      exp: 1_800_000_180,
    });
  });
});

describe('signAssertion', () => {
  it('is a compact JWS that the public key verifies, whatever the claims hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        fc.webUrl(),
        fc.nat(),
        async (iss, sub, aud, exp) => {
          const assertion = await signAssertion({ iss, sub, aud, exp }, signerOf(privateKey));
          expect(assertion).to.match(/^[\w-]+\.[\w-]+\.[\w-]+$/);
          const [header, payload, signature] = assertion.split('.') as [string, string, string];
          expect(parsed(header)).to.deep.equal({ alg: 'RS256', typ: 'JWT' });
          expect(parsed(payload)).to.deep.equal({ iss, sub, aud, exp });
          const signed = Buffer.from(`${header}.${payload}`);
          expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))).to.equal(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});

import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { readPublicKey, readSignature, wordsOf } from '../../../src/keys/signer/answers.js';
import { failureOf } from '../../support/failures.js';

const URI = 'test:key';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('the answer of a signer', () => {
  const base64 = sign('sha256', Buffer.from('x'), privateKey).toString('base64');
  const wrapped = base64.replace(/.{64}/g, '$&\r\n');

  it('may be raw, base64 or base64url, with and without a line break behind it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 256, maxLength: 256 }),
        fc.constantFrom('latin1', 'base64', 'base64url'),
        fc.constantFrom('', '\n', '\r\n'),
        (bytes, encoding, end) => {
          const signature = Buffer.from(bytes);
          const text = signature.toString(encoding);
          const answer = Buffer.from(text + end, 'latin1');
          return readSignature(answer, publicKey, URI).equals(signature);
        },
      ),
    );
  });

  it('may be base64 in lines, with a byte order mark and without padding', () => {
    for (const text of [wrapped, `\uFEFF${base64}\n`, base64.replace(/=/g, '')]) {
      expect(readSignature(Buffer.from(text), publicKey, URI).toString('base64')).to.equal(base64);
    }
  });

  for (const [what, answer, bytes] of [
    ['nothing', '', 0],
    ['a sentence', 'Please touch the device', 23],
    ['half of it', base64.slice(0, 172), 129],
    ['the name of an algorithm before it', `rsa-sha2-256 ${base64}`, undefined],
    ['it twice', base64.replace(/=/g, '') + base64, undefined],
  ] as const) {
    it(`is no signature where it is ${what}`, () => {
      const { data } = failureOf('signer_signature_malformed', () =>
        readSignature(Buffer.from(answer), publicKey, URI),
      );
      expect(data).to.include({ uri: URI, expected: 256, ...(bytes !== undefined && { bytes }) });
    });
  }
});

describe('the public key of a signer', () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' });

  it('may be PEM, with other text around it, or DER', () => {
    const pkcs1 = publicKey.export({ type: 'pkcs1', format: 'pem' });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    for (const answer of [pem, pkcs1, `key:\r\n${String(pem).replaceAll('\n', '\r\n')}`, der]) {
      expect(readPublicKey(Buffer.from(answer as string), URI).equals(publicKey)).to.equal(true);
    }
  });

  for (const [what, answer] of [
    ['nothing', ''],
    ['a sentence', 'error: no such key'],
    ['cut', String(pem).slice(0, 200)],
    ['damaged', String(pem).replace(/^MII/m, 'MIX')],
    ['a private key', String(privateKey.export({ type: 'pkcs8', format: 'pem' }))],
  ] as const) {
    it(`is none where it is ${what}`, () => {
      const failure = failureOf('signer_public_key_malformed', () => readPublicKey(Buffer.from(answer), URI));
      expect(JSON.stringify(failure)).not.to.match(/MIIEv/);
    });
  }
});

describe('the words of a tool', () => {
  it('stand on one line, cut, and have no secret in them', () => {
    expect(wordsOf(' error: one\r\n\n  two\n')).to.equal('error: one two');
    expect(wordsOf('x'.repeat(10_000))).to.have.length(401);
    expect(wordsOf(`key ${String(privateKey.export({ type: 'pkcs8', format: 'pem' }))}`)).to.equal('key […]');
  });
});

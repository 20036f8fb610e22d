import { constants, createHash, generateKeyPairSync, privateEncrypt, sign, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import type { FoundKey } from '../../../src/keys/signer/provider.js';
import { verifiedSigner } from '../../../src/keys/signer/verified.js';
import { failureOf, rejectionOf } from '../../support/failures.js';

const URI = 'test:key/1';
const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const sha256 = createHash('sha256').update(DATA).digest();

type Case = { what: string; code: FailureCode; signature: Buffer; more?: Partial<FoundKey>; data?: object };

const otherKeys = (): Promise<Array<{ version: string; publicKey: KeyObject }>> =>
  Promise.resolve([
    { version: 'ed25519', publicKey: generateKeyPairSync('ed25519').publicKey },
    { version: '2', publicKey: other.publicKey },
  ]);
const pss = (algorithm: string, saltLength: number): Buffer =>
  sign(algorithm, DATA, { key: own.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const plain = (block: Buffer): Buffer =>
  privateEncrypt({ key: own.privateKey, padding: constants.RSA_PKCS1_PADDING }, block);
const right = sign('sha256', DATA, own.privateKey);

const CASES: Case[] = [
  { what: 'PSS with a salt as long as the hash', code: 'signer_signed_with_pss', signature: pss('sha256', 32) },
  { what: 'PSS with the longest salt', code: 'signer_signed_with_pss', signature: pss('sha256', 222) },
  { what: 'PSS with SHA-512', code: 'signer_signed_with_pss', signature: pss('sha512', 64) },
  { what: 'the hash of the hash', code: 'signer_hashed_twice', signature: sign('sha256', sha256, own.privateKey) },
  ...['SHA-1', 'SHA-384', 'SHA-512'].map((hash): Case => ({
    what: hash,
    code: 'signer_signed_with_other_hash',
    signature: sign(hash.replace('-', ''), DATA, own.privateKey),
    data: { hash },
  })),
  { what: 'a hash without its name', code: 'signer_signed_without_hash', signature: plain(sha256) },
  {
    what: 'other bytes',
    code: 'signer_signed_other_data',
    signature: sign('sha256', Buffer.from(DATA.toString(), 'base64'), own.privateKey),
  },
  {
    what: 'a line break more',
    code: 'signer_signed_other_data',
    signature: sign('sha256', Buffer.concat([DATA, Buffer.from('\n')]), own.privateKey),
  },
  { what: 'another key', code: 'signer_signed_with_other_key', signature: sign('sha256', DATA, other.privateKey) },
  {
    what: 'another version, which the keeper knows',
    code: 'signer_signed_other_version',
    signature: sign('sha256', DATA, other.privateKey),
    more: { version: '1', otherKeys },
    data: { version: '1', actual: '2' },
  },
  {
    what: 'a key that the keeper does not know',
    code: 'signer_signed_with_other_key',
    signature: sign('sha256', DATA, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    more: { otherKeys },
  },
  {
    what: 'a damaged signature',
    code: 'signer_signed_with_other_key',
    signature: Buffer.from(right).fill(0, 9, 10).fill(1, 10, 11),
  },
  {
    what: 'half a signature',
    code: 'signer_signature_malformed',
    signature: right.subarray(0, 128),
    data: { bytes: 128, expected: 256 },
  },
  {
    what: 'nothing',
    code: 'signer_signature_malformed',
    signature: Buffer.alloc(0),
    data: { bytes: 0, expected: 256 },
  },
];

describe('a verified signer', () => {
  it('gives out a signature that the public key verifies, as it is', async () => {
    const signer = verifiedSigner({ publicKey: own.publicKey, uri: URI, sign: () => Promise.resolve(right) });
    expect(await signer.sign(DATA)).to.deep.equal(right);
    expect(signer).to.include({ publicKey: own.publicKey, uri: URI });
  });

  for (const { what, code, signature, more = {}, data = {} } of CASES) {
    it(`tells ${what} by name`, async () => {
      const signer = verifiedSigner({
        publicKey: own.publicKey,
        uri: URI,
        sign: () => Promise.resolve(signature),
        ...more,
      });
      expect((await rejectionOf(code, signer.sign(DATA))).data).to.deep.equal({ uri: URI, ...data });
    });
  }

  for (const [found, publicKey] of [
    ['RSA 1024', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['EC prime256v1', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey],
    ['ED25519', generateKeyPairSync('ed25519').publicKey],
    ['RSA-PSS 2048', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey],
  ] as const) {
    it(`refuses a key of the kind ${found}`, () => {
      const { data } = failureOf('signer_key_unsuitable', () =>
        verifiedSigner({ publicKey, uri: URI, sign: () => Promise.resolve(right) }),
      );
      expect(data).to.deep.equal({ uri: URI, found });
    });
  }
});

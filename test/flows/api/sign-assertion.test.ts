import {
  createHash,
  randomBytes,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { signAssertion, type AssertionOptions, type PrivateKeySource } from '../../../src/flows/api/index.js';
import { writePkcs12 } from '../../../src/keys/credential/pkcs12-write.js';
import { errorOf } from '../../support/api.js';
import { pairOf } from '../../support/workplace.js';

const LOGIN = { clientId: '3MVG9', username: 'ci@acme.example.com' };

describe('signAssertion of the API', () => {
  let key: string;
  let certificate: string;
  let folder: string;

  before(async () => {
    ({ key, certificate } = await pairOf());
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-api-'));
    await writeFile(join(folder, 'server.key'), key);
  });
  after(() => rm(folder, { recursive: true }));

  const isSigned = (assertion: string): boolean => {
    const [header, claims, signature = ''] = assertion.split('.');
    const publicKey = createPublicKey(key);
    return verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
  };
  const codeOf = async (options: Partial<AssertionOptions>): Promise<string> =>
    (await errorOf(signAssertion({ ...LOGIN, ...options }))).code;

  it('takes a key in every form that people have one', async () => {
    const privateKey = createPrivateKey(key);
    const signer = {
      publicKey: createPublicKey(key),
      uri: undefined,
      sign: (data: Uint8Array) => Promise.resolve(sign('sha256', data, privateKey)),
    };
    const forms: PrivateKeySource[] = [
      ...[key, key.replaceAll('\n', String.raw`\n`), Buffer.from(key).toString('base64')],
      ...[Buffer.from(key), new Uint8Array(Buffer.from(key)), privateKey, signer],
    ];
    for (const form of forms) expect(isSigned((await signAssertion({ ...LOGIN, key: form })).assertion)).to.equal(true);
    const { assertion } = await signAssertion({ ...LOGIN, keyFile: join(folder, 'server.key') });
    expect(isSigned(assertion)).to.equal(true);
  });

  it('opens what is encrypted, a keystore too, with the passphrase', async () => {
    const passphrase = 'correct horse battery';
    const cipher = { cipher: 'aes-256-cbc', passphrase, type: 'pkcs8', format: 'pem' } as const;
    const encrypted = createPrivateKey(key).export(cipher).toString();
    expect(isSigned((await signAssertion({ ...LOGIN, key: encrypted, passphrase })).assertion)).to.equal(true);
    const store = { alias: 'ci', key: createPrivateKey(key), chain: [new X509Certificate(certificate).raw] };
    const keystore = writePkcs12({ ...store, password: passphrase }, 'modern', randomBytes);
    expect(isSigned((await signAssertion({ ...LOGIN, key: keystore, passphrase })).assertion)).to.equal(true);
    expect(await codeOf({ key: keystore, passphrase: 'wrong' })).to.equal('keystore_passphrase_wrong');
    expect(await codeOf({ key: encrypted })).to.equal('key_passphrase_missing');
    expect(await codeOf({ key: encrypted, passphrase: 'wrong' })).to.equal('key_passphrase_wrong');
  });

  it('says who, where and until when, and what is added', async () => {
    const clock = { now: () => Date.UTC(2030, 0, 1) };
    const options = { ...LOGIN, key, clock, instanceUrl: 'https://acme--uat.sandbox.my.salesforce.com' };
    const { claims, header } = await signAssertion({ ...options, expiresIn: 60, claims: { jti: 'a', n: [1] } });
    const exp = Date.UTC(2030, 0, 1) / 1000 + 60;
    expect(claims).to.deep.equal({
      iss: '3MVG9',
      sub: LOGIN.username,
      aud: 'https://test.salesforce.com',
      exp,
      jti: 'a',
      n: [1],
    });
    expect(header).to.deep.equal({ alg: 'RS256', typ: 'JWT' });
    expect((await signAssertion({ ...LOGIN, key, audience: 'https://login.example.com' })).claims.aud).to.equal(
      'https://login.example.com',
    );
  });

  it("names the key's certificate by its thumbprint, and no other", async () => {
    const { raw } = new X509Certificate(certificate);
    const thumbprint = (hash: string): string => createHash(hash).update(raw).digest('base64url');
    const { header } = await signAssertion({ ...LOGIN, key, certificate });
    expect(header['x5t#S256']).to.equal(thumbprint('sha256'));
    expect((await signAssertion({ ...LOGIN, key, certificate, thumbprint: 'sha1' })).header.x5t).to.equal(
      thumbprint('sha1'),
    );
    const other = (await pairOf('other')).certificate;
    expect(await codeOf({ key, certificate: other })).to.equal('key_certificate_mismatch');
  });

  it('says which option is missing, or of another type', async () => {
    expect((await errorOf(signAssertion(LOGIN))).data).to.deep.equal({ option: 'key' });
    expect((await errorOf(signAssertion({ ...LOGIN, key, clientId: '' }))).data).to.deep.equal({ option: 'clientId' });
    expect(await codeOf({ key, username: undefined as unknown as string })).to.equal('option_missing');
    expect(await codeOf({ key, username: 5 as unknown as string })).to.equal('option_malformed');
    for (const wrong of [5, {}, { publicKey: 'x', sign: () => undefined }, null])
      expect(await codeOf({ key: wrong as unknown as string })).to.equal('option_malformed');
    expect(await codeOf({ key, keyFile: 'server.key' })).to.equal('option_malformed');
    expect(await codeOf({ key, signer: 'exec:keeper' })).to.equal('option_malformed');
    expect(await codeOf({ signer: 'nosuch:key' })).to.equal('signer_scheme_unknown');
    expect(await codeOf({ signer: `exec:${join(folder, 'none')}` })).to.match(/^signer_/);
    expect(await codeOf({ key, claims: { sub: 'admin' } })).to.equal('option_malformed');
    expect(await codeOf({ key, expiresIn: Number.NaN })).to.equal('option_malformed');
    expect(await codeOf({ key, instanceUrl: 'htp:/x' })).to.equal('option_malformed');
    expect(await codeOf({ key, instanceUrl: 'https://acme.lightning.force.com' })).to.equal('lightning_url');
    expect(await codeOf({ key, instanceUrl: 'http://acme.my.salesforce.com' })).to.equal('url_not_https');
  });

  it('refuses a key that is none, or a public one, and never repeats it', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(await codeOf({ key: createPublicKey(key) })).to.equal('key_is_public_key');
    expect(await codeOf({ key: publicKey })).to.equal('key_is_public_key');
    expect(await codeOf({ key: certificate })).to.equal('key_is_certificate');
    expect(await codeOf({ keyFile: join(folder, 'none.key') })).to.equal('file_missing');
    const cut = await errorOf(signAssertion({ ...LOGIN, key: key.slice(0, 900) }));
    expect(JSON.stringify([cut.message, cut.data, cut.actions, String(cut.cause)])).not.to.contain(key.slice(100, 140));
  });

  it('sends on no signature of a signer that is wrong', async () => {
    const other = createPrivateKey((await pairOf('other')).key);
    const signer = {
      publicKey: createPublicKey(key),
      uri: 'hsm:1',
      sign: (data: Uint8Array) => Promise.resolve(sign('sha256', data, other)),
    };
    const error = await errorOf(signAssertion({ ...LOGIN, key: signer }));
    expect([error.code, error.data['uri']]).to.deep.equal(['signer_signed_with_other_key', 'hsm:1']);
  });
});

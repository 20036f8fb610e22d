import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { issueCredential } from '../../../src/flows/api/index.js';
import { errorOf } from '../../support/api.js';
import { pairOf } from '../../support/workplace.js';

const NOW = Date.UTC(2030, 0, 1);
const clock = { now: () => NOW };

describe('issueCredential of the API', () => {
  it('makes a key and its certificate for a subject, from the moment that its clock shows', async () => {
    const subject = { commonName: 'ci', organization: 'Acme, Inc.', country: 'DE' };
    const issued = await issueCredential({ subject, days: 10, clock });
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKey))).to.equal(true);
    expect(issued).to.include({
      keySize: 2048,
      encrypted: false,
      subject: String.raw`C=DE, O=Acme\, Inc., CN=ci`,
      serialNumber: certificate.serialNumber,
      fingerprint256: certificate.fingerprint256,
    });
    expect(issued.notBefore.getTime()).to.equal(NOW);
    expect(issued.notAfter.getTime()).to.equal(NOW + 10 * 86_400_000);
    expect(issued).not.to.have.property('request');
  });

  it('encrypts the key, and adds a request, where that is asked for', async () => {
    const { privateKey, request, encrypted } = await issueCredential({
      passphrase: 'correct horse',
      withRequest: true,
    });
    expect(encrypted).to.equal(true);
    expect(privateKey).to.contain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(createPrivateKey({ key: privateKey, passphrase: 'correct horse' }).asymmetricKeyType).to.equal('rsa');
    expect(request).to.contain('BEGIN CERTIFICATE REQUEST');
  });

  it('makes the certificate of a key that there is already, wherever that is', async () => {
    const { key: pem } = await pairOf();
    const privateKey = createPrivateKey(pem);
    const signer = {
      publicKey: createPublicKey(pem),
      uri: undefined,
      sign: (data: Uint8Array) => Promise.resolve(sign('sha256', data, privateKey)),
    };
    for (const key of [pem, signer]) {
      const issued = await issueCredential({ key, subject: { commonName: 'hsm' }, withRequest: true });
      const certificate = new X509Certificate(issued.certificate);
      expect(certificate.checkPrivateKey(privateKey)).to.equal(true);
      expect(certificate.verify(certificate.publicKey)).to.equal(true);
      expect(issued.subject).to.equal('CN=hsm');
      expect(issued.request).to.contain('BEGIN CERTIFICATE REQUEST');
      expect(issued).not.to.have.property('privateKey');
    }
    expect((await errorOf(issueCredential({ key: 'none' }))).code).to.match(/^key_/);
  });

  it('fails with a code, words, and what to do', async () => {
    const error = await errorOf(issueCredential({ subject: { country: 'Germany' } }));
    expect(error).to.include({ name: 'JwtError', code: 'subject_country' });
    expect(error.message).to.contain('Germany');
    expect(error.actions).to.have.length.above(0);
    expect(error.data).to.deep.equal({ value: 'Germany' });
    expect(error.stack).to.contain('JwtError: ');
    expect((await errorOf(issueCredential({ days: 0.5 }))).code).to.equal('days_out_of_range');
    expect((await errorOf(issueCredential({ keySize: 512 as 2048 }))).code).to.equal('option_malformed');
  });
});

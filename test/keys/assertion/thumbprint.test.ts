import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { headerWithThumbprint } from '../../../src/keys/assertion/thumbprint.js';
import { certificateOf, rsaKey } from '../../support/certificates.js';
import { hasOpenssl, needs, tool } from '../../support/tools.js';

describe('headerWithThumbprint', () => {
  it('has the fingerprint that OpenSSL prints, as bytes in base64url', async function () {
    needs(this, hasOpenssl, 'openssl');
    const pem = await certificateOf(rsaKey());
    const { raw } = new X509Certificate(pem);
    for (const [hash, name] of [
      ['sha1', 'x5t'],
      ['sha256', 'x5t#S256'],
    ] as const) {
      const printed = tool('openssl', ['x509', '-noout', '-fingerprint', `-${hash}`], pem);
      const bytes = Buffer.from(printed.replace(/^.*=/, '').replaceAll(':', '').trim(), 'hex');
      expect(headerWithThumbprint(raw, hash)).to.deep.equal({
        alg: 'RS256',
        typ: 'JWT',
        [name]: bytes.toString('base64url'),
      });
    }
  });
});

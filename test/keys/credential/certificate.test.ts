import { createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { matches, readCertificate, validityAt } from '../../../src/keys/credential/certificate.js';
import { certificateRequest, selfSignedCertificate } from '../../../src/keys/credential/issue.js';
import { formatPrivateKey } from '../../../src/keys/credential/private-key.js';
import type { FailureCode } from '../../../src/failure.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { certificateOf, rsaKey } from '../../support/certificates.js';
import { failureOf } from '../../support/failures.js';
import { hasOpenssl, needs, tool } from '../../support/tools.js';

const source = 'server.crt';

describe('certificate', () => {
  const privateKey = rsaKey();
  const keyPem = formatPrivateKey(privateKey);
  let pem: string;
  let request: string;

  before(async () => {
    pem = await certificateOf(privateKey, 'server', 365, new Date('2026-01-01T00:00:00Z'));
    request = await certificateRequest({ commonName: 'server' }, signerOf(privateKey));
  });

  it('is read into its facts, which OpenSSL confirms', function () {
    const certificate = readCertificate(pem, source);
    expect(certificate).to.include({
      pem,
      subject: 'CN=server',
      issuer: 'CN=server',
      serialNumber: '4A0B',
      keyType: 'rsa',
      keySize: 2048,
    });
    expect(certificate.notBefore.toISOString()).to.equal('2026-01-01T00:00:00.000Z');
    expect(certificate.notAfter.toISOString()).to.equal('2027-01-01T00:00:00.000Z');
    expect(certificate.publicKey.equals(createPublicKey(privateKey))).to.equal(true);
    expect(certificate.der.toString('base64')).to.equal(pem.split('\n').slice(1, -2).join(''));
    needs(this, hasOpenssl, 'openssl');
    const printed = tool('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], pem);
    expect(printed.trim().split('=')[1]).to.equal(certificate.fingerprint256);
  });

  const states: Record<string, (pem: string) => string | Buffer> = {
    'with CRLF and a byte order mark': (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`,
    'without a final line end': (text) => text.trimEnd(),
    'with text around it': (text) => `Certificate:\n  Data:\n${text}\nthe end`,
    'with a literal \\n': (text) => text.replaceAll('\n', '\\n'),
    'in base64': (text) => Buffer.from(text).toString('base64'),
    'as bytes': (text) => Buffer.from(text),
    'in DER': (text) => Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64'),
    'in base64 of DER': (text) => text.replace(/-----[^-]+-----/g, ''),
    'under its old label': (text) => text.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'),
    'beside its private key, which is left out': (text) => keyPem + text,
  };
  for (const [state, change] of Object.entries(states)) {
    it(`is read ${state}`, () => {
      expect(readCertificate(change(pem), source).pem).to.equal(pem);
    });
  }

  it('shows each value of its subject escaped, on one line', async () => {
    const text = await selfSignedCertificate({
      subject: { commonName: ' #x, "y" \\ ', organization: 'Ünï', country: 'DE', email: 'ci@example.com' },
      signer: signerOf(privateKey),
      serialNumber: Uint8Array.of(1),
      notBefore: new Date('2026-01-01T00:00:00Z'),
      days: 1,
    });
    expect(readCertificate(text, source).subject).to.equal(
      'C=DE, O=Ünï, CN=\\ #x\\, \\"y\\" \\\\\\ , emailAddress=ci@example.com',
    );
  });

  const others: Array<[string, FailureCode, () => string | Buffer, Record<string, unknown>?]> = [
    ['nothing', 'certificate_empty', () => '\n'],
    ['a private key', 'certificate_is_private_key', () => keyPem],
    ['a PuTTY key', 'certificate_is_private_key', () => 'PuTTY-User-Key-File-3: ssh-rsa'],
    ['an encrypted private key', 'certificate_is_private_key', () => formatPrivateKey(privateKey, 'x')],
    ['a request', 'certificate_is_request', () => request],
    [
      'a public key',
      'certificate_is_public_key',
      () => createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }),
    ],
    ['two certificates', 'certificate_is_bundle', () => pem + pem, { count: 2 }],
    ['UTF-16', 'certificate_is_utf16', () => Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ['text', 'certificate_not_pem', () => 'hello'],
    ['another label', 'certificate_not_pem', () => pem.replaceAll('CERTIFICATE', 'THING')],
    ['a certificate cut short', 'certificate_damaged', () => pem.slice(0, 600), { variant: 'cut', characters: 564 }],
    [
      'a certificate without its middle',
      'certificate_damaged',
      () => pem.replace(pem.slice(200, 404), ''),
      { variant: 'length', bytes: 619, expected: 770 },
    ],
  ];
  for (const [what, code, input, data] of others) {
    it(`says what it is: ${what}`, () => {
      expect(failureOf(code, () => readCertificate(input(), source)).data).to.deep.equal({ source, ...data });
    });
  }

  it('refuses keys that RS256 does not take', function () {
    needs(this, hasOpenssl, 'openssl');
    const issue = (...newkey: string[]): string =>
      tool('openssl', ['req', '-x509', '-nodes', '-subj', '/CN=x', '-keyout', '/dev/null', '-newkey', ...newkey]);
    const ec = issue('ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    expect(failureOf('certificate_not_rsa', () => readCertificate(ec, source)).data).to.include({ type: 'EC' });
    const short = issue('rsa:1024');
    expect(failureOf('certificate_too_small', () => readCertificate(short, source)).data).to.include({ size: 1024 });
  });

  it('refuses a certificate of more than 4096 bytes of PEM', async () => {
    const long = await selfSignedCertificate({
      subject: { commonName: '𝕏'.repeat(64), state: '𝕏'.repeat(128), locality: '𝕏'.repeat(128) },
      signer: signerOf(privateKey),
      serialNumber: Uint8Array.of(1),
      notBefore: new Date('2026-01-01T00:00:00Z'),
      days: 1,
    });
    const { data } = failureOf('certificate_too_large', () => readCertificate(long, source));
    expect(data).to.deep.equal({ source, bytes: long.length, limit: 4096 });
  });

  it('matches its own private key and no other', () => {
    const certificate = readCertificate(pem, source);
    expect(matches(certificate, signerOf(privateKey))).to.equal(true);
    expect(matches(certificate, signerOf(rsaKey()))).to.equal(false);
  });

  it('is judged at the time that is given', () => {
    const certificate = readCertificate(pem, source);
    const at = (text: string) => validityAt(certificate, new Date(text));
    expect(at('2025-12-31T23:59:59Z')).to.deep.equal({ state: 'not_yet_valid', daysLeft: 365 });
    expect(at('2026-01-01T00:00:00Z')).to.deep.equal({ state: 'valid', daysLeft: 365 });
    expect(at('2026-12-31T00:00:01Z')).to.deep.equal({ state: 'valid', daysLeft: 0 });
    expect(at('2027-01-01T00:00:00Z')).to.deep.equal({ state: 'valid', daysLeft: 0 });
    expect(at('2027-01-01T00:00:01Z')).to.deep.equal({ state: 'expired', daysLeft: -1 });
  });
});

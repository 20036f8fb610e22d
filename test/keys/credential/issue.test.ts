import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { matches, readCertificate } from '../../../src/keys/credential/certificate.js';
import {
  certificateRequest,
  issueCredential,
  KEY_SIZES,
  positiveSerialNumber,
  selfSignedCertificate,
  type CredentialRequest,
} from '../../../src/keys/credential/issue.js';
import { Failure } from '../../../src/failure.js';
import { parsePem } from '../../../src/keys/credential/pem.js';
import { readSigningRequest } from '../../../src/keys/credential/signing-request.js';
import { readPrivateKey } from '../../../src/keys/credential/private-key.js';
import type { Subject } from '../../../src/keys/credential/subject.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { rsaKey } from '../../support/certificates.js';
import { rejectionOf } from '../../support/failures.js';
import { hasKeytool, hasOpenssl, needs, tool } from '../../support/tools.js';

const NOW = new Date('2026-11-22T10:20:30.456Z');
const AWKWARD = [
  'a,b',
  '"q"',
  'back\\slash',
  '\\',
  '#hash',
  '#414243',
  ' lead',
  'trail ',
  'Ünïcode',
  '𝕏',
  'a+b=c',
  '<;>',
  '/x',
  '日本',
  'x'.repeat(64),
];

const characters = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const text = fc
  .oneof(fc.constantFrom(...AWKWARD), characters)
  .filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value) && Array.from(value).length <= 64);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const subjects: fc.Arbitrary<Subject> = fc.record({
  commonName: text,
  organization: maybe(text),
  organizationalUnit: maybe(text),
  locality: maybe(text),
  state: maybe(text),
  country: maybe(fc.constantFrom('DE', 'US', 'zz')),
  email: maybe(fc.constantFrom('ci@example.com', '"a b"@x', '#x')),
});
const serialNumbers = fc.uint8Array({ minLength: 1, maxLength: 20 }).map(positiveSerialNumber);

describe('issue', () => {
  const privateKey = rsaKey();
  const base = {
    subject: { commonName: 'server' },
    signer: signerOf(privateKey),
    serialNumber: Uint8Array.of(1),
    notBefore: NOW,
    days: 365,
  };
  let folder: string;
  let file: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'issue-'));
    file = join(folder, 'server.crt');
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps every legal subject byte for byte in certificate and request, as OpenSSL reads them', async function () {
    needs(this, hasOpenssl, 'openssl');
    await fc.assert(
      fc.asyncProperty(
        subjects,
        serialNumbers,
        fc.integer({ min: 1, max: 40_000 }),
        async (subject, serialNumber, days) => {
          const pem = await selfSignedCertificate({ ...base, subject, serialNumber, days });
          const expected = expectedValues(subject);
          expect(valuesOf(pem)).to.deep.equal([...expected, ...expected]);
          writeFileSync(file, pem);
          const verified = tool('openssl', [
            'verify',
            '-x509_strict',
            '-check_ss_sig',
            '-no_check_time',
            '-CAfile',
            file,
            file,
          ]);
          expect(verified).to.contain('OK');
          const certificate = readCertificate(pem, 'x');
          expect(BigInt(`0x${certificate.serialNumber}`)).to.equal(
            BigInt(`0x${Buffer.from(serialNumber).toString('hex')}`),
          );
          expect(certificate.notBefore.toISOString()).to.equal('2026-11-22T10:20:30.000Z');
          expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).to.equal(days * 86_400_000);
          expect(matches(certificate, signerOf(privateKey))).to.equal(true);

          const request = await certificateRequest(subject, signerOf(privateKey));
          expect(valuesOf(request)).to.deep.equal(expected);
          expect(tool('openssl', ['req', '-verify', '-noout'], request)).to.match(/verify OK/i);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is signed by whoever has the key, and shows nobody more than what is signed', async () => {
    const { publicKey, sign } = signerOf(privateKey);
    const seen: Uint8Array[] = [];
    const signer = { publicKey, uri: 'exec:keeper', sign: (data: Uint8Array) => (seen.push(data), sign(data)) };
    const pem = await selfSignedCertificate({ ...base, signer });
    expect(pem).to.equal(await selfSignedCertificate(base));
    expect(new X509Certificate(pem).verify(publicKey)).to.equal(true);
    const request = await readSigningRequest(parsePem(await certificateRequest(base.subject, signer))![0]!, 'csr');
    expect([request.verified, request.publicKey.equals(publicKey)]).to.deep.equal([true, true]);
    expect(seen.every((data) => data.length > 200)).to.equal(true);
    const refusal = new Failure('signer_cannot_create', { uri: 'exec:keeper' });
    const refusing = { ...signer, sign: () => Promise.reject(refusal) };
    expect(await selfSignedCertificate({ ...base, signer: refusing }).catch((error: unknown) => error)).to.equal(
      refusal,
    );
    expect(await certificateRequest(base.subject, refusing).catch((error: unknown) => error)).to.equal(refusal);
  });

  it('writes a leaf for signatures alone: extensions as RFC 5280 has them', async function () {
    needs(this, hasOpenssl, 'openssl');
    const printed = tool('openssl', ['x509', '-noout', '-text'], await selfSignedCertificate(base));
    expect(printed).to.match(/Version: 3 /);
    expect(printed.match(/sha256WithRSAEncryption/g)).to.have.lengthOf(2);
    expect(printed).to.match(/Basic Constraints: critical\s+CA:FALSE\s/);
    expect(printed).to.match(/Key Usage: critical\s+Digital Signature\s*\n/);
    const [subjectId, authorityId] = printed.match(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g) ?? [];
    expect(subjectId).to.be.a('string').and.equal(authorityId);
    expect(printed.match(/X509v3 \w/g)).to.have.lengthOf(5);
  });

  it('writes UTCTime through 2049 and GeneralizedTime from 2050 on', async function () {
    needs(this, hasOpenssl, 'openssl');
    const last = await selfSignedCertificate({ ...base, notBefore: new Date('2049-12-30T23:59:59Z'), days: 1 });
    expect(tool('openssl', ['asn1parse'], last)).to.match(/UTCTIME\s+:491230235959Z[^]*UTCTIME\s+:491231235959Z/);
    const first = await selfSignedCertificate({ ...base, notBefore: new Date('2049-12-31T00:00:00.999Z'), days: 1 });
    expect(tool('openssl', ['asn1parse'], first)).to.match(
      /UTCTIME\s+:491231000000Z[^]*GENERALIZEDTIME\s+:20500101000000Z/,
    );
  });

  it('ends a certificate in the year 9999 at the latest', async () => {
    const notBefore = new Date('9999-12-30T23:59:59.999Z');
    const pem = await selfSignedCertificate({ ...base, notBefore, days: 1 });
    expect(new Date(new X509Certificate(pem).validTo).toISOString()).to.equal('9999-12-31T23:59:59.000Z');
    for (const days of [2, 0, -1, 1.5, Number.NaN, Infinity, 1e15]) {
      const failure = await rejectionOf('days_out_of_range', selfSignedCertificate({ ...base, notBefore, days }));
      expect(failure.data).to.deep.equal({ days, limit: 1 });
    }
  });

  it('takes serial numbers that RFC 5280 allows, and no others', async () => {
    for (const bytes of [[], [0], [0, 0], [0x80], Array<number>(21).fill(1)]) {
      const error = await selfSignedCertificate({ ...base, serialNumber: Uint8Array.from(bytes) }).catch(
        (e: unknown) => e,
      );
      expect(error, String(bytes)).to.be.instanceOf(RangeError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (random) => {
        const serialNumber = positiveSerialNumber(random);
        expect(serialNumber).to.have.lengthOf(random.length);
        expect(serialNumber[0]).to.be.within(0x40, 0x7f);
        expect(serialNumber.slice(1)).to.deep.equal(random.slice(1));
      }),
    );
  });

  for (const keySize of KEY_SIZES) {
    it(`issues a key of ${keySize} bits with its certificate and request`, async function () {
      const request: CredentialRequest = {
        subject: base.subject,
        keySize,
        days: 30,
        now: NOW,
        serialNumber: Uint8Array.of(7),
        withRequest: true,
      };
      const { privateKeyPem, certificate, requestPem = '' } = await issueCredential(request);
      expect(privateKeyPem).to.match(/^-----BEGIN PRIVATE KEY-----\n[^\r]+\n-----END PRIVATE KEY-----\n$/);
      expect(certificate.pem).to.match(/^-----BEGIN CERTIFICATE-----\n([^\r\n]{1,64}\n)+-----END CERTIFICATE-----\n$/);
      expect(requestPem).to.match(
        /^-----BEGIN CERTIFICATE REQUEST-----\n([^\r\n]{1,64}\n)+-----END CERTIFICATE REQUEST-----\n$/,
      );
      const key = readPrivateKey(privateKeyPem, { source: 'x' });
      expect(key.asymmetricKeyDetails).to.deep.equal({ modulusLength: keySize, publicExponent: 65537n });
      expect(matches(certificate, signerOf(key))).to.equal(true);
      needs(this, hasOpenssl, 'openssl');
      const publicOf = (command: string, input: string) => tool('openssl', [command, '-noout', '-pubkey'], input);
      expect(publicOf('req', requestPem)).to.equal(publicOf('x509', certificate.pem));
    });
  }

  it('encrypts the key when there is a passphrase', async () => {
    const request: CredentialRequest = {
      subject: base.subject,
      keySize: 2048,
      days: 1,
      now: NOW,
      serialNumber: Uint8Array.of(7),
      passphrase: 'x',
    };
    const { privateKeyPem, requestPem } = await issueCredential(request);
    expect(createPrivateKey({ key: privateKeyPem, passphrase: 'x' }).type).to.equal('private');
    expect(requestPem).to.equal(undefined);
  });

  it('refuses a subject that makes the certificate too large for Salesforce', async () => {
    const subject = { commonName: '𝕏'.repeat(64), state: '𝕏'.repeat(128), locality: '𝕏'.repeat(128) };
    await rejectionOf(
      'subject_too_large',
      issueCredential({ subject, keySize: 2048, days: 1, now: NOW, serialNumber: Uint8Array.of(7) }),
    );
  });

  it('is understood by Java', async function () {
    needs(this, hasKeytool, 'keytool');
    const pem = await selfSignedCertificate({
      ...base,
      subject: { commonName: 'Ünï, "x"', country: 'DE' },
      days: 10_000,
    });
    const printed = tool(
      'keytool',
      ['-J-Dfile.encoding=UTF-8', '-J-Dstdout.encoding=UTF-8', '-J-Dsun.stdout.encoding=UTF-8', '-printcert'],
      pem,
    );
    expect(printed).to.contain(readCertificate(pem, 'x').fingerprint256);
    expect(printed).to.match(/Owner: CN=.*C=DE/);
    expect(printed).to.match(/2054/);
    expect(tool('keytool', ['-printcertreq'], await certificateRequest(base.subject, base.signer))).to.contain(
      'CN=server',
    );
  });
});

/** Name, ASN.1 type and bytes of each attribute in the order of the encoding. */
function expectedValues(subject: Subject): string[] {
  const rows: Array<[string, string, string | undefined]> = [
    ['countryName', 'PRINTABLESTRING', subject.country],
    ['stateOrProvinceName', 'UTF8STRING', subject.state],
    ['localityName', 'UTF8STRING', subject.locality],
    ['organizationName', 'UTF8STRING', subject.organization],
    ['organizationalUnitName', 'UTF8STRING', subject.organizationalUnit],
    ['commonName', 'UTF8STRING', subject.commonName],
    ['emailAddress', 'IA5STRING', subject.email],
  ];
  return rows.flatMap(([name, type, value]) =>
    value === undefined ? [] : [`${name} ${type} ${Buffer.from(value).toString('hex')}`],
  );
}

/** The same as `openssl asn1parse` finds them in a PEM; each must be alone in its SET. */
function valuesOf(pem: string): string[] {
  const der = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
  const lines = tool('openssl', ['asn1parse'], pem).split('\n');
  const values = lines.flatMap((line, index) => {
    const name = /OBJECT +:(countryName|\w+Name|emailAddress)$/.exec(line)?.[1];
    const value = /^ *(\d+):d=\d+ +hl=(\d+) l= *(\d+) prim: (\w+)/.exec(lines[index + 1] ?? '');
    if (name === undefined || value === null) return [];
    expect(lines[index - 2]).to.match(/cons: SET/);
    const from = Number(value[1]) + Number(value[2]);
    return [`${name} ${value[4]} ${der.subarray(from, from + Number(value[3])).toString('hex')}`];
  });
  expect(lines.filter((line) => line.includes('cons: SET'))).to.have.lengthOf(values.length);
  return values;
}

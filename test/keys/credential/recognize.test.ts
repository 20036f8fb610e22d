import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { certificateRequest } from '../../../src/keys/credential/issue.js';
import { decodeJwt } from '../../../src/keys/credential/jwt.js';
import { recognize, type Material } from '../../../src/keys/credential/recognize.js';
import { Failure, type FailureCode } from '../../../src/failure.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { failureOf } from '../../support/failures.js';
import { pair, type Pair } from '../../support/keystores.js';
import { processorTime } from '../../support/tools.js';

const source = 'file';
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('recognize', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  let server: Pair;
  let request: string;

  before(async () => {
    server = await pair();
    request = await certificateRequest({ commonName: 'server' }, signerOf(server.key));
  });

  const labels = (content: Buffer | string): string[] => {
    const material = recognize(Buffer.from(content), source);
    return material.kind === 'blocks'
      ? [material.encoding, ...material.blocks.map(({ label }) => label)]
      : [material.kind];
  };

  it('tells keys, certificates and requests in DER apart', () => {
    const { key, certificatePem } = server;
    const publicKey = new X509Certificate(certificatePem).publicKey;
    const cases: Array<[string, Buffer]> = [
      ['PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' })],
      ['RSA PRIVATE KEY', key.export({ type: 'pkcs1', format: 'der' })],
      ['ENCRYPTED PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'abc' })],
      ['PRIVATE KEY', ec.privateKey.export({ type: 'pkcs8', format: 'der' })],
      ['EC PRIVATE KEY', ec.privateKey.export({ type: 'sec1', format: 'der' })],
      ['PRIVATE KEY', ed.privateKey.export({ type: 'pkcs8', format: 'der' })],
      ['PUBLIC KEY', publicKey.export({ type: 'spki', format: 'der' })],
      ['PUBLIC KEY', ed.publicKey.export({ type: 'spki', format: 'der' })],
      ['RSA PUBLIC KEY', publicKey.export({ type: 'pkcs1', format: 'der' })],
      ['CERTIFICATE', server.der],
      ['CERTIFICATE REQUEST', Buffer.from(request.replace(/-----[^-]+-----/g, ''), 'base64')],
    ];
    for (const [label, der] of cases) {
      expect(labels(der), label).to.deep.equal(['DER', label]);
      expect(labels(der.toString('base64')), `${label} in base64`).to.deep.equal(['DER', label]);
    }
  });

  it('takes PEM in any state, and leaves out the parameters of a curve', () => {
    const { keyPem, certificatePem } = server;
    expect(labels(keyPem + certificatePem)).to.deep.equal(['PEM', 'PRIVATE KEY', 'CERTIFICATE']);
    expect(labels(Buffer.from(keyPem).toString('base64'))).to.deep.equal(['PEM', 'PRIVATE KEY']);
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const sec1 = ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    expect(labels(parameters + sec1)).to.deep.equal(['PEM', 'EC PRIVATE KEY']);
  });

  it('takes a JWT with white space around it, and never its signature', () => {
    const text = `${part({ alg: 'RS256' })}.${part({ iss: 'a', exp: 1 })}.c2lnbmF0dXJl`;
    const material = recognize(Buffer.from(`\n ${text}\r\n`), source);
    expect(material).to.deep.equal({
      kind: 'jwt',
      jwt: { header: { alg: 'RS256' }, claims: { iss: 'a', exp: 1 }, signed: true },
    });
    expect(decodeJwt(text.slice(0, text.lastIndexOf('.') + 1))?.signed).to.equal(false);
  });

  it('takes everything that is text with a byte order mark before it', () => {
    const jwt = `${part({ alg: 'RS256' })}.${part({ iss: 'a' })}.`;
    for (const [kind, text] of [
      [['jwt'], jwt],
      [['pkcs12'], Buffer.from('3082010002010330', 'hex').toString('base64')],
      [['DER', 'CERTIFICATE'], server.der.toString('base64')],
      [['PEM', 'CERTIFICATE'], server.certificatePem],
    ] as const) {
      expect(labels(`\ufeff${text}\r\n`)).to.deep.equal(kind);
    }
  });

  const others: Array<[string, FailureCode, string | Buffer]> = [
    ['nothing', 'content_empty', ' \n'],
    ['words', 'content_unrecognized', 'What is this?'],
    ['zeros', 'content_unrecognized', Buffer.alloc(100)],
    ['a PDF', 'content_unrecognized', '%PDF-1.7\n%\xe2\xe3'],
    ['JSON', 'content_unrecognized', '{"alg":"RS256"}'],
    ['an opaque access token', 'content_unrecognized', '00D000000000001!AQ.abc.def_x'],
    ['a JWT whose claims are no object', 'content_unrecognized', `${part({})}.${part([1])}.aa`],
    ['a SEQUENCE of something else', 'content_unrecognized', Buffer.from('3006020101020102', 'hex').fill(1, 2, 4)],
    ['a revocation list', 'content_unrecognized', '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n'],
    ['PEM in UTF-16', 'key_is_utf16', Buffer.from('\ufeff-----BEGIN PRIVATE KEY-----', 'utf16le')],
    ['a PuTTY key', 'key_is_putty', 'PuTTY-User-Key-File-3: ssh-rsa\n'],
    [
      'an OpenSSH key',
      'key_is_openssh',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
    ],
  ];
  for (const [name, code, content] of others) {
    it(`refuses ${name}: ${code}`, () => {
      expect(
        failureOf(code, () => recognize(typeof content === 'string' ? Buffer.from(content, 'latin1') : content, source))
          .data,
      ).to.deep.equal({ source });
    });
  }

  it('answers or refuses whatever comes, and at once', () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.of(0x30, 0x82), bytes])),
      fc.string({ maxLength: 300 }).map((text) => Buffer.from(text)),
      fc.tuple(fc.json(), fc.json()).map(([a, b]) => Buffer.from(`${part(a)}.${part(b)}.x`)),
      fc.tuple(fc.jsonValue(), fc.jsonValue()).map(([a, b]) => Buffer.from(`${part({ a })}.${part({ b })}.x`)),
    );
    fc.assert(
      fc.property(wild, (bytes) => {
        let material: Material | undefined;
        try {
          material = recognize(Buffer.from(bytes), source);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
        }
        if (material?.kind === 'jwt') expect(material.jwt).to.have.keys('header', 'claims', 'signed');
      }),
      { numRuns: 1000 },
    );
    for (const hostile of [
      Buffer.alloc(1_000_000, '3080', 'hex'),
      Buffer.from(`${part({})}.${Buffer.from('{"a":'.repeat(9000)).toString('base64url')}.x`),
      Buffer.from(
        `${part({})}.${Buffer.from(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`).toString('base64url')}.x`,
      ),
      Buffer.alloc(1_000_000, 'A.'),
      Buffer.from(`-----BEGIN ${'\\'.repeat(200_000)}`),
    ]) {
      const start = processorTime();
      failureOf('content_unrecognized', () => recognize(hostile, source));
      expect(processorTime() - start).to.be.below(1000);
    }
  });
});

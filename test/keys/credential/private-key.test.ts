import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { certificateRequest, selfSignedCertificate } from '../../../src/keys/credential/issue.js';
import {
  checkPassphrase,
  formatPrivateKey,
  isEncryptedPrivateKey,
  readPrivateKey,
} from '../../../src/keys/credential/private-key.js';
import { Failure, type FailureCode } from '../../../src/failure.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { failureOf } from '../../support/failures.js';
import { hasOpenssl, needs, processorTime, tool } from '../../support/tools.js';

const PASSPHRASE = 'open sesame ü';
const source = 'server.key';

describe('private key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const legacy = privateKey
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
    .toString();
  const legacy3des = privateKey
    .export({ type: 'pkcs1', format: 'pem', cipher: 'des-ede3-cbc', passphrase: PASSPHRASE })
    .toString();
  const encrypted = formatPrivateKey(privateKey, PASSPHRASE);
  let certificate: string;
  let request: string;

  before(async () => {
    const subject = { commonName: 'server' };
    certificate = await selfSignedCertificate({
      subject,
      signer: signerOf(privateKey),
      serialNumber: Uint8Array.of(1),
      notBefore: new Date('2026-01-01T00:00:00Z'),
      days: 1,
    });
    request = await certificateRequest(subject, signerOf(privateKey));
  });

  const states: Record<string, (pem: string) => string | Buffer> = {
    'as written': (pem) => pem,
    'as bytes': (pem) => Buffer.from(pem),
    'with CRLF': (pem) => pem.replaceAll('\n', '\r\n'),
    'with CR': (pem) => pem.replaceAll('\n', '\r'),
    'with a byte order mark': (pem) => `\ufeff${pem}`,
    'without a final line end': (pem) => pem.trimEnd(),
    'with text around it': (pem) => `Bag Attributes\n  friendlyName: sérver\n${pem}\nthe end`,
    'with Latin-1 text before it': (pem) => Buffer.from(`friendlyName: s\u00e9rver\n${pem}`, 'latin1'),
    'with a literal \\n': (pem) => pem.replaceAll('\n', '\\n'),
    'with a literal \\r\\n': (pem) => pem.replaceAll('\n', '\\r\\n'),
    'as a JSON string': (pem) => JSON.stringify(pem),
    'with a doubly escaped \\n': (pem) => pem.replaceAll('\n', '\\\\n'),
    'with spaces for line ends': (pem) => pem.replaceAll('\n', ' '),
    'with line ends lost': (pem) => pem.replaceAll('\n', ''),
    'with all white space lost': (pem) => pem.replaceAll(/\s/g, ''),
    'in base64': (pem) => Buffer.from(pem).toString('base64'),
    'in base64 with line ends': (pem) => Buffer.from(pem).toString('base64').replace(/.{76}/g, '$&\n'),
    'with its certificate after it': (pem) => pem + certificate,
    'with its certificate before it': (pem) => certificate + pem,
    'as DER in base64, for a plain key': (pem) =>
      pem === pkcs8 || pem === pkcs1 ? pem.replace(/-----[^-]+-----|\n/g, '') : pem,
    'indented': (pem) => pem.replaceAll(/^/gm, '    '),
  };
  for (const [state, change] of Object.entries(states)) {
    it(`is read ${state}`, () => {
      for (const pem of [pkcs8, pkcs1, encrypted, legacy, legacy3des]) {
        const input = change(pem);
        const key = readPrivateKey(input, { source, passphrase: PASSPHRASE });
        expect(key.equals(privateKey)).to.equal(true);
        expect(isEncryptedPrivateKey(input)).to.equal(pem !== pkcs8 && pem !== pkcs1);
      }
    });
  }

  it('is read in every size from 2048 bits on', () => {
    const larger = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
    expect(readPrivateKey(formatPrivateKey(larger), { source }).equals(larger)).to.equal(true);
  });

  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const body = (pem: string): string => pem.split('\n').slice(1, -2).join('\n');
  const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const others: Array<[string, FailureCode, () => string | Buffer, Record<string, unknown>?]> = [
    ['nothing', 'key_empty', () => ''],
    ['white space', 'key_empty', () => ' \r\n'],
    ['a byte order mark alone', 'key_empty', () => '\ufeff'],
    ['a certificate', 'key_is_certificate', () => certificate],
    ['a request', 'key_is_request', () => request],
    ['a public key', 'key_is_public_key', () => publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['a PKCS#1 public key', 'key_is_public_key', () => publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['an SSH public key', 'key_is_public_key', () => 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ me@here'],
    ['an EC key', 'key_not_rsa', () => pem(ec), { type: 'EC' }],
    ['a SEC 1 key', 'key_not_rsa', () => ec.export({ type: 'sec1', format: 'pem' }).toString(), { type: 'EC' }],
    ['an Ed25519 key', 'key_not_rsa', () => pem(generateKeyPairSync('ed25519').privateKey), { type: 'ED25519' }],
    [
      'an RSA-PSS key',
      'key_not_rsa',
      () => pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
      { type: 'RSA-PSS' },
    ],
    [
      'a short key',
      'key_too_small',
      () => pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      { size: 1024 },
    ],
    ['an OpenSSH key', 'key_is_openssh', () => pkcs8.replaceAll('PRIVATE', 'OPENSSH PRIVATE')],
    ['a PuTTY key', 'key_is_putty', () => `PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 14\n${body(pkcs8)}`],
    ['UTF-16 LE', 'key_is_utf16', () => Buffer.from(`\ufeff${pkcs8}`, 'utf16le')],
    ['UTF-16 LE without a mark', 'key_is_utf16', () => Buffer.from(pkcs8, 'utf16le')],
    ['UTF-16 BE', 'key_is_utf16', () => Buffer.from(`\ufeff${pkcs8}`, 'utf16le').swap16()],
    ['UTF-16 that was decoded as UTF-8', 'key_is_utf16', () => Buffer.from(`\ufeff${pkcs8}`, 'utf16le').toString()],
    ['other binary data', 'key_is_der', () => Buffer.from([0xff, 0x00, 0x99])],
    ['a JKS file', 'key_unrecognized', () => Buffer.from('feedfeed00000002', 'hex')],
    ['other text', 'key_unrecognized', () => 'hello'],
    ['an unknown label', 'key_unrecognized', () => pkcs8.replaceAll('PRIVATE KEY', 'SECRET THING')],
    ['a huge file', 'key_unrecognized', () => 'x'.repeat(2_000_000)],
    ['a key cut short', 'key_damaged', () => pkcs8.slice(0, 800), { variant: 'cut', characters: 761 }],
    [
      'a key without its middle',
      'key_damaged',
      () => pkcs8.replace(body(pkcs8).slice(64, 195), ''),
      { variant: 'length', bytes: der.length - 96, expected: der.length },
    ],
    ['a key that lost a character', 'key_damaged', () => pkcs8.replace(/^MII/m, 'M I')],
    ['an encrypted key cut short', 'key_damaged', () => encrypted.slice(0, 1024), { variant: 'cut', characters: 971 }],
    ['no passphrase', 'key_passphrase_missing', () => encrypted],
    ['no passphrase (legacy)', 'key_passphrase_missing', () => legacy],
  ];
  for (const [what, code, input, data] of others) {
    it(`says what it is: ${what}`, () => {
      const failure = failureOf(code, () => readPrivateKey(input(), { source }));
      // Where a character is missing, what shows depends on the key.
      const { variant: _, ...told } = failure.data as { variant?: string };
      if (what.includes('lost a character')) expect(told).to.include({ source });
      else expect(failure.data).to.deep.equal({ source, ...data });
      expectNoSecret(failure);
    });
  }

  it('says that a passphrase is wrong, whatever it decrypts to', () => {
    // About one in 256 wrong passphrases passes the padding check.
    for (let i = 0; i < 600; i++) {
      const failure = failureOf('key_passphrase_wrong', () =>
        readPrivateKey(legacy, { source, passphrase: `wrong ${i}` }),
      );
      expectNoSecret(failure);
    }
    for (const passphrase of ['wrong', '', PASSPHRASE.toUpperCase(), 'x'.repeat(2000)]) {
      failureOf('key_passphrase_wrong', () => readPrivateKey(encrypted, { source, passphrase }));
    }
  });

  it('ignores a passphrase that a plain key does not need', () => {
    expect(readPrivateKey(pkcs8, { source, passphrase: 'any' }).equals(privateKey)).to.equal(true);
  });

  it('is told apart from a PKCS#12 file', function () {
    needs(this, hasOpenssl, 'openssl');
    const { status, stdout } = opensslPkcs12(pkcs8 + certificate);
    expect(status).to.equal(0);
    failureOf('key_unrecognized', () => readPrivateKey(stdout, { source }));
  });

  it('names an encryption that OpenSSL 3 no longer reads', function () {
    needs(this, hasOpenssl, 'openssl');
    const legacy = ['-passout', 'pass:x', '-provider', 'legacy', '-provider', 'default'];
    const schemes = [
      ...['PBE-MD5-DES', 'PBE-SHA1-RC4-128', 'PBE-SHA1-RC2-40'].map((scheme) => ['-v1', scheme]),
      ...['des-cbc', 'rc2-cbc', 'rc4', 'bf-cbc', 'cast5-cbc', 'seed-cbc'].map((cipher) => ['-v2', cipher]),
    ];
    for (const scheme of schemes) {
      const old = tool('openssl', ['pkcs8', '-topk8', ...scheme, ...legacy], pkcs8);
      failureOf('key_encryption_unsupported', () => readPrivateKey(old, { source, passphrase: 'x' }));
    }
    const tripleDes = tool('openssl', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES', '-passout', 'pass:x'], pkcs8);
    expect(readPrivateKey(tripleDes, { source, passphrase: 'x' }).equals(privateKey)).to.equal(true);
  });

  it('is refused at once where it asks for more rounds than any program writes', function () {
    needs(this, hasOpenssl, 'openssl');
    const convert = (...options: string[]): string =>
      tool('openssl', ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...options, '-passout', 'pass:x'], pkcs8);
    const hostile = convert('-iter', '6000000');
    for (const passphrase of ['x', undefined]) {
      const started = processorTime();
      failureOf('keystore_too_costly', () => readPrivateKey(hostile, { source, passphrase }));
      expect(processorTime() - started).to.be.below(300);
    }
    for (const usual of [convert(), convert('-iter', '600000'), convert('-v2prf', 'hmacWithSHA512'), scrypt()]) {
      expect(readPrivateKey(usual, { source, passphrase: 'x' }).equals(privateKey)).to.equal(true);
    }

    function scrypt(): string {
      return tool('openssl', ['pkcs8', '-topk8', '-scrypt', '-passout', 'pass:x'], pkcs8);
    }
  });

  it('is written so that OpenSSL opens it, with a passphrase of 1 to 1024 bytes', function () {
    needs(this, hasOpenssl, 'openssl');
    expect(tool('openssl', ['pkey', '-check', '-noout'], formatPrivateKey(privateKey))).to.contain('Key is valid');
    for (const passphrase of ['x', 'ü'.repeat(512), Buffer.alloc(1024, 0xff)]) {
      expect(
        readPrivateKey(formatPrivateKey(privateKey, passphrase), { source, passphrase }).equals(privateKey),
      ).to.equal(true);
    }
    expect(encrypted).to.match(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(tool('openssl', ['pkey', '-passin', `pass:${PASSPHRASE}`], encrypted)).to.equal(pkcs8);
    expect(tool('openssl', ['asn1parse'], encrypted)).to.match(/PBES2[^]*aes-256-cbc/);
  });

  it('is not written under a passphrase that is empty or too long', () => {
    failureOf('passphrase_empty', () => formatPrivateKey(privateKey, ''));
    failureOf('passphrase_empty', () => checkPassphrase(Buffer.alloc(0)));
    const failure = failureOf('passphrase_too_long', () => formatPrivateKey(privateKey, 'ü'.repeat(513)));
    expect(failure.data).to.deep.equal({ bytes: 1026, limit: 1024 });
  });

  it('is refused with a Failure, and quickly, however it is damaged', () => {
    const inputs = [pkcs8, pkcs1, encrypted, legacy, certificate];
    const damage = fc.tuple(fc.constantFrom(...inputs), fc.nat(), fc.nat({ max: 40 }), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(damage, ([input, at, length, text]) => {
        const from = at % input.length;
        const changed = input.slice(0, from) + text + input.slice(from + length);
        try {
          readPrivateKey(changed, { source, passphrase: PASSPHRASE });
        } catch (error) {
          expect(error).to.be.instanceOf(Failure);
          expectNoSecret(error as Failure);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('takes linear time on a hostile file', () => {
    const started = processorTime();
    for (const part of ['-----BEGIN ', '-----BEGIN A-----', '-----BEGIN A----- DEK-Info: A,', '\\', ' ']) {
      try {
        readPrivateKey(part.repeat(Math.floor(1_000_000 / part.length)), { source });
      } catch (error) {
        expect(error).to.be.instanceOf(Failure);
      }
    }
    expect(processorTime() - started).to.be.below(5000);
  });

  function expectNoSecret(failure: Failure): void {
    const shown = inspect(failure, { depth: 10 }).replaceAll(/\s/g, '');
    for (const text of [pkcs8, pkcs1, encrypted, legacy]) {
      for (const line of body(text).split('\n')) {
        if (line.length === 64) expect(shown).not.to.contain(line.slice(0, 24));
      }
    }
    expect(shown).not.to.contain(PASSPHRASE.replaceAll(' ', ''));
  }
});

function opensslPkcs12(input: string): { status: number | null; stdout: Buffer } {
  return spawnSync('openssl', ['pkcs12', '-export', '-passout', 'pass:x'], { input });
}

import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { Failure, type FailureCode } from '../../../src/failure.js';
import { readCertificate } from '../../../src/keys/credential/certificate.js';
import { readPrivateKey } from '../../../src/keys/credential/private-key.js';
import { identify, recognize } from '../../../src/keys/credential/recognize.js';
import { explain } from '../../../src/terminal/explain.js';
import { failureOf } from '../../support/failures.js';
import { pair, type Pair } from '../../support/keystores.js';
import { processorTime } from '../../support/tools.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const DER = privateKey.export({ type: 'pkcs8', format: 'der' });
const source = 'SF_JWT_KEY';

const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
const lines = (text: string, width = 64): string => text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
const certutil = (content: string | Buffer): string =>
  `-----BEGIN CERTIFICATE-----\r\n${lines(base64(content)).replaceAll('\n', '\r\n')}\r\n-----END CERTIFICATE-----\r\n`;

/** What happens to a text on its way into a variable or a file. */
const TEXTS: Record<string, (text: string) => string> = {
  'base64': base64,
  'base64 in lines': (text) => lines(base64(text), 76),
  'base64url without padding': (text) => Buffer.from(text).toString('base64url'),
  'base64 of UTF-16': (text) => base64(Buffer.from(`\ufeff${text}`, 'utf16le')),
  'base64 of UTF-16 BE': (text) => base64(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()),
  'base64 of gzip': (text) => base64(gzipSync(text)),
  'hexadecimal digits': (text) => Buffer.from(text).toString('hex'),
  'a JSON string': (text) => JSON.stringify(text),
  'a member of JSON': (text) => JSON.stringify({ type: 'service', private_key: text }),
  'CRLF': (text) => text.replaceAll('\n', '\r\n'),
  'literal \\n': (text) => text.replaceAll('\n', '\\n'),
  'literal \\r\\n': (text) => text.replaceAll('\n', '\\r\\n'),
  'percent encoding': encodeURIComponent,
  'a form': (text) => new URLSearchParams({ k: text }).toString().slice(2),
  '&#10;': (text) => text.replaceAll('\n', '&#10;'),
  '&#xA; and the like': (text) => text.replaceAll('\n', '&#xA;').replaceAll('+', '&#43;').replaceAll('=', '&equals;'),
  '<br/>': (text) => text.replaceAll('\n', '<br/>\n'),
  'backticks of PowerShell': (text) => text.replaceAll('\n', '`n'),
  'double quotes': (text) => `"${text}"`,
  'single quotes': (text) => `'${text.trim()}'\n`,
  'a variable': (text) => `export SF_JWT_KEY="${text.trim()}"\n`,
  'YAML': (text) => `key: |\n${text.replaceAll(/^/gm, '    ')}`,
  'a quotation': (text) => text.replaceAll(/^(?=.)/gm, '> '),
  'no-break spaces': (text) => text.replaceAll(' ', '\u00a0'),
  'zero-width spaces': (text) => text.replaceAll(/(.{40})/g, '$1\u200b'),
  'a byte order mark': (text) => `\ufeff${text}`,
  'blanks around it': (text) => `  \n\t${text}\n \n`,
};

/** What happens to PEM alone. */
const PEMS: Record<string, (pem: string) => string> = {
  '/n': (pem) => pem.trimEnd().replaceAll('\n', '/n'),
  '/r/n': (pem) => pem.replaceAll('\n', '/r/n'),
  'four dashes': (pem) => pem.replaceAll('-----', '----'),
  'six dashes': (pem) => pem.replaceAll('-----', '------'),
  'en dashes': (pem) => pem.replaceAll('-', '\u2013'),
  'em dashes for two': (pem) => pem.replaceAll('--', '\u2014'),
  'one line': (pem) => pem.replaceAll('\n', ' '),
  'no line ends': (pem) => pem.replaceAll('\n', ''),
  'strings of a program': (pem) =>
    pem
      .trimEnd()
      .split('\n')
      .map((line) => `"${line}\\n"`)
      .join(' +\n  '),
  'certutil': certutil,
  'text after it': (pem) => `${pem}export KEY=\n`,
  'a label of PKCS#1': (pem) => pem.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY'),
  'base64 twice': (pem) => base64(base64(pem)),
};

/** Ways to write the key. */
const KEYS: Record<string, string | Buffer> = {
  'PKCS#8': PEM,
  'PKCS#1': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  'base64 of DER': base64(DER),
  'base64 of PKCS#1 in DER': lines(base64(privateKey.export({ type: 'pkcs1', format: 'der' }))),
  'JWK': JSON.stringify(privateKey.export({ format: 'jwk' })),
  'JWKS': JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }, privateKey.export({ format: 'jwk' })] }, undefined, 2),
  'certutil around DER': certutil(DER),
};

describe('a private key', () => {
  const isRead = (input: string | Buffer, name: string): void => {
    expect(readPrivateKey(input, { source }).equals(privateKey), name).to.equal(true);
  };

  for (const [name, wrap] of Object.entries({ ...TEXTS, ...PEMS })) {
    it(`is read in ${name}`, () => isRead(wrap(PEM), name));
  }
  for (const [name, input] of Object.entries(KEYS)) it(`is read as ${name}`, () => isRead(input, name));
  it('is read as DER', () => {
    isRead(DER, 'PKCS#8');
    isRead(privateKey.export({ type: 'pkcs1', format: 'der' }), 'PKCS#1');
    isRead(gzipSync(PEM), 'gzip');
  });

  it('is read with /n for line ends, and in strings of a program, whatever its base64 holds', () => {
    for (let i = 0; i < 20; i++) {
      const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
      expect(readPrivateKey(pem.replaceAll('\n', '/n'), { source }).equals(key)).to.equal(true);
      expect(
        readPrivateKey(TEXTS['strings of a program']?.(pem) ?? PEMS['strings of a program']!(pem), { source }).equals(
          key,
        ),
      ).to.equal(true);
    }
  });

  it('is read or named, and never told, whatever wrappings come together', () => {
    const outer = fc.array(fc.constantFrom(...Object.keys(TEXTS)), { maxLength: 3 });
    const inner = fc.option(fc.constantFrom(...Object.keys(PEMS)), { nil: undefined });
    let read = 0;
    fc.assert(
      fc.property(inner, outer, (first, others) => {
        const pem = first === undefined ? PEM : PEMS[first]!(PEM);
        const input = others.reduce((text, name) => TEXTS[name]!(text), pem);
        try {
          isRead(input, [first, ...others].join(', '));
          read++;
        } catch (error) {
          expect(error, [first, ...others].join(', ')).to.be.instanceOf(Failure);
          expect(inspect(error, { depth: 9 })).to.not.contain(PEM.slice(100, 120));
        }
      }),
      { numRuns: 300 },
    );
    expect(read).to.be.above(240);
  });
});

describe('what is no private key', () => {
  const encrypted = 'U2FsdGVkX1+vupppZksvRf5pq5g5XjFRIipRkwB0K1Y96Qsv2Lm+31cmzaAILwyt';
  const incomplete = privateKey.export({ format: 'jwk' });
  const named: Array<[name: string, input: string | Buffer, code: FailureCode, data?: object]> = [
    ['ciphertext of openssl', Buffer.from(`Salted__${'x'.repeat(40)}`), 'content_is_openssl_encrypted'],
    ['the same in base64', encrypted, 'content_is_openssl_encrypted'],
    ['the same in lines', `${lines(encrypted, 32)}\n`, 'content_is_openssl_encrypted'],
    ['git-crypt', Buffer.concat([Buffer.from('\0GITCRYPT\0'), DER]), 'content_is_git_crypt'],
    ['the same in base64', base64(Buffer.concat([Buffer.from('\0GITCRYPT\0'), DER])), 'content_is_git_crypt'],
    [
      'Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1704\n',
      'content_is_git_lfs_pointer',
    ],
    ['Ansible Vault', '$ANSIBLE_VAULT;1.1;AES256\n6138396138\n', 'content_is_ansible_vault'],
    ['Ansible Vault in YAML', 'key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61383\n', 'content_is_ansible_vault'],
    ['age', Buffer.from('age-encryption.org/v1\n-> X25519 abc\n\x00\xff', 'latin1'), 'content_is_age'],
    ['age in armor', '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n', 'content_is_age'],
    ['PGP', '-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n', 'content_is_pgp'],
    ['PGP in binary', Buffer.from('85010c03a1b2c3d4e5f60718', 'hex'), 'content_is_pgp'],
    ['a PGP key', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----', 'content_is_pgp'],
    ['SOPS', '{"key": "ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]", "sops": {}}', 'content_is_sops'],
    ['a zip', Buffer.from('PK\x03\x04xxxxxxxxxxxxxxxxx', 'latin1'), 'content_is_archive'],
    ['a page', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'content_is_web_page'],
    ['$X', '$SERVER_KEY', 'content_is_variable'],
    ['${X}', '"${SERVER_KEY}"\n', 'content_is_variable'],
    ['${{ … }}', '${{ secrets.SERVER_KEY }}', 'content_is_variable'],
    ['$(X)', '$(SERVER_KEY)', 'content_is_variable'],
    ['$(command)', '$(cat server.key)', 'content_is_variable'],
    ['%X%', '%SERVER_KEY%', 'content_is_variable'],
    ['$env:X', '$env:SERVER_KEY', 'content_is_variable'],
    ['{{ x }}', '{{ server_key }}', 'content_is_variable'],
    ['a mask', '***', 'content_is_masked'],
    ['a longer mask', '********', 'content_is_masked'],
    ['[MASKED]', '[MASKED]', 'content_is_masked'],
    ['a path', '/home/runner/work/server.key', 'content_is_path'],
    ['a relative path', 'keys/server.key\n', 'content_is_path'],
    ['a path of Windows', 'C:\\Users\\jo\\server.pem', 'content_is_path'],
    ['a path in the home', '~/.ssh/id_rsa', 'content_is_path'],
    ['a fingerprint', 'AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01', 'content_is_fingerprint'],
    ['a fingerprint of openssl', `sha256 Fingerprint=${'AB:'.repeat(31)}CD\n`, 'content_is_fingerprint'],
    ['a consumer secret', 'A1B2C3D4'.repeat(8), 'content_is_consumer_secret'],
    ['an old consumer secret', '1234567890123456789', 'content_is_consumer_secret'],
    ['a client ID', `3MVG9${'aB1_.xYz9'.repeat(8)}`, 'content_is_client_id'],
    ['a JWK without its values', JSON.stringify({ ...incomplete, d: 'AA', p: undefined }), 'content_is_jwk'],
    ['a public JWK', JSON.stringify({ kty: 'RSA', n: incomplete.n, e: 'AQAB' }), 'key_is_public_key'],
    [
      'a JWT',
      `${base64('{"alg":"RS256"}').replace(/=+$/, '')}.${base64('{"iss":"x"}').replace(/=+$/, '')}.c2ln`,
      'key_is_jwt',
    ],
    ['an SSH public key', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ me@here', 'key_is_public_key'],
    [
      'an SSH2 public key',
      '---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3Nz\n---- END SSH2 PUBLIC KEY ----\n',
      'key_is_public_key',
    ],
    [
      'a PEM with nothing in it',
      '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
      'key_damaged',
      { variant: 'hollow' },
    ],
    ['a key cut at 1024', PEM.slice(0, 1024), 'key_damaged', { variant: 'cut', characters: 981 }],
    [
      'the same on one line',
      PEM.replaceAll('\n', ' ').slice(0, 1024),
      'key_damaged',
      { variant: 'cut', characters: 981 },
    ],
    ['the first line alone', '-----BEGIN PRIVATE KEY-----', 'key_damaged', { variant: 'cut', characters: 0 }],
    [
      'a key with an odd character',
      PEM.replace(/(\n.{64}\n.{9})./, '$1*'),
      'key_damaged',
      { variant: 'character', line: 3, column: 10 },
    ],
    ['DER cut short', DER.subarray(0, 700), 'key_damaged', { variant: 'length', bytes: 700, expected: DER.length }],
    [
      'the same in base64',
      base64(DER.subarray(0, 700)),
      'key_damaged',
      { variant: 'length', bytes: 700, expected: DER.length },
    ],
    ['nothing in base64', base64(' \n'), 'key_unrecognized'],
  ];
  for (const [name, input, code, data = {}] of named) {
    it(`is named: ${name}`, () => {
      const failure = failureOf(code, () => readPrivateKey(input, { source }));
      expect(failure.data).to.deep.equal({ source, ...data });
      const { message, actions = [] } = explain(failure);
      expect(`${message} ${actions.join(' ')}`).to.not.match(/\{\w+\}/);
      expect(`${message} ${actions.join(' ')}`).to.not.contain(PEM.slice(100, 116));
    });
  }

  it('has the same name for a certificate and for inspect', () => {
    for (const [, input, code] of named.filter(([, , each]) => each.startsWith('content_is_'))) {
      failureOf(code, () => readCertificate(input, source));
      failureOf(code, () => recognize(Buffer.from(input), source));
    }
  });
});

describe('a certificate and a store in other clothes', () => {
  let server: Pair;
  before(async () => {
    server = await pair();
  });

  it('is the certificate whatever is around it', () => {
    for (const wrap of [
      ...Object.values(TEXTS),
      ...Object.values(PEMS).filter((each) => !/RSA/.test(each.toString())),
    ]) {
      const { fingerprint256 } = readCertificate(wrap(server.certificatePem), source);
      expect(fingerprint256).to.equal(new X509Certificate(server.der).fingerprint256);
    }
  });

  it('is the store whatever is around it', () => {
    const pfx = Buffer.concat([Buffer.from('3082040002010330', 'hex'), Buffer.alloc(1020, 7)]);
    const jks = Buffer.concat([Buffer.from('feedfeed00000002', 'hex'), Buffer.alloc(100, 7)]);
    for (const [kind, bytes] of [
      ['pkcs12', pfx],
      ['jks', jks],
    ] as const) {
      for (const wrap of [
        base64,
        certutil,
        (each: Buffer) => lines(base64(each)),
        (each: Buffer) => base64(base64(each)),
      ]) {
        expect(identify(wrap(bytes))).to.deep.equal({ kind, bytes });
      }
    }
  });

  it('costs little, however hostile', () => {
    const nested = (depth: number): string =>
      depth === 0 ? PEM : JSON.stringify({ a: nested(depth - 1), b: 'x'.repeat(200) });
    const bomb = gzipSync(Buffer.alloc(900_000, 'A'));
    for (const hostile of [
      Buffer.alloc(1_000_000, 'A'),
      Buffer.alloc(1_000_000, 'TFMw'),
      Buffer.alloc(1_000_000, '-'),
      Buffer.alloc(1_000_000, '&#10;'),
      Buffer.alloc(1_000_000, '%0A'),
      Buffer.alloc(1_000_000, '<a '),
      Buffer.alloc(1_000_000, '"'),
      Buffer.alloc(1_000_000, '-----BEGIN A-----/n/n'),
      Buffer.alloc(1_000_000, '-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----'),
      Buffer.from(`-----BEGIN A-----${'/n'.repeat(400_000)}-----END A-----`),
      Buffer.from(nested(12)),
      Buffer.from(JSON.stringify(Array.from({ length: 2000 }, () => base64(bomb).slice(0, 400)))),
      gzipSync(gzipSync(gzipSync(Buffer.alloc(900_000, 'B')))),
    ]) {
      const start = processorTime();
      identify(hostile);
      expect(processorTime() - start, hostile.subarray(0, 30).toString()).to.be.below(3000);
    }
  });

  it('is a certificate only if it is one', () => {
    failureOf('key_is_certificate', () => readPrivateKey(server.certificatePem, { source }));
    expect(createPrivateKey(PEM).equals(privateKey)).to.equal(true);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { requirePath } from '../../../src/machine/files/path-value.js';
import type { FailureCode } from '../../../src/failure.js';
import { failureOf } from '../../support/failures.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const DER = privateKey.export({ type: 'pkcs8', format: 'der' });
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

describe('requirePath', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'paths-'));
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets', 'a passphrase'), '');
  });
  after(() => rmSync(folder, { recursive: true }));

  const secrets: Array<[name: string, value: string, code: FailureCode]> = [
    ['a key', PEM, 'value_is_private_key'],
    ['a key with literal line breaks', PEM.replaceAll('\n', '\\n'), 'value_is_private_key'],
    ['a key on one line', PEM.replaceAll('\n', ' '), 'value_is_private_key'],
    ['a key without line breaks', PEM.replaceAll('\n', ''), 'value_is_private_key'],
    ['a key with encoded line breaks', encodeURIComponent(PEM), 'value_is_private_key'],
    ['a key between other text', `export KEY='${PEM}'`, 'value_is_private_key'],
    ['the first word of a key', '-----BEGIN', 'value_is_private_key'],
    ['a key with four dashes', PEM.replaceAll('-----', '----'), 'value_is_private_key'],
    ['a PKCS#1 key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), 'value_is_private_key'],
    ['an OpenSSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA', 'value_is_private_key'],
    ['a JWK', JSON.stringify(privateKey.export({ format: 'jwk' })), 'value_is_private_key'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIC', 'value_is_certificate'],
    ['a key in base64', base64(PEM), 'value_is_encoded'],
    ['a key in base64 twice', base64(base64(PEM)), 'value_is_encoded'],
    ['a key in lines of base64', base64(PEM).replace(/.{64}/g, '$&\n'), 'value_is_encoded'],
    ['a key in UTF-16 and base64', base64(Buffer.from(`\ufeff${PEM}`, 'utf16le')), 'value_is_encoded'],
    ['DER in base64', base64(DER), 'value_is_encoded'],
    ['DER in base64url', DER.toString('base64url'), 'value_is_encoded'],
    ['a line of DER', base64(DER).slice(0, 64), 'value_is_encoded'],
    ['two lines', 'abc\ndef', 'value_is_encoded'],
    ['a JWT', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl', 'value_is_token'],
    ['an access token', '00D000000000001!AQEAQabcdefghijklmnop.qrst', 'value_is_token'],
  ];
  for (const use of ['input', 'passphrase', 'output'] as const) {
    for (const [name, value, code] of secrets) {
      it(`refuses ${name} in the place of a path (${use})`, () => {
        const { data } = failureOf(code, () => requirePath(value, '--flag', use));
        expect(data).to.deep.equal({ flag: '--flag' });
      });
    }
  }

  const unrepeatable = [
    'hunter2',
    'correct horse battery staple',
    'my/secret',
    '/x8KdPq+Zz9',
    '//AbCd12==',
    'p@ss.w0rd!',
    '3MVG9lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1uA5mu0QqEWhqKpoW3svG3XHrXDiCQjK1mdgAvhCscA9GE',
    '6F2A0C9D1E3B5A7F6F2A0C9D1E3B5A7F6F2A0C9D1E3B5A7F6F2A0C9D1E3B5A7F',
    'a'.repeat(100),
  ];
  for (const value of unrepeatable) {
    it(`doesn't repeat ${value.slice(0, 30)}`, () => {
      const unquoted = { path: '', flag: '-f', variant: 'unquoted' };
      expect(failureOf('file_missing', () => requirePath(value, '-f', 'input')).data).to.deep.equal(unquoted);
      const { data } = failureOf('passphrase_file_unreadable', () => requirePath(value, '-f', 'passphrase'));
      expect(data).to.deep.equal({ ...unquoted, reason: '' });
    });
  }

  it('believes a passphrase file only if it or its folder is there', () => {
    for (const value of ['passphrase.txt', '/nowhere/passphrase.txt', 'secrets/passphrase.txt']) {
      failureOf('passphrase_file_unreadable', () => requirePath(value, '--passphrase-file', 'passphrase'));
    }
    requirePath('secrets/a passphrase', '--passphrase-file', 'passphrase', folder);
    requirePath('secrets/gone', '--passphrase-file', 'passphrase', folder);
    requirePath(join(folder, 'gone'), '--passphrase-file', 'passphrase');
  });

  it('lets paths pass, whether something is there or not', () => {
    for (const value of [
      '',
      '-',
      'server.key',
      './server',
      '../keys/server.key',
      '~/server.pem',
      '/etc/ssl/private/acme-prod.key',
      'C:\\Users\\Jo Doe\\keys\\server.pfx',
      'keys/my-org.2026-11-26.p12',
      'Schlüssel/größe.key',
      'package.json',
      '/dev/null',
    ]) {
      requirePath(value, '--jwt-key-file', 'input');
    }
    for (const value of ['keys', 'a/b/c', 'new folder', '/tmp/x8KdPq', 'target.bogus'])
      requirePath(value, '--output-dir', 'output');
  });

  it('repeats no part of a generated passphrase, whatever its alphabet', () => {
    const alphabets = [fc.base64String({ minLength: 12, maxLength: 48 }), fc.string({ minLength: 8, maxLength: 40 })];
    const hidden = fc.oneof(...alphabets).filter((text) => !/^$|^-$|^\.{0,2}\/*$|^\.{1,2}\//.test(text));
    const isWindows = process.platform === 'win32';
    const examples: Array<[string]> = isWindows ? [] : [['.\\        '], ['.\\Tr0ub4dor&3']];
    fc.assert(
      fc.property(hidden, (value) => {
        try {
          requirePath(value, '--passphrase-file', 'passphrase', folder);
          expect.fail(`took ${value} for a path`);
        } catch (error) {
          expect(JSON.stringify((error as { data?: unknown }).data)).to.not.contain(JSON.stringify(value).slice(1, -1));
        }
      }),
      { numRuns: 500, examples },
    );
  });
});

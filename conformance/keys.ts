import 'reflect-metadata';

import { createSign, generateKeyPair, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';

import * as x509 from '@peculiar/x509';

/** A key pair of this run. It is never written anywhere. */
export interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export interface CertificateOptions {
  /** Days from now; the past is negative. */
  from?: number;
  until?: number;
  hash?: 'SHA-256' | 'SHA-1';
  /** Bytes of filling, for a certificate of some size. */
  filling?: number;
}

const DAY = 24 * 60 * 60 * 1000;
const newPair = promisify(generateKeyPair);
const pairs = new Map<string, Promise<KeyPair>>();

/** The RSA key of this name, of some bits; made once in a run. Big ones take seconds. */
export async function rsaKey(name: string, bits = 2048): Promise<KeyPair> {
  return once(`${name}/${bits}`, () => newPair('rsa', { modulusLength: bits }));
}

export async function ecKey(name: string): Promise<KeyPair> {
  return once(`${name}/ec`, () => newPair('ec', { namedCurve: 'P-256' }));
}

async function once(name: string, make: () => Promise<KeyPair>): Promise<KeyPair> {
  const known = pairs.get(name) ?? make();
  pairs.set(name, known);
  return known;
}

/** A self-signed certificate in PEM. */
export async function certificateOf(key: KeyPair, options: CertificateOptions = {}): Promise<string> {
  const { from = -1, until = 30, hash = 'SHA-256', filling = 0 } = options;
  const ec = key.publicKey.asymmetricKeyType === 'ec';
  const algorithm = ec ? { name: 'ECDSA', namedCurve: 'P-256', hash } : { name: 'RSASSA-PKCS1-v1_5', hash };
  const names = Array.from(
    { length: Math.ceil(filling / 64) },
    (_, index) => `${String(index).padStart(50, 'x')}.example.com`,
  );
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=JwtConformance',
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    notBefore: new Date(Date.now() + from * DAY),
    notAfter: new Date(Date.now() + until * DAY),
    signingAlgorithm: algorithm,
    keys: { privateKey: await load(key.privateKey, algorithm), publicKey: await load(key.publicKey, algorithm) },
    extensions:
      filling === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  return `${certificate.toString('pem')}\n`;
}

async function load(
  key: KeyObject,
  algorithm: webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams,
): Promise<webcrypto.CryptoKey> {
  const isPrivate = key.type === 'private';
  const der = isPrivate ? key.export({ format: 'der', type: 'pkcs8' }) : key.export({ format: 'der', type: 'spki' });
  return webcrypto.subtle.importKey(isPrivate ? 'pkcs8' : 'spki', der, algorithm, true, [
    isPrivate ? 'sign' : 'verify',
  ]);
}

/** A JWT (RFC 7519) signed with RS256, or with ES256 for an EC key. */
export function signJwt(key: KeyPair, claims: object, header: Record<string, string>): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  const ec = key.privateKey.asymmetricKeyType === 'ec';
  const signature = createSign('sha256')
    .update(input)
    .sign(ec ? { key: key.privateKey, dsaEncoding: 'ieee-p1363' } : key.privateKey);
  return `${input}.${signature.toString('base64url')}`;
}

/** A client id that both kinds of app take: 64 letters and digits. */
export function newClientId(): string {
  return `JwtConformance${randomBytes(25).toString('hex')}`;
}

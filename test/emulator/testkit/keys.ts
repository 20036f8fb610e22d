import 'reflect-metadata';

import { createSign, generateKeyPairSync, KeyObject, webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';

export interface TestKey {
  privateKey: KeyObject;
  privatePem: string;
  /** Self-signed, PEM. */
  certificate: string;
}

/** A key pair with a self-signed certificate, made for one test run. */
export async function makeKey(
  options: { type?: 'rsa' | 'ec'; notBefore?: Date; notAfter?: Date } = {},
): Promise<TestKey> {
  const { privateKey, publicKey } =
    options.type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm =
    options.type === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const load = async (key: KeyObject, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> =>
    webcrypto.subtle.importKey(
      key.type === 'private' ? 'pkcs8' : 'spki',
      key.export({ format: 'der', type: key.type === 'private' ? 'pkcs8' : 'spki' } as { format: 'der'; type: 'spki' }),
      algorithm,
      true,
      [usage],
    );
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ci.example.com',
    notBefore: options.notBefore ?? new Date(Date.now() - 60_000),
    notAfter: options.notAfter ?? new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys: { privateKey: await load(privateKey, 'sign'), publicKey: await load(publicKey, 'verify') },
  });
  return {
    privateKey,
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate: certificate.toString('pem'),
  };
}

export type Claims = Record<string, string | number | string[] | undefined>;

/** A signed assertion; `header` overrides let tests forge other algorithms. */
export function signAssertion(
  key: Pick<TestKey, 'privateKey'>,
  claims: Claims,
  header: Record<string, string> = {},
): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'RS256', ...header })}.${encode(claims)}`;
  return `${input}.${createSign('sha256').update(input).sign(key.privateKey).toString('base64url')}`;
}

/** What every assertion of these tests holds; `exp` in three minutes. */
export function claimsFor(iss: string, sub: string, aud: string, more: Claims = {}): Claims {
  return { iss, sub, aud, exp: Math.floor(Date.now() / 1000) + 180, ...more };
}

export interface GrantAnswer {
  status: number;
  body: Record<string, string>;
  date: string | null;
}

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export async function grant(url: string, assertion: string, more: Record<string, string> = {}): Promise<GrantAnswer> {
  const body = new URLSearchParams({ grant_type: JWT_BEARER, assertion, ...more });
  const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
  const parsed = (await response.json()) as Record<string, string>;
  return { status: response.status, body: parsed, date: response.headers.get('date') };
}

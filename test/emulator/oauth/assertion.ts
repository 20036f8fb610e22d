import { constants, verify, type X509Certificate } from 'node:crypto';

import { refusal } from './errors.js';

/** A JWT as it came (RFC 7519, compact form), nothing believed yet. */
export interface Assertion {
  algorithm: unknown;
  claims: Record<string, unknown>;
  signingInput: string;
  signature: Buffer;
}

export function parseAssertion(text: string): Assertion {
  const [header, payload, signature, ...more] = text.split('.');
  if (header === undefined || payload === undefined || !signature || more.length > 0) throw refusal.invalidAssertion();
  return {
    algorithm: decode(header)['alg'],
    claims: decode(payload),
    signingInput: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

function decode(part: string): Record<string, unknown> {
  if (!/^[\w-]+$/.test(part)) throw refusal.invalidAssertion();
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not JSON: refused below.
  }
  throw refusal.invalidAssertion();
}

/** RS256 (RFC 7518, section 3.3) with an RSA key; nothing else is documented for this grant. */
export function isSignedBy({ algorithm, signingInput, signature }: Assertion, certificate: X509Certificate): boolean {
  const key = certificate.publicKey;
  if (algorithm !== 'RS256' || key.asymmetricKeyType !== 'rsa') return false;
  return verify('sha256', Buffer.from(signingInput), { key, padding: constants.RSA_PKCS1_PADDING }, signature);
}

export function textClaim({ claims }: Assertion, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `exp` in seconds, as a number or as text that holds one. */
export function expiry({ claims }: Assertion): number | undefined {
  const value = claims['exp'];
  const seconds = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined;
}

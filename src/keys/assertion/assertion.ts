import type { Signer } from '../signer/signer.js';

/** How long an assertion is valid, in seconds: the three minutes that Salesforce asks for. */
export const ASSERTION_LIFETIME = 180;

/** The claims of an assertion, RFC 7523 section 3. `exp` counts seconds since the epoch (RFC 7519 NumericDate). */
export type Claims = { iss: string; sub: string; aud: string; exp: number };

/** The header of an assertion (RFC 7515 section 4.1), with a thumbprint of the certificate if the receiver asks for one. */
export type Header = { 'alg': 'RS256'; 'typ': 'JWT'; 'x5t'?: string; 'x5t#S256'?: string };

/** Who asserts what to whom: the client id of the app, the username, and the authorization server's name. */
export type Parties = { issuer: string; subject: string; audience: string };

/** What a header always says. */
export const HEADER: Header = { alg: 'RS256', typ: 'JWT' };

/**
 * @param now milliseconds since the epoch
 * @param lifetime seconds
 */
export function claimsFor(parties: Parties, now: number, lifetime = ASSERTION_LIFETIME): Claims {
  return {
    iss: parties.issuer,
    sub: parties.subject,
    aud: parties.audience,
    exp: Math.floor(now / 1000) + lifetime,
  };
}

/**
 * Signs claims as a compact JWS with RS256, the one algorithm that Salesforce takes (RFC 7515 section 7.1).
 *
 * @throws Failure what `signer.sign` throws; never for a key in memory
 */
export async function signAssertion(claims: Claims, signer: Signer, header: Header = HEADER): Promise<string> {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signingInput = `${encode(header)}.${encode(claims)}`;
  const signature = await signer.sign(Buffer.from(signingInput));
  return `${signingInput}.${signature.toString('base64url')}`;
}

import { sign, type KeyObject } from 'node:crypto';

/** How long an assertion is valid, in seconds: the three minutes that Salesforce asks for. */
export const ASSERTION_LIFETIME = 180;

/** The claims of an assertion, RFC 7523 section 3. `exp` counts seconds since the epoch (RFC 7519 NumericDate). */
export type Claims = { iss: string; sub: string; aud: string; exp: number };

/** Who asserts what to whom: the client id of the app, the username, and the authorization server's name. */
export type Parties = { issuer: string; subject: string; audience: string };

/** @param now milliseconds since the epoch */
export function claimsFor(parties: Parties, now: number): Claims {
  return {
    iss: parties.issuer,
    sub: parties.subject,
    aud: parties.audience,
    exp: Math.floor(now / 1000) + ASSERTION_LIFETIME,
  };
}

/** Signs claims as a compact JWS with RS256, the one algorithm that Salesforce takes (RFC 7515 section 7.1). */
export function signAssertion(claims: Claims, privateKey: KeyObject): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signingInput = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signingInput}.${sign('sha256', Buffer.from(signingInput), privateKey).toString('base64url')}`;
}

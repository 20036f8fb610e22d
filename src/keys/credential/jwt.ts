/** A JSON Web Token in the compact form (RFC 7519), decoded and not verified. Its signature isn't kept: it's a credential. */
export type Jwt = {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Whether there is any signature. */
  signed: boolean;
};

/** Longer than any assertion; what is longer isn't worth decoding. Characters. */
const LONGEST_JWT = 65_536;

/** How deep claims may be nested. */
const DEEPEST = 20;

/** @returns undefined for what isn't a JWT: three parts in base64url, the first two of them JSON objects */
export function decodeJwt(text: string): Jwt | undefined {
  if (text.length > LONGEST_JWT || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return undefined;
  const [header, claims, signature] = text.split('.');
  const [headerObject, claimsObject] = [objectIn(header), objectIn(claims)];
  if (headerObject === undefined || claimsObject === undefined) return undefined;
  return { header: headerObject, claims: claimsObject, signed: signature !== '' };
}

/**
 * A NumericDate (RFC 7519 section 2): seconds since the epoch, as a number or, as some clients send it, as digits.
 *
 * @returns undefined for everything else
 */
export function secondsOf(claim: unknown): number | undefined {
  if (typeof claim === 'number' && Number.isFinite(claim)) return claim;
  return typeof claim === 'string' && /^\d{1,15}$/.test(claim) ? Number(claim) : undefined;
}

/** ISO 8601; undefined for a moment that no date can hold. */
export function momentOf(seconds: number): string | undefined {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function objectIn(base64url: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url ?? '', 'base64url').toString());
    return isShallow(value, DEEPEST) && isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((each) => isShallow(each, depth - 1));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { createHash } from 'node:crypto';
import type { Header } from './assertion.js';

/** The hash of a certificate's thumbprint. */
export type ThumbprintHash = 'sha1' | 'sha256';

/**
 * A header that names the certificate by its thumbprint: the hash of the DER in base64url, not of its hexadecimal digits
 * (RFC 7515 sections 4.1.7 and 4.1.8).
 *
 * @param der the certificate
 */
export function headerWithThumbprint(der: Uint8Array, hash: ThumbprintHash): Header {
  const thumbprint = createHash(hash).update(der).digest('base64url');
  return { alg: 'RS256', typ: 'JWT', [hash === 'sha1' ? 'x5t' : 'x5t#S256']: thumbprint };
}

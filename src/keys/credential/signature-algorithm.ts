import { childrenOf, MalformedError, oidOf, parseBer } from './ber.js';

/** Names of signature algorithms by their identifiers (RFC 3279, RFC 4055, RFC 5758). */
const NAMES: Record<string, string> = {
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'rsassaPss',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
};

/**
 * By which algorithm a certificate is signed (RFC 5280 section 4.1.1.2); one that has no name here is told by its identifier.
 *
 * @returns undefined for what is no certificate
 */
export function signatureAlgorithm(der: Uint8Array): string | undefined {
  try {
    const id = oidOf(childrenOf(childrenOf(parseBer(der))[1])[0]);
    return NAMES[id] ?? id;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

import { childrenOf, encodingOf, isContext, MalformedError, oidOf, parseBer } from './ber.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';

/** Certificates in one file; more than anybody has. */
const MOST_CERTIFICATES = 500;

/**
 * The certificates of a PKCS#7 file (SignedData of RFC 5652 section 5.1, in DER or BER), which is how a certificate
 * authority hands out a chain. DER, in the order of the file.
 *
 * @throws MalformedError
 */
export function certificatesOfPkcs7(bytes: Uint8Array): Buffer[] {
  const [type, wrapped] = childrenOf(parseBer(bytes));
  if (oidOf(type) !== SIGNED_DATA) throw new MalformedError();
  const [signedData] = childrenOf(wrapped);
  const certificates = childrenOf(signedData).find((element) => isContext(element, 0));
  const found = certificates === undefined ? [] : childrenOf(certificates);
  if (found.length > MOST_CERTIFICATES) throw new MalformedError();
  return found.filter((element) => !isContext(element)).map(encodingOf);
}

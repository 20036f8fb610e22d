import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { childrenOf, countOf, MalformedError, octetsOf, oidOf, type Element } from './ber.js';
import { PBKDF2, PRF, ROUND_OF_PKCS12 } from './password-encryption.js';
import { bmpPassword, deriveBytes, HASH_SIZE, PURPOSE } from './pkcs12-kdf.js';

const PBMAC1 = '1.2.840.113549.1.5.14';

/** Bytes; programs write 20 to 64. */
const LONGEST_MAC_KEY = 128;

const DIGEST: Partial<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * MacData (RFC 7292 section 4): `digest` is undefined where the file wants one that we don't know. `derived`: the hash and
 * the length in bytes where the key comes from PBKDF2 (PBMAC1, RFC 9579).
 */
export type Mac = {
  digest: string | undefined;
  salt: Buffer;
  iterations: number;
  expected: Buffer;
  derived?: { digest: string; length: number };
};

/** @throws MalformedError */
export function readMac(macData: Element): Mac {
  const [digestInfo, salt, count] = childrenOf(macData);
  const [identifier, digestElement] = childrenOf(digestInfo);
  const [algorithm, parameters] = childrenOf(identifier);
  if (oidOf(algorithm) === PBMAC1) return readPbmac1(parameters, octetsOf(digestElement));
  const digest = DIGEST[oidOf(algorithm)];
  const expected = octetsOf(digestElement);
  // As many bytes are derived for it, so that a longer one would cost more than was counted.
  if (digest !== undefined && expected.length !== HASH_SIZE[digest]) throw new MalformedError();
  return {
    digest,
    expected,
    salt: octetsOf(salt),
    iterations: count === undefined ? 1 : countOf(count),
  };
}

/** The salt and the count of MacData mean nothing here (RFC 9579 section 5). */
function readPbmac1(parameters: Element | undefined, expected: Buffer): Mac {
  const [derivation, scheme] = childrenOf(parameters);
  const digest = PRF[oidOf(childrenOf(scheme)[0])];
  const [kdf, kdfParameters] = childrenOf(derivation);
  if (oidOf(kdf) !== PBKDF2) return { digest: undefined, salt: Buffer.alloc(0), iterations: 0, expected };
  const [saltElement, count, length, prf] = childrenOf(kdfParameters);
  const prfDigest = PRF[oidOf(childrenOf(prf)[0])];
  const derived = prfDigest === undefined ? undefined : { digest: prfDigest, length: countOf(length) };
  // A key of less than 20 bytes would protect nothing; RFC 9579 section 6 refuses it.
  if (derived !== undefined && (derived.length < 20 || derived.length > LONGEST_MAC_KEY)) throw new MalformedError();
  if (digest !== undefined && expected.length !== HASH_SIZE[digest]) throw new MalformedError();
  const known = derived === undefined ? undefined : digest;
  return {
    digest: known,
    salt: octetsOf(saltElement),
    iterations: countOf(count),
    expected,
    ...(derived && { derived }),
  };
}

/** Whether a password gives this MAC over the data; undefined where nobody here can say. */
export function macMatches(
  { digest, salt, iterations, expected, derived }: Mac,
  authenticated: Buffer,
  password: string | Buffer,
): boolean | undefined {
  if (digest === undefined) return undefined;
  const secret = typeof password === 'string' ? bmpPassword(password) : password;
  const key =
    derived === undefined
      ? deriveBytes(digest, PURPOSE.mac, { password: secret, salt, iterations }, expected.length)
      : pbkdf2Sync(password, salt, iterations, derived.length, derived.digest);
  const actual = createHmac(digest, key).update(authenticated).digest();
  return timingSafeEqual(actual, expected);
}

/** What checking it costs, in rounds of PBKDF2. */
export function macWork({ iterations, derived }: Mac): number {
  return (
    iterations * (derived === undefined ? ROUND_OF_PKCS12 : Math.ceil(derived.length / HASH_SIZE[derived.digest]!))
  );
}

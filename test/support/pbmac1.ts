import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { OctetString } from 'asn1js';
import {
  algorithm,
  childrenOf,
  derOf,
  integer,
  octets,
  octetsOf,
  oid,
  parseBer,
  sequence,
} from '../../src/keys/credential/ber.js';

const SHA256 = { prf: '1.2.840.113549.2.9', hmac: '1.2.840.113549.2.9', digest: 'sha256', length: 32 };

/** The same file with its MAC as RFC 9579 has it. @param claimed rounds that the file asks for, if not those of its MAC */
export function withPbmac1(
  pfx: Buffer,
  password: string,
  { prf, hmac, digest, length }: { prf: string; hmac: string; digest: string; length: number } = SHA256,
  claimed?: number,
): Buffer {
  const [version, content] = childrenOf(parseBer(pfx));
  const authenticated = octetsOf(childrenOf(childrenOf(content)[1])[0]);
  const salt = randomBytes(16);
  const key = pbkdf2Sync(password, salt, 1000, length, digest);
  const mac = createHmac(digest, key).update(authenticated).digest();
  const kdf = sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(octets(salt), integer(claimed ?? 1000), integer(length), algorithm(prf)),
  );
  const identifier = algorithm('1.2.840.113549.1.5.14', sequence(kdf, algorithm(hmac)));
  const macData = sequence(
    sequence(identifier, octets(mac)),
    new OctetString({ valueHex: new ArrayBuffer(8) }),
    integer(1),
  );
  return derOf(sequence(version!, content!, macData));
}

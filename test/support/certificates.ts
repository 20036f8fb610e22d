import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { selfSignedCertificate } from '../../src/keys/credential/issue.js';
import { signerOf } from '../../src/keys/signer/signer.js';

/** A key for everything that doesn't depend on the key. */
export function rsaKey(size = 2048): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: size }).privateKey;
}

const DAY = 86_400_000;

/** For how many days a certificate of {@link certificateOf} has been valid. */
export const AGE = 100;

/** Since when it has been: a midnight. */
export const VALID_SINCE = new Date((Math.floor(Date.now() / DAY) - AGE) * DAY);

/** A certificate of the key, valid for so many days in all; unless it says otherwise, {@link AGE} of them are over. */
export function certificateOf(
  privateKey: KeyObject,
  commonName = 'server',
  days = 365,
  notBefore = VALID_SINCE,
): Promise<string> {
  return selfSignedCertificate({
    subject: { commonName },
    signer: signerOf(privateKey),
    serialNumber: Uint8Array.of(0x4a, 0x0b),
    notBefore,
    days,
  });
}

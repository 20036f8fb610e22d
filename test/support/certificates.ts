import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { selfSignedCertificate } from '../../src/keys/credential/issue.js';
import { signerOf } from '../../src/keys/signer/signer.js';

/** A key for everything that doesn't depend on the key. */
export function rsaKey(size = 2048): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: size }).privateKey;
}

/** A certificate of the key, from 2026 on. */
export function certificateOf(privateKey: KeyObject, commonName = 'server', days = 365): Promise<string> {
  return selfSignedCertificate({
    subject: { commonName },
    signer: signerOf(privateKey),
    serialNumber: Uint8Array.of(0x4a, 0x0b),
    notBefore: new Date('2026-01-01T00:00:00Z'),
    days,
  });
}

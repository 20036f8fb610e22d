import { issueCredential, positiveSerialNumber } from '../../src/keys/credential/issue.js';

/** A private key and its certificate, both PEM. */
export type KeyPair = { key: string; certificate: string };

/** A new pair as `jwt keygen` writes it. */
export async function pairOf(name: string): Promise<KeyPair> {
  const { privateKeyPem, certificate } = await issueCredential({
    subject: { commonName: name },
    keySize: 2048,
    days: 365,
    now: new Date(Date.now() - 60_000),
    serialNumber: positiveSerialNumber(Buffer.from(name.padEnd(20, '.'))),
  });
  return { key: privateKeyPem, certificate: certificate.pem };
}

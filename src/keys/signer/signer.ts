import { createPublicKey, sign as signWithKey, type KeyObject } from 'node:crypto';

/**
 * A private key that can sign, wherever it lies: in memory, in an agent, an HSM or a KMS. Whoever signs knows no more of it
 * than this.
 */
export type Signer = {
  /** The RSA public key of the version that signs. */
  publicKey: KeyObject;
  /** Where the key is kept, with its version resolved; undefined: in memory. */
  uri: string | undefined;
  /**
   * RSASSA-PKCS1-v1_5 with SHA-256 over the data: RS256 of RFC 7518 section 3.3, sha256WithRSAEncryption of X.509.
   *
   * @param data the message itself, not its digest
   * @throws Failure what went wrong at the keeper of the key; never for a key in memory
   */
  sign: (data: Uint8Array) => Promise<Buffer>;
};

/** A private key in memory as a signer. */
export function signerOf(privateKey: KeyObject): Signer {
  return {
    publicKey: createPublicKey(privateKey),
    uri: undefined,
    sign: (data) => Promise.resolve(signWithKey('sha256', data, privateKey)),
  };
}

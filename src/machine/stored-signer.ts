import { createPublicKey, type KeyObject } from 'node:crypto';
import { Failure } from '../failure.js';
import type { Signer } from '../keys/signer/signer.js';
import type { KeyInput } from './files/key-input.js';
import type { SignerRecord } from './store/signer-record.js';

/**
 * The signer of a stored login. Nothing is asked of whoever keeps the key until it has to sign.
 *
 * @throws Failure from `sign`: `signer_…`
 */
export function storedSigner({ uri, publicKey }: Pick<SignerRecord, 'uri' | 'publicKey'>): Signer {
  return signerOpenedLate({ uri, publicKey: createPublicKey(publicKey) }, open);
}

/**
 * The signer of a URI whose public key is known.
 *
 * @param open finds the key, once it has to sign
 * @throws Failure from `sign`: `signer_…`
 */
export function signerOpenedLate(
  { uri, publicKey }: { uri: string; publicKey: KeyObject },
  open: (uri: string) => Promise<Signer>,
): Signer {
  let opened: Promise<Signer> | undefined;
  return {
    publicKey,
    uri,
    sign: async (data) => {
      const signer = await (opened ??= open(uri));
      if (!signer.publicKey.equals(publicKey)) throw new Failure('signer_signed_with_other_key', { uri });
      return signer.sign(data);
    },
  };
}

/** The key of a stored login that a signer keeps, as commands take one. */
export function storedSignerInput(record: Pick<SignerRecord, 'uri' | 'publicKey'>): KeyInput {
  const signer = storedSigner(record);
  return { signer, source: record.uri, key: undefined, encrypted: false, path: undefined, asIs: false };
}

/** Nobody is asked for a PIN where several logins are looked at. */
async function open(uri: string): Promise<Signer> {
  const [{ openSigner }, { signerDependencies }] = await Promise.all([
    import('../keys/signer/open.js'),
    import('./signer-dependencies.js'),
  ]);
  return openSigner(uri, signerDependencies(undefined));
}

import { X509Certificate, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';

/** A private key of a keystore with the certificates that go with it. */
export type KeyEntry = {
  /** What the store calls it: the alias of Java, the friendly name of PKCS#12. Undefined where it has no name. */
  alias: string | undefined;
  key: KeyObject;
  /** DER; the certificate of the key first, then its issuers. Empty where the store holds none for it. */
  chain: Buffer[];
};

/** A private key that stays closed when its store opens, such as one with a passphrase of its own. */
export type ClosedEntry = Pick<KeyEntry, 'alias' | 'chain'> & { failure: Failure };

/** What a keystore holds once it is open. */
export type StoreContent<Entry = KeyEntry> = {
  keys: Entry[];
  /** Certificates that belong to none of the keys. DER. */
  certificates: Array<{ alias: string | undefined; der: Buffer }>;
};

/** What is to be written into a store: one key, under one password for store and key. */
export type NewStore = { alias: string; key: KeyObject; chain: Buffer[]; password: string };

/** keytool makes no store under a shorter password. */
const SHORTEST_PASSWORD = 6;

/**
 * Checks the password of a store that is to be written, whatever its format. Java opens no PKCS#12 under a password with
 * other characters than those of ASCII, and keytool makes no store under one of less than six.
 *
 * @throws Failure `keystore_passphrase_too_short`, `keystore_passphrase_not_ascii`
 */
export function checkStorePassword(password: string): void {
  if (password.length < SHORTEST_PASSWORD)
    throw new Failure('keystore_passphrase_too_short', { limit: SHORTEST_PASSWORD });
  if (!/^[\x20-\x7e]+$/.test(password)) throw new Failure('keystore_passphrase_not_ascii', {});
}

/** Whether the first certificate of the chain holds the public half of the key. */
export function belongsTogether({ key, chain }: KeyEntry): boolean {
  const [leaf] = chain;
  if (leaf === undefined) return false;
  try {
    return new X509Certificate(leaf).checkPrivateKey(key);
  } catch {
    return false;
  }
}

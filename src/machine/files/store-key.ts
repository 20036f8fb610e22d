import { X509Certificate } from 'node:crypto';
import { Failure } from '../../failure.js';
import { openJks, readJks } from '../../keys/credential/jks.js';
import { belongsTogether, type ClosedEntry, type KeyEntry, type StoreContent } from '../../keys/credential/keystore.js';
import { openPkcs12, readPkcs12 } from '../../keys/credential/pkcs12.js';
import { checkPrivateKey } from '../../keys/credential/private-key.js';
import type { Material } from '../../keys/credential/recognize.js';
import { openStore, type StoreSecrets } from './store-passphrase.js';

/** A file that is a keystore. */
export type StoreMaterial = Extract<Material, { bytes: Buffer }>;

/** What opens a store; `keys` are tried for a key of a JKS that has a passphrase of its own. */
export type StoreKeySecrets = StoreSecrets & { keys: () => Promise<string[]> };

/** Keys that nobody chose may stay closed. */
type Opened = StoreContent<KeyEntry | ClosedEntry>;

/** Whether a file that was identified is a keystore. */
export function isStore(found: { kind: string }): found is StoreMaterial {
  return found.kind === 'pkcs12' || found.kind === 'jks' || found.kind === 'jceks';
}

/**
 * The one key of a keystore, or that of the alias, with its certificates. `several`: whether there are others.
 *
 * @throws Failure those of the readers and of `openStore`; `keystore_passphrase_missing`, `keystore_alias_…`,
 *   `keystore_without_key`, `keystore_key_mismatch`, `key_not_rsa`, `key_too_small`
 */
export async function readStoreKey(
  store: StoreMaterial,
  alias: string | undefined,
  source: string,
  secrets: StoreKeySecrets,
): Promise<{ entry: KeyEntry; several: boolean }> {
  const opened = await openContent(store, source, secrets);
  const entry = chosenKey(opened, alias, source);
  if ('failure' in entry) throw entry.failure;
  checkPrivateKey(entry.key, source);
  if (entry.chain.length > 0 && !belongsTogether(entry)) {
    throw new Failure('keystore_key_mismatch', { source, alias: entry.alias ?? '' });
  }
  return { entry, several: opened.keys.length > 1 };
}

/**
 * The certificates of a keystore: those of each key's chain, its own first, then those without a key. DER.
 *
 * @throws Failure those of the readers and of `openStore`; `keystore_passphrase_missing`
 */
export async function readStoreCertificates(
  store: StoreMaterial,
  source: string,
  secrets: StoreKeySecrets,
): Promise<Buffer[]> {
  const { keys, certificates } =
    store.kind === 'pkcs12' ? await openContent(store, source, secrets) : clearContent(store.bytes, source);
  const ders = [...keys.flatMap(({ chain }) => chain), ...certificates.map(({ der }) => der)].filter(isCertificate);
  return ders.filter((der, index) => ders.findIndex((each) => each.equals(der)) === index);
}

async function openContent({ kind, bytes }: StoreMaterial, source: string, secrets: StoreKeySecrets): Promise<Opened> {
  const keys = kind === 'pkcs12' ? [] : await secrets.keys();
  const open =
    kind === 'pkcs12'
      ? opener(readPkcs12(bytes, source), openPkcs12)
      : opener(readJks(bytes, source), (store, password) => openJks(store, password, keys));
  const opened = await openStore(open, secrets);
  if (opened === undefined) throw new Failure('keystore_passphrase_missing', { source });
  return opened;
}

function opener<T>(store: T, open: (store: T, password: string) => Opened): (password: string) => Opened {
  return (password) => open(store, password);
}

/** Certificates lie in a JKS without encryption. */
function clearContent(
  bytes: Buffer,
  source: string,
): Pick<Opened, 'certificates'> & { keys: Array<{ chain: Buffer[] }> } {
  const { entries } = readJks(bytes, source);
  return {
    keys: entries.flatMap((entry) => (entry.type === 'key' ? [entry] : [])),
    certificates: entries.flatMap((entry) => (entry.type === 'certificate' ? [entry] : [])),
  };
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length > 0;
  } catch {
    return false;
  }
}

function chosenKey({ keys }: Opened, alias: string | undefined, source: string): KeyEntry | ClosedEntry {
  const [first, ...others] = keys;
  if (first === undefined) throw new Failure('keystore_without_key', { source });
  if (others.length === 0) return first;
  const aliases = keys.map((entry) => entry.alias ?? '""').join(', ');
  if (alias === undefined) throw new Failure('keystore_alias_ambiguous', { source, aliases });
  const entry = keys.find((each) => each.alias?.toLowerCase() === alias.toLowerCase());
  if (entry === undefined) throw new Failure('keystore_alias_unknown', { source, alias, aliases });
  return entry;
}

import { X509Certificate, type KeyObject } from 'node:crypto';
import { parse, resolve } from 'node:path';
import { chainsOf } from '../credential/certificate-chain.js';
import { openJks, readJks, writeJks } from '../credential/jks.js';
import { certificatePem } from '../credential/certificate.js';
import { keyEncryption } from '../credential/key-encryption.js';
import {
  belongsTogether,
  checkStorePassword,
  type ClosedEntry,
  type KeyEntry,
  type StoreContent,
} from '../credential/keystore.js';
import { formatPem, type PemBlock } from '../credential/pem.js';
import { writePkcs12, type Pkcs12Profile } from '../credential/pkcs12-write.js';
import { openPkcs12, readPkcs12 } from '../credential/pkcs12.js';
import {
  checkPrivateKey,
  formatPrivateKey,
  keySize,
  readPrivateKey,
  type Passphrase,
} from '../credential/private-key.js';
import { recognize } from '../credential/recognize.js';
import { Failure } from '../failure.js';
import { openStore, type StoreSecrets } from '../files/store-passphrase.js';
import type { NewFile } from '../files/replace-together.js';
import { aliasFrom, IMPORTABLE_KEY_SIZES, isImportableAlias } from './keystore-alias.js';

export type StoreFormat = 'pkcs12' | 'jks';
export type Format = 'pem' | StoreFormat;

/** The content of a file, and what the messages call it. */
export type Input = { content: Buffer; source: string };

/** Files with certificates for a key in PEM: the one that was named, and the one that lies beside the key. */
export type CertificateInputs = { given: Input | undefined; beside: () => Promise<Input | undefined> };

/** A key and what belongs to it, as they were read. */
export type ConversionSource = {
  format: Format | 'jceks';
  source: string;
  entry: KeyEntry;
  /** Whether the store that it comes from has other keys, so that the alias was needed to tell them apart. */
  chosen: boolean;
};

export type SourceSecrets = {
  /** For an encrypted private key in PEM. */
  keyPassphrase: () => Promise<Passphrase | undefined>;
  store: StoreSecrets;
};

const EXTENSIONS: Partial<Record<string, Format>> = {
  '.p12': 'pkcs12',
  '.pfx': 'pkcs12',
  '.jks': 'jks',
  '.pem': 'pem',
};

/** The format that a file's name asks for. @throws Failure `conversion_target_unknown` */
export function formatOf(path: string): Format {
  const format = EXTENSIONS[parse(path).ext.toLowerCase()];
  if (format === undefined) throw new Failure('conversion_target_unknown', { path });
  return format;
}

/**
 * Reads the key that is to be converted, with its certificates.
 *
 * @param certificates for a key in PEM; what was named counts, then what is in the key's own file, then what is beside it
 * @param alias which key of a store; a store with one key needs none
 * @throws Failure those of the readers; `keystore_alias_…`, `keystore_without_key`, `key_not_rsa`, `key_too_small`, and
 *   `certificates_not_of_key` or `keystore_key_mismatch` for a key that isn't that of its certificate
 */
export async function readConversionSource(
  input: Input,
  certificates: CertificateInputs,
  alias: string | undefined,
  secrets: SourceSecrets,
): Promise<ConversionSource> {
  const { content, source } = input;
  const material = recognize(content, source);
  if (material.kind === 'jwt') throw new Failure('key_unrecognized', { source });
  if (material.kind === 'blocks') {
    const entry = await readPemEntry(material.blocks, certificates, source, secrets);
    return { format: 'pem', source, entry, chosen: false };
  }
  const { kind: format, bytes } = material;
  const open =
    format === 'pkcs12' ? opener(readPkcs12(bytes, source), openPkcs12) : opener(readJks(bytes, source), openJks);
  const store = await openStore(open, secrets.store);
  if (store === undefined) throw new Failure('keystore_passphrase_missing', { source });
  const entry = chosenKey(store, alias, source);
  if ('failure' in entry) throw entry.failure;
  checkPrivateKey(entry.key, source);
  if (entry.chain.length > 0 && !belongsTogether(entry)) {
    throw new Failure('keystore_key_mismatch', { source, alias: entry.alias ?? '' });
  }
  return { format, source, entry, chosen: store.keys.length > 1 };
}

/** Keys that nobody chose may stay closed. */
type Opened = StoreContent<KeyEntry | ClosedEntry>;

function opener<T>(store: T, open: (store: T, password: string) => Opened): (password: string) => Opened {
  return (password) => open(store, password);
}

async function readPemEntry(
  blocks: PemBlock[],
  { given, beside }: CertificateInputs,
  source: string,
  { keyPassphrase }: SourceSecrets,
): Promise<KeyEntry> {
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  const passphrase = block && keyEncryption(block, source) && (await keyPassphrase());
  const key = readPrivateKey(blocks.map(formatPem).join(''), { source, passphrase });
  const separate = given ?? (blocks.some(isCertificate) ? undefined : await beside());
  const certificateSource = separate?.source ?? source;
  const certificates = certificatesIn(separate === undefined ? blocks : blocksOf(separate), certificateSource);
  const unnamed = { alias: undefined, localKeyId: undefined };
  const loose = certificates.map((der) => ({ ...unnamed, der }));
  const [entry] = chainsOf([{ ...unnamed, key }], loose).keys;
  if (entry === undefined || (entry.chain.length === 0 && certificates.length > 0)) {
    throw new Failure('certificates_not_of_key', { source, certificateSource });
  }
  return entry;
}

function isCertificate({ label }: PemBlock): boolean {
  return label.endsWith('CERTIFICATE');
}

/** @throws Failure `certificate_not_pem` */
function blocksOf({ content, source }: Input): PemBlock[] {
  const material = recognize(content, source);
  const blocks = material.kind === 'blocks' ? material.blocks : [];
  if (!blocks.some(isCertificate)) throw new Failure('certificate_not_pem', { source });
  return blocks;
}

function certificatesIn(blocks: PemBlock[], source: string): Buffer[] {
  try {
    return blocks.filter(isCertificate).map((block) => new X509Certificate(formatPem(block)).raw);
  } catch {
    throw new Failure('certificate_damaged', { source });
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

/**
 * The alias that a key gets in a new store: the one that was asked for, else the one that it has, if Salesforce's import
 * takes that, else one from the file's name. A JKS has it in lower case, since Java looks for nothing else.
 *
 * @throws Failure `keystore_alias_illegal` for a JKS with an alias that the import refuses
 */
export function newAlias(
  { entry, chosen }: ConversionSource,
  wanted: string | undefined,
  format: StoreFormat,
  path: string,
): string {
  const kept = entry.alias !== undefined && (format === 'pkcs12' || chosen || isImportableAlias(entry.alias));
  const alias = (chosen ? entry.alias : (wanted ?? (kept ? entry.alias : undefined))) ?? aliasFrom(parse(path).name);
  if (format === 'pkcs12') return alias;
  if (!isImportableAlias(alias)) throw new Failure('keystore_alias_illegal', { alias });
  return alias.toLowerCase();
}

/**
 * The bytes of a new store.
 *
 * @throws Failure `keystore_passphrase_too_short`, `keystore_passphrase_not_ascii`, `keystore_key_size` for a JKS with a
 *   key that Salesforce's import refuses, `conversion_certificate_missing`
 */
export function storeOf(
  { entry, source, format: from }: ConversionSource,
  target: { format: StoreFormat; alias: string; password: string; profile: Pkcs12Profile },
  now: Date,
  random: (size: number) => Buffer,
): Buffer {
  const { format, alias, password, profile } = target;
  const { key, chain } = entry;
  checkStorePassword(password);
  if (chain.length === 0 && from === 'pem') throw new Failure('conversion_certificate_missing', { source });
  if (chain.length === 0) throw new Failure('keystore_without_certificate', { source, alias: entry.alias ?? '' });
  if (format === 'pkcs12') return writePkcs12({ alias, key, chain, password }, profile, random);
  if (!IMPORTABLE_KEY_SIZES.includes(keySize(key)))
    throw new Failure('keystore_key_size', { source, size: keySize(key) });
  return writeJks({ alias, key, chain, password }, now, random);
}

/** How a private key is written as PEM: PKCS#8, encrypted with a passphrase, or PKCS#1, always plain. */
export type PemForm = { pkcs1: boolean; passphrase: Passphrase | undefined };

/** The private key as PEM, followed by its certificates: what `grant` and every TLS server take as one file. */
export function pemOf({ key, chain }: KeyEntry, { pkcs1, passphrase }: PemForm): string {
  return [pkcs1 ? pkcs1Of(key) : formatPrivateKey(key, passphrase), ...chain.map(certificatePem)].join('');
}

function pkcs1Of(key: KeyObject): string {
  return key.export({ type: 'pkcs1', format: 'pem' }).toString();
}

/**
 * Where the certificate goes that comes out of a store, or that has issuers beside it in the new file: `server.crt` beside
 * `server.pem`, the certificate alone, as an app takes it and as it can be given away. Undefined where the new file itself
 * holds the one certificate and nothing was hidden in a store before.
 */
export function certificateFileFor({ format, entry }: ConversionSource, path: string): string | undefined {
  const least = format === 'pem' ? 2 : 1;
  if (formatOf(path) !== 'pem' || entry.chain.length < least) return undefined;
  const { dir, name } = parse(resolve(path));
  return resolve(dir, `${name}.crt`);
}

/** @param content what was made of the key */
export function filesOf(
  path: string,
  content: string | Buffer,
  certificateFile: string | undefined,
  entry: KeyEntry,
): NewFile[] {
  const files: NewFile[] = [{ path: resolve(path), data: content, mode: 0o600 }];
  const [leaf] = entry.chain;
  if (certificateFile !== undefined && leaf !== undefined) {
    files.push({ path: certificateFile, data: certificatePem(leaf), mode: 0o644 });
  }
  return files;
}

import { X509Certificate, type KeyObject } from 'node:crypto';
import { parse, resolve } from 'node:path';
import { chainsOf } from '../../keys/credential/certificate-chain.js';
import { writeJks } from '../../keys/credential/jks.js';
import { certificatePem } from '../../keys/credential/certificate.js';
import { keyEncryption } from '../../keys/credential/key-encryption.js';
import { checkStorePassword, type KeyEntry } from '../../keys/credential/keystore.js';
import { formatPem, type PemBlock } from '../../keys/credential/pem.js';
import { writePkcs12, type Pkcs12Profile } from '../../keys/credential/pkcs12-write.js';
import { formatPrivateKey, keySize, privateKeyIn, type Passphrase } from '../../keys/credential/private-key.js';
import { recognize } from '../../keys/credential/recognize.js';
import { Failure, isFailure } from '../../failure.js';
import { openWithAnswer, type AskPassphrase } from '../../machine/files/passphrase.js';
import { isQuotable } from '../../machine/files/path-value.js';
import { isStore, readStoreCertificates, readStoreKey, type StoreKeySecrets } from '../../machine/files/store-key.js';
import type { NewFile } from '../../machine/files/replace-together.js';
import { aliasFrom, IMPORTABLE_KEY_SIZES, isImportableAlias } from './keystore-alias.js';

export type StoreFormat = 'pkcs12' | 'jks';
export type Format = 'pem' | StoreFormat;

/** The content of a file, and what the messages call it. */
export type Input = { content: Buffer; source: string };

/**
 * Files with certificates for a key in PEM: the one that was named, in any format, and the one that lies beside the key.
 * `secretsOf` opens a keystore among them.
 */
export type CertificateInputs = {
  given: Input | undefined;
  beside: () => Promise<Input | undefined>;
  secretsOf: (source: string) => Promise<StoreKeySecrets>;
};

/** A key and what belongs to it, as they were read. */
export type ConversionSource = {
  format: Format | 'jceks';
  source: string;
  entry: KeyEntry;
  /** Whether the store that it comes from has other keys, so that the alias was needed to tell them apart. */
  chosen: boolean;
};

export type SourceSecrets = {
  /** For an encrypted private key in PEM, where it's known; a person is asked by `store.ask`. */
  keyPassphrase: () => Promise<Passphrase | undefined>;
  store: StoreKeySecrets;
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
  if (format === undefined && !isQuotable(path, 'input'))
    throw new Failure('conversion_target_unknown', { path: '', flag: '--to', variant: 'unquoted' });
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
  const { entry, several } = await readStoreKey(material, alias, source, secrets.store);
  return { format: material.kind, source, entry, chosen: several };
}

async function readPemEntry(
  blocks: PemBlock[],
  { given, beside, secretsOf }: CertificateInputs,
  source: string,
  { keyPassphrase, store }: SourceSecrets,
): Promise<KeyEntry> {
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  const open = (passphrase: Passphrase | undefined): KeyObject =>
    privateKeyIn({ kind: 'blocks', encoding: 'PEM', blocks }, { source, passphrase });
  const encryption = block && keyEncryption(block, source);
  const passphrase = encryption && (await keyPassphrase());
  const key =
    encryption !== undefined && passphrase === undefined && store.ask !== undefined
      ? await openAsked(store.ask, open)
      : open(passphrase);
  const separate = given ?? (blocks.some(isCertificate) ? undefined : await beside());
  const certificateSource = separate?.source ?? source;
  const certificates =
    separate === undefined
      ? certificatesIn(blocks, source)
      : await certificatesOf(separate, await secretsOf(separate.source));
  const unnamed = { alias: undefined, localKeyId: undefined };
  const loose = certificates.map((der) => ({ ...unnamed, der }));
  const [entry] = chainsOf([{ ...unnamed, key }], loose).keys;
  if (entry === undefined || (entry.chain.length === 0 && certificates.length > 0)) {
    throw new Failure('certificates_not_of_key', { source, certificateSource });
  }
  return entry;
}

async function openAsked(ask: AskPassphrase, open: (passphrase: Passphrase) => KeyObject): Promise<KeyObject> {
  const key = await openWithAnswer(ask, open, (error) => isFailure(error, 'key_passphrase_wrong'));
  if (key === undefined) throw new Failure('passphrase_empty', {});
  return key;
}

function isCertificate({ label }: PemBlock): boolean {
  return label.endsWith('CERTIFICATE');
}

/**
 * The certificates of a file in PEM, DER, PKCS#7, PKCS#12 or JKS. DER.
 *
 * @throws Failure `certificate_not_pem`, `certificate_damaged`, those of `readStoreCertificates`
 */
async function certificatesOf({ content, source }: Input, secrets: StoreKeySecrets): Promise<Buffer[]> {
  const material = recognize(content, source);
  const certificates = isStore(material)
    ? await readStoreCertificates(material, source, secrets)
    : certificatesIn(material.kind === 'blocks' ? material.blocks : [], source);
  if (certificates.length === 0) throw new Failure('certificate_not_pem', { source });
  return certificates;
}

function certificatesIn(blocks: PemBlock[], source: string): Buffer[] {
  try {
    return blocks.filter(isCertificate).map((block) => new X509Certificate(formatPem(block)).raw);
  } catch {
    throw new Failure('certificate_damaged', { source });
  }
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
  const files: NewFile[] = [{ path: resolve(path), data: content, mode: 0o600, secret: 'file' }];
  const [leaf] = entry.chain;
  if (certificateFile !== undefined && leaf !== undefined) {
    files.push({ path: certificateFile, data: certificatePem(leaf), mode: 0o644 });
  }
  return files;
}

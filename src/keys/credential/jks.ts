import { createHash, createPrivateKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../../failure.js';
import { algorithm, childrenOf, derOf, octets, octetsOf, oidOf, parseBer, sequence } from './ber.js';
import type { ClosedEntry, KeyEntry, NewStore, StoreContent } from './keystore.js';

/**
 * The keystores of Java that aren't PKCS#12: JKS, which Salesforce exports and imports, and JCEKS. Neither is written down
 * but in Java's own code; the layout is big-endian, strings have two bytes of length, certificates are in the clear, and
 * a SHA-1 over the password and everything before it closes the file.
 */
const MAGIC = { jks: 0xfeedfeed, jceks: 0xcececece } as const;
const KEY_ENTRY = 1;
const CERTIFICATE_ENTRY = 2;

/** Sun's key protector: one round of SHA-1, so that the password is all that protects a key. */
const JKS_PROTECTOR = '1.3.6.1.4.1.42.2.17.1.1';

/** What Java mixes into the digest of a store, whatever its password. */
const WHITENER = 'Mighty Aphrodite';

const DIGEST_SIZE = 20;

/** Entries in one file; more than anybody has. */
const MOST_ENTRIES = 1000;

/** An entry as it lies in the file. Certificates are DER; `encrypted` is an EncryptedPrivateKeyInfo. */
export type JksEntry =
  | { type: 'key'; alias: string; created: Date; encrypted: Buffer; chain: Buffer[] }
  | { type: 'certificate'; alias: string; created: Date; der: Buffer };

/** What a JKS or JCEKS file says without its password. */
export type Jks = {
  source: string;
  format: 'jks' | 'jceks';
  entries: JksEntry[];
  /** Whether a JCEKS store holds secret keys, behind which nothing can be read. */
  truncated: boolean;
  /** What the digest at the end is over. */
  digested: Buffer;
  digest: Buffer;
};

/** @throws Failure `keystore_damaged` */
export function readJks(bytes: Buffer, source: string): Jks {
  try {
    const end = bytes.length - DIGEST_SIZE;
    if (end < 0) throw new RangeError('Not even a digest');
    const reader = new Reader(bytes.subarray(0, end));
    const format = reader.uint32() === MAGIC.jks ? 'jks' : 'jceks';
    const version = reader.uint32();
    const count = reader.uint32();
    if (version < 1 || version > 2 || count > MOST_ENTRIES) throw new RangeError('Not a keystore');
    const entries: JksEntry[] = [];
    let truncated = false;
    for (let index = 0; index < count && !truncated; index++) {
      const entry = readEntry(reader, version);
      if (entry === undefined) truncated = format === 'jceks';
      else entries.push(entry);
      if (entry === undefined && !truncated) throw new RangeError('An unknown entry');
    }
    if (!truncated && reader.at !== end) throw new RangeError('More than its entries');
    return { source, format, entries, truncated, digested: bytes.subarray(0, end), digest: bytes.subarray(end) };
  } catch {
    throw new Failure('keystore_damaged', { source });
  }
}

/**
 * Opens a JKS file: checks its digest, and decrypts its keys with the same password, or else with one of the others.
 *
 * @param keyPasswords tried for keys that have one of their own
 * @returns for each key itself, or why it stays closed: `keystore_key_passphrase_differs`, `keystore_damaged`, or
 *   `keystore_encryption_unsupported` for those of a JCEKS store
 * @throws Failure `keystore_passphrase_wrong`
 */
export function openJks(
  store: Jks,
  password: string,
  keyPasswords: readonly string[] = [],
): StoreContent<KeyEntry | ClosedEntry> {
  const { source, entries } = store;
  if (!isPasswordOf(store, password)) throw new Failure('keystore_passphrase_wrong', { source });
  return {
    keys: entries.flatMap((entry) =>
      entry.type === 'key' ? [openEntry(entry, [password, ...keyPasswords], source)] : [],
    ),
    certificates: entries.flatMap((entry) =>
      entry.type === 'certificate' ? [{ alias: entry.alias, der: entry.der }] : [],
    ),
  };
}

/** Whether this is the password of the store; keys may have another one. */
export function isPasswordOf({ digested, digest }: Jks, password: string): boolean {
  return timingSafeEqual(storeDigest(digested, password), digest);
}

/**
 * A JKS file with one key and its certificates, under one password for store and key, as Salesforce's import wants it.
 *
 * @param store.alias stored in lower case, since Java looks for nothing else
 * @param random random bytes for the salt
 */
export function writeJks(store: NewStore, now: Date, random: (size: number) => Buffer): Buffer {
  const { alias, key, chain, password } = store;
  const encrypted = protect(key.export({ type: 'pkcs8', format: 'der' }), password, random(DIGEST_SIZE));
  const created = Buffer.alloc(8);
  created.writeBigUInt64BE(BigInt(now.getTime()));
  const content = Buffer.concat([
    ...[MAGIC.jks, 2, 1, KEY_ENTRY].map(uint32),
    text(alias.toLowerCase()),
    created,
    sized(encrypted),
    uint32(chain.length),
    ...chain.flatMap((der) => [text('X.509'), sized(der)]),
  ]);
  return Buffer.concat([content, storeDigest(content, password)]);
}

/** @returns undefined for an entry of another type, whose length nothing tells */
function readEntry(reader: Reader, version: number): JksEntry | undefined {
  const type = reader.uint32();
  if (type !== KEY_ENTRY && type !== CERTIFICATE_ENTRY) return undefined;
  const alias = reader.text();
  const created = new Date(Number(reader.take(8).readBigUInt64BE()));
  const certificate = (): Buffer => {
    if (version === 2) reader.text();
    return reader.sized();
  };
  if (type === CERTIFICATE_ENTRY) return { type: 'certificate', alias, created, der: certificate() };
  const encrypted = reader.sized();
  const count = reader.uint32();
  if (count > MOST_ENTRIES) throw new RangeError('Not a chain');
  return { type: 'key', alias, created, encrypted, chain: Array.from({ length: count }, certificate) };
}

function openEntry(
  { alias, chain, encrypted }: Pick<Extract<JksEntry, { type: 'key' }>, 'alias' | 'chain' | 'encrypted'>,
  [password = '', ...others]: readonly string[],
  source: string,
): KeyEntry | ClosedEntry {
  try {
    return { alias, chain, key: openKey(encrypted, password, { source, alias }) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (isFailure(error, 'keystore_key_passphrase_differs') && others.length > 0) {
      return openEntry({ alias, chain, encrypted }, others, source);
    }
    return { alias, chain, failure: error };
  }
}

function openKey(encrypted: Buffer, password: string, { source, alias }: { source: string; alias: string }): KeyObject {
  let sealed: Buffer;
  let scheme: string;
  try {
    const [identifier, content] = childrenOf(parseBer(encrypted));
    scheme = oidOf(childrenOf(identifier)[0]);
    sealed = octetsOf(content);
  } catch {
    throw new Failure('keystore_damaged', { source });
  }
  if (scheme !== JKS_PROTECTOR) throw new Failure('keystore_encryption_unsupported', { source, scheme: 'JCEKS' });
  const [salt, body] = [sealed.subarray(0, DIGEST_SIZE), sealed.subarray(DIGEST_SIZE, -DIGEST_SIZE)];
  const plain = exclusiveOr(body, keyStream(password, salt, body.length));
  const check = createHash('sha1').update(utf16(password)).update(plain).digest();
  if (!check.equals(sealed.subarray(-DIGEST_SIZE)))
    throw new Failure('keystore_key_passphrase_differs', { source, alias });
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
  } catch {
    throw new Failure('keystore_damaged', { source });
  }
}

function protect(pkcs8: Buffer, password: string, salt: Buffer): Buffer {
  const check = createHash('sha1').update(utf16(password)).update(pkcs8).digest();
  const sealed = Buffer.concat([salt, exclusiveOr(pkcs8, keyStream(password, salt, pkcs8.length)), check]);
  return derOf(sequence(algorithm(JKS_PROTECTOR), octets(sealed)));
}

/** SHA-1 of the password and the block before, over and over; the salt is the first block. */
function keyStream(password: string, salt: Buffer, length: number): Buffer {
  const secret = utf16(password);
  const blocks: Buffer[] = [];
  for (let block = salt, have = 0; have < length; have += DIGEST_SIZE) {
    block = createHash('sha1').update(secret).update(block).digest();
    blocks.push(block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function exclusiveOr(bytes: Buffer, stream: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ stream[at]!));
}

function storeDigest(content: Buffer, password: string): Buffer {
  return createHash('sha1').update(utf16(password)).update(WHITENER).update(content).digest();
}

function utf16(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length).subarray(2), bytes]);
}

/** Takes one field after another. @throws RangeError beyond the end */
class Reader {
  public at = 0;

  public constructor(private readonly bytes: Buffer) {}

  public take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new RangeError('Beyond the end');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  public uint32(): number {
    return this.take(4).readUInt32BE();
  }

  public text(): string {
    return this.take(this.take(2).readUInt16BE()).toString();
  }

  public sized(): Buffer {
    return this.take(this.uint32());
  }
}

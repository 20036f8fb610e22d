import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { certificateFacts, keyFacts, type CertificateFacts } from '../../keys/credential/certificate-facts.js';
import { openJks, readJks, type Jks } from '../../keys/credential/jks.js';
import { momentOf, secondsOf, type Jwt } from '../../keys/credential/jwt.js';
import { damageOf } from '../../keys/credential/damage.js';
import { isRetired, keyEncryption } from '../../keys/credential/key-encryption.js';
import { belongsTogether, type KeyEntry, type StoreContent } from '../../keys/credential/keystore.js';
import { formatPem, type PemBlock } from '../../keys/credential/pem.js';
import { openCertificates, openPkcs12, readPkcs12 } from '../../keys/credential/pkcs12.js';
import type { Passphrase } from '../../keys/credential/private-key.js';
import { recognize, type Material } from '../../keys/credential/recognize.js';
import { readSigningRequest } from '../../keys/credential/signing-request.js';
import { Failure, isFailure } from '../../failure.js';
import { openWithAnswer } from '../../machine/files/passphrase.js';
import { openStore, type StoreSecrets } from '../../machine/files/store-passphrase.js';
import type {
  Inspected,
  InspectedJavaKeystore,
  InspectedJwt,
  InspectedPkcs12,
  PrivateKeyFacts,
  StoreCertificateFacts,
  StoreKeyFacts,
} from './inspected.js';

/** Where the passphrases come from, should the file want one. */
export type InspectSecrets = {
  /** For an encrypted private key, or one with a passphrase of its own in a JKS, where it's known; else `store.ask` asks. */
  keyPassphrase: () => Promise<Passphrase | undefined>;
  store: StoreSecrets;
};

/**
 * Says what a file of key material is and what it holds. Nothing of a private key, and not the signature of a token, is in
 * the answer.
 *
 * @param source what the messages call the file
 * @throws Failure those of `recognize`; `content_damaged`, `key_passphrase_wrong`, `key_encryption_unsupported`,
 *   `keystore_damaged`, `keystore_passphrase_wrong`, `keystore_too_costly`
 */
export async function inspect(content: Buffer, source: string, secrets: InspectSecrets, now: Date): Promise<Inspected> {
  const material = recognize(content, source);
  switch (material.kind) {
    case 'blocks':
      return inspectBlocks(material, source, secrets, now);
    case 'pkcs12':
      return inspectPkcs12(material.bytes, source, secrets.store, now);
    case 'jks':
    case 'jceks':
      return inspectJks(readJks(material.bytes, source), secrets, now);
    case 'jwt':
      return inspectJwt(material.jwt);
  }
}

async function inspectBlocks(
  { encoding, blocks, container }: Extract<Material, { kind: 'blocks' }>,
  source: string,
  secrets: InspectSecrets,
  now: Date,
): Promise<Inspected> {
  const damaged = blocks.find(({ base64 }) => base64 === '');
  if (damaged !== undefined)
    throw new Failure('content_damaged', { source, what: damaged.label, ...damageOf(damaged) });
  const ending = (label: string): PemBlock[] => blocks.filter((block) => block.label.endsWith(label));
  const certificateBlocks = ending('CERTIFICATE');
  const found = certificateBlocks.map((block) => factsOrDamaged(formatPem(block), source, now));
  const [privateBlock] = ending('PRIVATE KEY');
  if (privateBlock !== undefined) {
    const { facts, key } = await inspectPrivateKey(privateBlock, source, secrets);
    if (found.length === 0) return { kind: 'private-key', encoding, ...facts };
    const isOfKey = (block: PemBlock): boolean =>
      key !== undefined && new X509Certificate(formatPem(block)).checkPrivateKey(key);
    const own = certificateBlocks.findIndex(isOfKey);
    const belongsTogether = key === undefined ? null : own >= 0;
    const certificates = own < 0 ? leafFirst(found) : moveToFront(found, own);
    return { kind: 'bundle', encoding, privateKey: facts, certificates, belongsTogether };
  }
  if (found.length > 0) {
    const certificates = leafFirst(found);
    return { kind: 'certificate', encoding, ...(container === undefined ? {} : { container }), certificates };
  }
  const [request] = ending('CERTIFICATE REQUEST');
  if (request !== undefined) {
    const { subject, publicKey, verified } = await readSigningRequest(request, source);
    return { kind: 'certificate-request', encoding, subject, key: keyFacts(publicKey), verified };
  }
  return { kind: 'public-key', encoding, key: keyFacts(publicKeyIn(blocks[0]!, source)) };
}

/** The first certificate that issued none of the others goes to the front; those who issue themselves count for nothing. */
function leafFirst(certificates: CertificateFacts[]): CertificateFacts[] {
  const issued = certificates.filter(({ subject, issuer }) => subject !== issuer);
  const issuers = new Set(issued.map(({ issuer }) => issuer));
  return moveToFront(
    certificates,
    certificates.findIndex(({ subject }) => !issuers.has(subject)),
  );
}

/** @param at -1 leaves the order as it is */
function moveToFront<T>(list: T[], at: number): T[] {
  return [...list.slice(at, at + 1), ...list.filter((_, index) => index !== at)];
}

async function inspectPrivateKey(
  block: PemBlock,
  source: string,
  secrets: InspectSecrets,
): Promise<{ facts: PrivateKeyFacts; key: KeyObject | undefined }> {
  const encryption = keyEncryption(block, source);
  const passphrase = encryption && (await secrets.keyPassphrase());
  const open = (answer: Passphrase | undefined): KeyObject => {
    if (encryption !== undefined && isRetired(encryption)) throw new Failure('key_encryption_unsupported', { source });
    return openPrivateKey(block, source, answer);
  };
  const { ask } = secrets.store;
  const asked = encryption !== undefined && passphrase === undefined;
  const key = asked ? ask && (await openWithAnswer(ask, open, isWrongPassphrase)) : open(passphrase);
  const formats: Partial<Record<string, string>> = { 'RSA PRIVATE KEY': 'PKCS#1', 'EC PRIVATE KEY': 'SEC 1' };
  const format = formats[block.label] ?? 'PKCS#8';
  return { facts: { format, encryption: encryption ?? null, key: key === undefined ? null : keyFacts(key) }, key };
}

function isWrongPassphrase(error: unknown): boolean {
  return isFailure(error, 'key_passphrase_wrong');
}

function openPrivateKey(block: PemBlock, source: string, passphrase: Passphrase | undefined): KeyObject {
  try {
    return createPrivateKey({ key: formatPem(block), ...(passphrase !== undefined && { passphrase }) });
  } catch {
    if (passphrase !== undefined) throw new Failure('key_passphrase_wrong', { source });
    throw new Failure('content_damaged', { source, what: block.label, ...damageOf(block) });
  }
}

function publicKeyIn(block: PemBlock, source: string): KeyObject {
  try {
    return createPublicKey(formatPem(block));
  } catch {
    throw new Failure('content_damaged', { source, what: block.label, ...damageOf(block) });
  }
}

async function inspectPkcs12(
  bytes: Buffer,
  source: string,
  secrets: StoreSecrets,
  now: Date,
): Promise<InspectedPkcs12> {
  const file = readPkcs12(bytes, source);
  const { mac } = file;
  const answer = await openStore((password) => openOrUnsupported(() => openPkcs12(file, password)), secrets);
  const content = typeof answer === 'string' ? undefined : answer;
  const closed: StoreContent = {
    keys: [],
    certificates: openCertificates(file).map((der) => ({ alias: undefined, der })),
  };
  return {
    kind: 'pkcs12',
    opened: content !== undefined,
    unsupported: answer === 'unsupported',
    integrity:
      mac === undefined ? null : { digest: mac.digest?.toUpperCase() ?? 'unknown', iterations: mac.iterations },
    encryption: file.encryptions.map(({ cipher, derivation, iterations }) => ({
      cipher,
      ...(derivation === undefined ? {} : { derivation }),
      ...(iterations === undefined ? {} : { iterations }),
    })),
    ...contentFacts(content ?? closed, source, now),
  };
}

function contentFacts(
  { keys, certificates }: StoreContent,
  source: string,
  now: Date,
): { keys: StoreKeyFacts[]; certificates: StoreCertificateFacts[] } {
  return {
    keys: keys.map((entry) => storeKey(entry.alias, entry.chain, entry, source, now)),
    certificates: certificates.map(({ alias, der }) => ({
      alias: alias ?? null,
      certificate: factsOrDamaged(der, source, now),
    })),
  };
}

function storeKey(
  alias: string | undefined,
  chain: Buffer[],
  opened: KeyEntry | undefined,
  source: string,
  now: Date,
): StoreKeyFacts {
  return {
    alias: alias ?? null,
    key: opened === undefined ? null : keyFacts(opened.key),
    certificates: chain.map((der) => factsOrDamaged(der, source, now)),
    belongsTogether: opened === undefined || chain.length === 0 ? null : belongsTogether(opened),
  };
}

/** Everything but the keys themselves can be read without a passphrase. */
async function inspectJks(store: Jks, secrets: InspectSecrets, now: Date): Promise<InspectedJavaKeystore> {
  const { source, format, entries, truncated } = store;
  const ofKeys = await secrets.keyPassphrase();
  const keyPasswords = ofKeys === undefined ? [] : [ofKeys.toString()];
  const content = await openStore((password) => openJks(store, password, keyPasswords), secrets.store);
  const failures = content?.keys.flatMap((entry) => ('failure' in entry ? [entry.failure] : [])) ?? [];
  const damaged = failures.find(({ code }) => code === 'keystore_damaged');
  if (damaged !== undefined) throw damaged;
  const unsupported = failures.some(({ code }) => code === 'keystore_encryption_unsupported');
  const keys = entries.flatMap((entry) => (entry.type === 'key' ? [entry] : []));
  const certificates = entries.flatMap((entry) => (entry.type === 'certificate' ? [entry] : []));
  return {
    kind: format,
    opened: content !== undefined && failures.length === 0,
    unsupported,
    keyPassphraseDiffers: content === undefined || unsupported ? null : failures.length > 0,
    truncated,
    keys: keys.map(({ alias, created, chain }, index) => {
      const entry = content?.keys[index];
      const opened = entry === undefined || 'failure' in entry ? undefined : entry;
      const facts = storeKey(alias, chain, opened, source, now);
      return { ...facts, created: isoOf(created, source) };
    }),
    certificates: certificates.map(({ alias, created, der }) => ({
      alias,
      created: isoOf(created, source),
      certificate: factsOrDamaged(der, source, now),
    })),
  };
}

function openOrUnsupported(open: () => StoreContent): StoreContent | 'unsupported' {
  try {
    return open();
  } catch (error) {
    if (isFailure(error, 'keystore_encryption_unsupported')) return 'unsupported';
    throw error;
  }
}

function inspectJwt({ header, claims, signed }: Jwt): InspectedJwt {
  const times = (['exp', 'iat', 'nbf'] as const).flatMap((claim) => {
    const seconds = secondsOf(claims[claim]);
    const moment = seconds === undefined ? undefined : momentOf(seconds);
    return moment === undefined ? [] : [[claim, moment]];
  });
  return { kind: 'jwt', header, claims, times: Object.fromEntries(times) as InspectedJwt['times'], signed };
}

function factsOrDamaged(derOrPem: Buffer | string, source: string, now: Date): CertificateFacts {
  const facts = certificateFacts(derOrPem, now);
  if (facts === undefined) throw new Failure('content_damaged', { source, what: 'CERTIFICATE' });
  return facts;
}

function isoOf(date: Date, source: string): string {
  if (Number.isNaN(date.getTime())) throw new Failure('keystore_damaged', { source });
  return date.toISOString();
}

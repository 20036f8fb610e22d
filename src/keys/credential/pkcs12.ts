import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import {
  bmpStringOf,
  childrenOf,
  countOf,
  encodingOf,
  implicitOctetsOf,
  isContext,
  MalformedError,
  octetsOf,
  oidOf,
  parseBer,
  type Element,
} from './ber.js';
import { chainsOf, type LooseCertificate, type LooseKey } from './certificate-chain.js';
import type { StoreContent } from './keystore.js';
import { readEncryption, type Encryption } from './password-encryption.js';
import { macMatches, macWork, readMac, type Mac } from './pkcs12-mac.js';

/** What deriving may cost in one file, in rounds of PBKDF2: about a second. NSS asks for more than anybody, 3.6 million. */
const MOST_WORK = 4_000_000;

/** Keys and certificates in one file; more than anybody has. */
const MOST_BAGS = 500;

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const BAG = '1.2.840.113549.1.12.10.1.';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';

/** A part of the file: bags, or bags under encryption. */
type Safe = { encryption: Encryption; data: Buffer } | { encryption: undefined; bags: Element[] };

/** What a PKCS#12 file says without its password. */
export type Pkcs12 = {
  source: string;
  mac: Mac | undefined;
  /** What is MACed. */
  authenticated: Buffer;
  safes: Safe[];
  /** Each way of encryption in the file once, that of the certificates and that of the keys. */
  encryptions: Encryption[];
};

/**
 * Reads the outside of a PKCS#12 file (RFC 7292), in DER or BER.
 *
 * @throws Failure `keystore_damaged`, `keystore_encryption_unsupported`, `keystore_too_costly`
 */
export function readPkcs12(bytes: Uint8Array, source: string): Pkcs12 {
  return orDamaged(source, () => {
    const [version, content, macData] = childrenOf(parseBer(bytes));
    if (countOf(version) !== 3) throw new MalformedError();
    const [type, wrapped] = childrenOf(content);
    if (oidOf(type) !== DATA) throw new Failure('keystore_encryption_unsupported', { source, scheme: oidOf(type) });
    const authenticated = octetsOf(childrenOf(wrapped)[0]);
    const safes = childrenOf(parseBer(authenticated)).map((info) => readSafe(info, source));
    const mac = macData === undefined ? undefined : readMac(macData);
    const bags = plainBags(safes);
    if (safes.length > MOST_BAGS || bags.length > MOST_BAGS) throw new MalformedError();
    const all = encryptionsIn(safes, bags);
    checkWork(workOf(mac, all), source);
    const encryptions = all.filter((one, index) => all.findIndex((other) => nameOf(other) === nameOf(one)) === index);
    return { source, mac, authenticated, safes, encryptions };
  });
}

/**
 * Opens a PKCS#12 file.
 *
 * @throws Failure `keystore_passphrase_wrong`, `keystore_damaged`, `keystore_encryption_unsupported`, `keystore_too_costly`
 */
export function openPkcs12(file: Pkcs12, password: string): StoreContent {
  const { source } = file;
  const unreadable = file.encryptions.find(({ decrypt }) => decrypt === undefined);
  if (unreadable !== undefined) {
    throw new Failure('keystore_encryption_unsupported', { source, scheme: nameOf(unreadable) });
  }
  for (const candidate of password === '' ? emptyPasswords(file) : [password]) {
    if (file.mac !== undefined && !isRight(file, file.mac, candidate)) continue;
    const bags = file.safes.map((safe) => openSafe(safe, candidate));
    if (bags.every((list) => list !== undefined)) return readBags(bags.flat(), candidate, file);
  }
  throw new Failure('keystore_passphrase_wrong', { source });
}

/**
 * An empty password is two zero bytes to some programs and nothing at all to others. Trying both costs more: the MAC over
 * again, or everything. Programs of the second kind ask for few rounds.
 */
function emptyPasswords({ mac, safes }: Pkcs12): Array<string | Buffer> {
  const bags = plainBags(safes);
  const work = workOf(mac, encryptionsIn(safes, bags));
  const again = mac === undefined ? work : workOf(mac, []);
  return work + again > MOST_WORK ? [''] : ['', Buffer.alloc(0)];
}

/** The certificates that lie in the file without encryption. DER. */
export function openCertificates({ safes, source }: Pkcs12): Buffer[] {
  return orDamaged(source, () => plainBags(safes).flatMap((bag) => certificateOf(bag) ?? []));
}

/** `AES-256-CBC, PBKDF2-HMAC-SHA256` */
function nameOf({ cipher, derivation }: Encryption): string {
  return derivation === undefined ? cipher : `${cipher}, ${derivation}`;
}

function readSafe(info: Element, source: string): Safe {
  const [typeElement, wrapped] = childrenOf(info);
  const type = oidOf(typeElement);
  const [content] = childrenOf(wrapped);
  if (type === DATA) return { encryption: undefined, bags: bagsIn(octetsOf(content)) };
  if (type !== ENCRYPTED_DATA) throw new Failure('keystore_encryption_unsupported', { source, scheme: type });
  const [, encrypted] = childrenOf(content);
  const [, identifier, data] = childrenOf(encrypted);
  return { encryption: readEncryption(identifier), data: implicitOctetsOf(data) };
}

function isRight({ authenticated, source }: Pkcs12, mac: Mac, password: string | Buffer): boolean {
  const answer = macMatches(mac, authenticated, password);
  if (answer === undefined) throw new Failure('keystore_encryption_unsupported', { source, scheme: 'MAC' });
  return answer;
}

/** @returns undefined where the password isn't the one that the safe is encrypted with */
function openSafe(safe: Safe, password: string | Buffer): Element[] | undefined {
  if (safe.encryption === undefined) return safe.bags;
  try {
    return bagsIn(safe.encryption.decrypt!(password, safe.data));
  } catch {
    return undefined;
  }
}

function bagsIn(content: Buffer): Element[] {
  const bags = childrenOf(parseBer(content));
  if (bags.length > MOST_BAGS) throw new MalformedError();
  return bags;
}

function readBags(bags: Element[], password: string | Buffer, { mac, safes, source }: Pkcs12): StoreContent {
  return orDamaged(source, () => {
    if (bags.length > MOST_BAGS) throw new MalformedError();
    checkWork(workOf(mac, encryptionsIn(safes, bags)), source);
    const keys: LooseKey[] = bags.flatMap((bag) => {
      const key = keyOf(bag, password, { mac, source });
      return key === undefined ? [] : [{ ...attributesOf(bag), key }];
    });
    const certificates: LooseCertificate[] = bags.flatMap((bag) => {
      const der = certificateOf(bag);
      return der === undefined ? [] : [{ ...attributesOf(bag), der }];
    });
    return chainsOf(keys, certificates);
  });
}

function keyOf(
  bag: Element,
  password: string | Buffer,
  { mac, source }: Pick<Pkcs12, 'mac' | 'source'>,
): KeyObject | undefined {
  const [id, wrapped] = childrenOf(bag);
  const [content] = childrenOf(wrapped);
  if (content === undefined) throw new MalformedError();
  if (oidOf(id) === `${BAG}1`) return createPrivateKey({ key: encodingOf(content), format: 'der', type: 'pkcs8' });
  const [encryption] = shroudOf(bag);
  if (encryption === undefined) return undefined;
  if (encryption.decrypt === undefined) {
    throw new Failure('keystore_encryption_unsupported', { source, scheme: nameOf(encryption) });
  }
  try {
    const key = encryption.decrypt(password, octetsOf(childrenOf(content)[1]));
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    // Without a MAC, this is the first that a wrong password meets.
    throw new Failure(mac === undefined ? 'keystore_passphrase_wrong' : 'keystore_damaged', { source });
  }
}

/** How the key in a bag is encrypted; nothing for other bags. */
function shroudOf(bag: Element): Encryption[] {
  const [id, wrapped] = childrenOf(bag);
  if (oidOf(id) !== `${BAG}2`) return [];
  return [readEncryption(childrenOf(childrenOf(wrapped)[0])[0])];
}

function certificateOf(bag: Element): Buffer | undefined {
  const [id, wrapped] = childrenOf(bag);
  if (oidOf(id) !== `${BAG}3`) return undefined;
  const [type, value] = childrenOf(childrenOf(wrapped)[0]);
  return oidOf(type) === X509_CERTIFICATE && isContext(value, 0) ? octetsOf(childrenOf(value)[0]) : undefined;
}

function attributesOf(bag: Element): { alias: string | undefined; localKeyId: string | undefined } {
  const [, , set] = childrenOf(bag);
  const attributes = set === undefined ? [] : childrenOf(set).map(childrenOf);
  const valueOf = (id: string): Element | undefined => {
    const values = attributes.find(([type]) => oidOf(type) === id)?.[1];
    return values === undefined ? undefined : childrenOf(values)[0];
  };
  const name = valueOf(FRIENDLY_NAME);
  const localKeyId = valueOf(LOCAL_KEY_ID);
  return {
    alias: name === undefined ? undefined : bmpStringOf(name),
    localKeyId: localKeyId === undefined ? undefined : octetsOf(localKeyId).toString('hex'),
  };
}

function plainBags(safes: Safe[]): Element[] {
  return safes.flatMap((safe) => (safe.encryption === undefined ? safe.bags : []));
}

/** How the safes are encrypted, and how the keys in the bags are. */
function encryptionsIn(safes: Safe[], bags: Element[]): Encryption[] {
  return [...safes.flatMap(({ encryption }) => encryption ?? []), ...bags.flatMap(shroudOf)];
}

function workOf(mac: Mac | undefined, encryptions: Encryption[]): number {
  const start = mac === undefined ? 0 : macWork(mac);
  return encryptions.reduce((sum, { work = 0 }) => sum + work, start);
}

function checkWork(work: number, source: string): void {
  if (work > MOST_WORK) throw new Failure('keystore_too_costly', { source });
}

/** Whatever the parts throw about nonsense means that the file is damaged; the words of a library help nobody. */
function orDamaged<T>(source: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('keystore_damaged', { source });
  }
}

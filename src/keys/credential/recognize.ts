import { createPrivateKey, createPublicKey, type JsonWebKeyInput } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Failure } from '../../failure.js';
import { childrenOf, isContext, parseBer, type Element } from './ber.js';
import { lengthOf } from './damage.js';
import { foreignBinary, foreignText, foreignTextAtOnce, type ForeignCode } from './foreign.js';
import { decodeJwt, type Jwt } from './jwt.js';
import { decodeBase64, parsePem, undressed, type PemBlock } from './pem.js';
import { certificatesOfPkcs7 } from './pkcs7.js';
import { plainText, textOf } from './plain-text.js';

/** What a file turned out to hold. Keys, certificates and requests in DER become the PEM block of the same content. */
export type Material =
  | { kind: 'blocks'; encoding: 'PEM' | 'DER'; blocks: PemBlock[]; container?: 'PKCS#7' }
  | { kind: 'pkcs12' | 'jks' | 'jceks'; bytes: Buffer }
  | { kind: 'jwt'; jwt: Jwt };

/** As {@link Material}, or the name of the other thing that it is. */
export type Identified =
  | Material
  | { kind: 'foreign'; code: ForeignCode }
  /** DER of another length, in bytes, than it says that it has. */
  | { kind: 'damaged'; bytes: number; expected: number }
  | { kind: 'empty' | 'utf16' | 'putty' | 'ssh_public_key' | 'binary' | 'unknown' };

const LARGEST_INPUT = 1_048_576;

/** How many wrappings are taken off: more than anybody puts around a key. */
const DEEPEST = 6;

/** Values of a JSON object that are looked at. */
const MOST_VALUES = 20;

const SEQUENCE = 16;
const INTEGER = 2;
const BIT_STRING = 3;
const OCTET_STRING = 4;

/** The start of ContentInfo (RFC 5652 section 3) with SignedData, EnvelopedData and EncryptedData. */
const PKCS7 = /^30.{2,10}06092a864886f70d01070([236])/;

/** Labels that some program puts around whatever it is given; what is inside counts. */
const GENERIC = /^(.* )?(PRIVATE KEY|PUBLIC KEY|CERTIFICATE|CERTIFICATE REQUEST|PKCS7|CMS)$/;
const OF_THEIR_OWN = /^(OPENSSH|SSH2|DSA)/;

/**
 * Says what the content of a file is, by the content alone, whatever it is wrapped in: base64, once or more, UTF-16 in
 * base64, hexadecimal digits, gzip, JSON, the lines of certutil. What is unwrapped is looked at again. Never throws.
 */
export function identify(input: string | Uint8Array): Identified {
  return identifyAt(typeof input === 'string' ? Buffer.from(input, 'utf8') : Buffer.from(input), 0);
}

/**
 * As {@link identify}, for what has to be key material.
 *
 * @param source what the messages call it
 * @throws Failure `content_unrecognized`, `content_empty`, `content_is_…`, `key_is_utf16`, `key_is_putty`, `key_is_openssh`
 */
export function recognize(content: Uint8Array, source: string): Material {
  const found = identify(content);
  switch (found.kind) {
    case 'foreign':
      throw new Failure(found.code, { source });
    case 'empty':
      throw new Failure('content_empty', { source });
    case 'utf16':
      throw new Failure('key_is_utf16', { source });
    case 'putty':
      throw new Failure('key_is_putty', { source });
    case 'ssh_public_key':
    case 'binary':
    case 'damaged':
    case 'unknown':
      throw new Failure('content_unrecognized', { source });
    case 'blocks':
      return { ...found, blocks: usableBlocks(found.blocks, source) };
    default:
      return found;
  }
}

/** Blocks that say nothing about keys or certificates, such as the parameters before an EC key, are left out. */
function usableBlocks(blocks: PemBlock[], source: string): PemBlock[] {
  if (blocks.some(({ label }) => label === 'OPENSSH PRIVATE KEY')) throw new Failure('key_is_openssh', { source });
  const usable = blocks.filter(({ label }) => /(PRIVATE KEY|PUBLIC KEY|CERTIFICATE|CERTIFICATE REQUEST)$/.test(label));
  if (usable.length === 0) throw new Failure('content_unrecognized', { source });
  return usable;
}

function identifyAt(bytes: Buffer, depth: number): Identified {
  if (bytes.length > LARGEST_INPUT || depth > DEEPEST) return { kind: 'unknown' };
  const binary = identifyBinary(bytes, depth);
  if (binary !== undefined) return binary;
  const text = textOf(bytes).replace(/^\ufeff/, '');
  if (text.trim() === '') return { kind: 'empty' };
  return identifyText(text, depth);
}

function identifyBinary(bytes: Buffer, depth: number): Identified | undefined {
  const magic = bytes.subarray(0, 4).toString('hex');
  if (magic === 'feedfeed') return { kind: 'jks', bytes };
  if (magic === 'cececece') return { kind: 'jceks', bytes };
  const foreign = foreignBinary(bytes);
  if (foreign !== undefined) return { kind: 'foreign', code: foreign };
  if (magic.startsWith('1f8b08')) return unzipped(bytes, depth);
  const utf16 = utf16In(bytes);
  // Such a file is named, since neither sf nor anybody else reads it; inside of base64 it's ours to unwrap.
  if (utf16 !== undefined) return depth === 0 ? { kind: 'utf16' } : identifyText(utf16, depth + 1);
  if (bytes[0] === 0x30) return identifyDer(bytes);
  return bytes.includes(0) ? { kind: 'binary' } : undefined;
}

function unzipped(bytes: Buffer, depth: number): Identified {
  try {
    return identifyAt(gunzipSync(bytes, { maxOutputLength: LARGEST_INPUT }), depth + 1);
  } catch {
    return { kind: 'binary' };
  }
}

/** The text of UTF-16 with a byte order mark, or of a PEM without one. */
function utf16In(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 2).toString('hex');
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  if (mark === 'fffe') return even.toString('utf16le').slice(1);
  if (mark === 'feff') return Buffer.from(even).swap16().toString('utf16le').slice(1);
  if (!bytes.includes(0)) return undefined;
  const text = bytes.filter((byte) => byte !== 0);
  if (text.length < 0.4 * bytes.length || !Buffer.from(text).includes('-----BEGIN')) return undefined;
  return bytes[0] === 0 ? Buffer.from(even).swap16().toString('utf16le') : even.toString('utf16le');
}

function identifyDer(bytes: Buffer): Identified | undefined {
  // PFX (RFC 7292 section 4) begins with version 3. A damaged one is still one, and its reader says that it's damaged.
  if (bytes.subarray(2, 12).toString('hex').includes('02010330')) return { kind: 'pkcs12', bytes };
  const type = PKCS7.exec(bytes.subarray(0, 24).toString('hex'))?.[1];
  if (type === '3' || type === '6') return { kind: 'foreign', code: 'content_is_cms_encrypted' };
  if (type === '2') return pkcs7Blocks(bytes);
  const label = labelOf(bytes);
  if (label === undefined) return damagedDer(bytes);
  return { kind: 'blocks', encoding: 'DER', blocks: [blockOf(label, bytes)] };
}

/** A SEQUENCE with the length in the long form, which every key and certificate of a usable size has. */
function damagedDer(bytes: Buffer): Identified | undefined {
  if ((bytes[1] ?? 0) <= 0x80) return undefined;
  const expected = lengthOf(bytes);
  const isOff = expected !== undefined && expected > 100 && expected !== bytes.length;
  return isOff ? { kind: 'damaged', bytes: bytes.length, expected } : { kind: 'binary' };
}

function pkcs7Blocks(bytes: Buffer): Identified {
  try {
    const blocks = certificatesOfPkcs7(bytes).map((der) => blockOf('CERTIFICATE', der));
    return blocks.length === 0 ? { kind: 'unknown' } : { kind: 'blocks', encoding: 'DER', container: 'PKCS#7', blocks };
  } catch {
    return { kind: 'binary' };
  }
}

function blockOf(label: string, der: Buffer): PemBlock {
  return { label, headers: [], base64: der.toString('base64') };
}

function identifyText(text: string, depth: number): Identified {
  const foreign = foreignTextAtOnce(text);
  if (foreign !== undefined) return { kind: 'foreign', code: foreign };
  const json = identifyJson(text, depth);
  if (json !== undefined) return json;
  const plain = plainText(text);
  const blocks = parsePem(plain);
  if (blocks !== undefined) return identifyBlocks(blocks, depth);
  const trimmed = plain.trim();
  if (trimmed.startsWith('PuTTY-User-Key-File-')) return { kind: 'putty' };
  if (/^(ssh-|ecdsa-sha2-)/.test(trimmed)) return { kind: 'ssh_public_key' };
  const jwt = decodeJwt(undressed(trimmed));
  if (jwt !== undefined) return { kind: 'jwt', jwt };
  const unwrapped = identifyEncoded(trimmed, depth);
  if (unwrapped !== undefined) return unwrapped;
  const code = foreignText(text);
  return code === undefined ? { kind: 'unknown' } : { kind: 'foreign', code };
}

/** A string, a JSON Web Key (RFC 7517), or an object with the key as one of its values. */
function identifyJson(text: string, depth: number): Identified | undefined {
  if (!/^\s*["{[]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value === 'string') return identifyAt(Buffer.from(value), depth + 1);
  if (typeof value !== 'object' || value === null) return undefined;
  const { keys } = value as { keys?: unknown };
  const candidates: unknown[] = Array.isArray(keys) ? keys : [value];
  if (candidates.some(isJwk)) return identifyJwk(candidates.filter(isJwk));
  const found = Object.values(value)
    .filter((each) => typeof each === 'string' && each.length > 100)
    .slice(0, MOST_VALUES)
    .map((each) => identifyAt(Buffer.from(String(each)), depth + 2));
  return found.find(isMaterial) ?? found.find(({ kind }) => kind === 'foreign');
}

type Jwk = JsonWebKeyInput['key'];

function isJwk(value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string';
}

function identifyJwk(candidates: Jwk[]): Identified {
  const jwk = candidates.find((each) => 'd' in each) ?? candidates[0]!;
  try {
    const isPrivate = 'd' in jwk;
    const label = isPrivate ? 'PRIVATE KEY' : 'PUBLIC KEY';
    const key = isPrivate
      ? createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'der' })
      : createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
    return { kind: 'blocks', encoding: 'DER', blocks: [blockOf(label, key)] };
  } catch {
    return { kind: 'foreign', code: 'content_is_jwk' };
  }
}

/** What is in the blocks counts, not what they are called. A store in one of them is the whole file. */
function identifyBlocks(blocks: PemBlock[], depth: number): Identified {
  const found = blocks.map((block) => insideOf(block, depth));
  for (const each of found) if (!Array.isArray(each)) return each;
  const pkcs7 = blocks.length > 0 && blocks.every(({ label }) => label === 'PKCS7' || label === 'CMS');
  return {
    kind: 'blocks',
    encoding: 'PEM',
    blocks: found.flatMap((each) => (Array.isArray(each) ? each : [])),
    ...(pkcs7 ? { container: 'PKCS#7' as const } : {}),
  };
}

function insideOf(block: PemBlock, depth: number): PemBlock[] | Exclude<Identified, { kind: 'blocks' }> {
  const { label, headers, base64 } = block;
  if (headers.length > 0 || base64 === '' || !GENERIC.test(label) || OF_THEIR_OWN.test(label)) return [block];
  const inside = identifyAt(Buffer.from(base64, 'base64'), depth + 1);
  if (inside.kind === 'pkcs12' || inside.kind === 'jks' || inside.kind === 'jceks') return inside;
  if (inside.kind === 'foreign') return inside;
  if (inside.kind !== 'blocks') return [block];
  const [first, ...others] = inside.blocks;
  const isDer = inside.encoding === 'DER' && others.length === 0;
  const same = isDer && first !== undefined && familyOf(first.label) === familyOf(label);
  return same ? [block] : inside.blocks;
}

/** `X509 CERTIFICATE` is a `CERTIFICATE`; the two kinds of plain private keys are not the same. */
function familyOf(label: string): string {
  return /(CERTIFICATE REQUEST|CERTIFICATE)$/.exec(label)?.[1] ?? label;
}

/** Base64 or hexadecimal digits, behind the name of a variable or in quotes, of anything that can be identified. */
function identifyEncoded(text: string, depth: number): Identified | undefined {
  const bare = undressed(
    text
      .replace(/^(?:export\s|setx?\s|\$env:|[-\s])?\s*"?[A-Za-z_][\w.-]{0,60}"?\s?[:=](?!=)\s*[|>]?/i, '')
      .replace(/^data:[\w/.+-]{0,80};base64,/, ''),
  );
  for (const each of new Set([bare, undressed(text), bare.replace(/^b(?=[A-Z])/, '')])) {
    const decoded = /^[0-9a-f]{200,}$/i.test(each) ? Buffer.from(each, 'hex') : decodeBase64(each);
    const inside = decoded === undefined || decoded.length < 8 ? undefined : identifyAt(decoded, depth + 1);
    if (inside !== undefined && FOUND_INSIDE.includes(inside.kind)) return inside;
  }
  return undefined;
}

const MATERIAL = ['blocks', 'pkcs12', 'jks', 'jceks', 'jwt'];
const FOUND_INSIDE = [...MATERIAL, 'foreign', 'damaged', 'putty', 'ssh_public_key'];

function isMaterial(found: Identified): found is Material {
  return MATERIAL.includes(found.kind);
}

/** The PEM label (RFC 7468) that this DER would stand under, by its outermost elements. */
function labelOf(der: Buffer): string | undefined {
  let elements: Element[];
  let inner: Element[];
  try {
    elements = childrenOf(parseBer(der));
    inner = elements[0]?.idBlock.tagNumber === SEQUENCE ? childrenOf(elements[0]) : [];
  } catch {
    return undefined;
  }
  const shape = elements.map((element) => (isContext(element) ? -1 : element.idBlock.tagNumber)).join(' ');
  if (shape === `${SEQUENCE} ${OCTET_STRING}`) return 'ENCRYPTED PRIVATE KEY';
  if (shape === `${SEQUENCE} ${BIT_STRING}`) return 'PUBLIC KEY';
  if (shape === `${INTEGER} ${INTEGER}`) return 'RSA PUBLIC KEY';
  if (shape.startsWith(`${INTEGER} ${SEQUENCE} ${OCTET_STRING}`)) return 'PRIVATE KEY';
  if (shape.startsWith(`${INTEGER} ${OCTET_STRING}`)) return 'EC PRIVATE KEY';
  if (/^2( 2){8}/.test(shape)) return 'RSA PRIVATE KEY';
  if (shape !== `${SEQUENCE} ${SEQUENCE} ${BIT_STRING}`) return undefined;
  // A request has version, subject, key and attributes (RFC 2986 section 4.1); a certificate has six elements or more.
  return inner.length <= 4 ? 'CERTIFICATE REQUEST' : 'CERTIFICATE';
}

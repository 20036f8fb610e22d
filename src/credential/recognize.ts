import { Failure } from '../failure.js';
import { childrenOf, isContext, parseBer, type Element } from './ber.js';
import { decodeJwt, type Jwt } from './jwt.js';
import { parsePem, type PemBlock } from './pem.js';

/** What a file turned out to hold. Keys, certificates and requests in DER become the PEM block of the same content. */
export type Material =
  | { kind: 'blocks'; encoding: 'PEM' | 'DER'; blocks: PemBlock[] }
  | { kind: 'pkcs12' | 'jks' | 'jceks'; bytes: Buffer }
  | { kind: 'jwt'; jwt: Jwt };

const SEQUENCE = 16;
const INTEGER = 2;
const BIT_STRING = 3;
const OCTET_STRING = 4;

/**
 * Says what the content of a file is, by the content alone. A binary file may come as base64, as a CI variable holds it.
 *
 * @param source what the messages call it
 * @throws Failure `content_unrecognized`, `content_empty`, `key_is_utf16`, `key_is_putty`, `key_is_openssh`
 */
export function recognize(content: Buffer, source: string): Material {
  const binary = recognizeBinary(content);
  if (binary !== undefined) return binary;
  const pem = parsePem(content);
  if (pem.kind === 'empty') throw new Failure('content_empty', { source });
  if (pem.kind === 'utf16') throw new Failure('key_is_utf16', { source });
  if (pem.kind === 'putty') throw new Failure('key_is_putty', { source });
  if (pem.kind === 'pem') return { kind: 'blocks', encoding: 'PEM', blocks: usableBlocks(pem.blocks, source) };
  const text = content
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trim();
  const jwt = decodeJwt(text);
  if (jwt !== undefined) return { kind: 'jwt', jwt };
  const decoded = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  const material = decoded === undefined ? undefined : recognizeBinary(decoded);
  if (material === undefined) throw new Failure('content_unrecognized', { source });
  return material;
}

function recognizeBinary(bytes: Buffer): Material | undefined {
  const magic = bytes.subarray(0, 4).toString('hex');
  if (magic === 'feedfeed') return { kind: 'jks', bytes };
  if (magic === 'cececece') return { kind: 'jceks', bytes };
  if (bytes[0] !== 0x30) return undefined;
  // PFX (RFC 7292 section 4) begins with version 3. A damaged one is still one, and its reader says that it's damaged.
  if (bytes.subarray(2, 12).toString('hex').includes('02010330')) return { kind: 'pkcs12', bytes };
  const label = labelOf(bytes);
  if (label === undefined) return undefined;
  return { kind: 'blocks', encoding: 'DER', blocks: [{ label, headers: [], base64: bytes.toString('base64') }] };
}

/** Blocks that say nothing about keys or certificates, such as the parameters before an EC key, are left out. */
function usableBlocks(blocks: PemBlock[], source: string): PemBlock[] {
  if (blocks.some(({ label }) => label === 'OPENSSH PRIVATE KEY')) throw new Failure('key_is_openssh', { source });
  const usable = blocks.filter(({ label }) => /(PRIVATE KEY|PUBLIC KEY|CERTIFICATE|CERTIFICATE REQUEST)$/.test(label));
  if (usable.length === 0) throw new Failure('content_unrecognized', { source });
  return usable;
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

import {
  BaseBlock,
  BmpString,
  Constructed,
  fromBER,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
} from 'asn1js';

/**
 * ASN.1 in BER (X.690), as PKCS#12 files are written in it: DER from most programs, with indefinite lengths and octet
 * strings in pieces from some. The library sets the bounds that a hostile file meets: nesting, nodes, lengths.
 */
export type Element = BaseBlock;

/** What is there isn't the ASN.1 that it has to be. Readers turn it into a `Failure` that names the file. */
export class MalformedError extends Error {
  public override readonly name = 'MalformedError';
}

/** @throws MalformedError */
export function parseBer(bytes: Uint8Array): Element {
  // The library throws for some damage and reports the rest.
  let parsed: ReturnType<typeof fromBER> | undefined;
  try {
    parsed = fromBER(Uint8Array.from(bytes));
  } catch {
    throw new MalformedError();
  }
  if (parsed.offset === -1) throw new MalformedError();
  return parsed.result;
}

/** The elements of a SEQUENCE, of a SET or of an explicit tag. @throws MalformedError for anything else. */
export function childrenOf(element: Element | undefined): Element[] {
  if (!(element instanceof Constructed)) throw new MalformedError();
  return element.valueBlock.value;
}

/** The content of an OCTET STRING, whole or in pieces. @throws MalformedError */
export function octetsOf(element: Element | undefined): Buffer {
  if (!(element instanceof OctetString)) throw new MalformedError();
  return Buffer.from(element.getValue());
}

/** The content of an OCTET STRING under an implicit context tag. @throws MalformedError */
export function implicitOctetsOf(element: Element | undefined): Buffer {
  if (element instanceof Primitive && isContext(element)) return Buffer.from(element.valueBlock.valueHexView);
  if (element instanceof Constructed && isContext(element)) return Buffer.concat(childrenOf(element).map(octetsOf));
  throw new MalformedError();
}

/** @throws MalformedError */
export function oidOf(element: Element | undefined): string {
  if (!(element instanceof ObjectIdentifier)) throw new MalformedError();
  return element.getValue();
}

/** @throws MalformedError */
export function bmpStringOf(element: Element | undefined): string {
  if (!(element instanceof BmpString)) throw new MalformedError();
  return element.getValue();
}

/** An INTEGER that counts something. @throws MalformedError for a negative one, and for one beyond 2^53. */
export function countOf(element: Element | undefined): number {
  if (!(element instanceof Integer)) throw new MalformedError();
  const count = Number(element.toBigInt());
  if (!Number.isSafeInteger(count) || count < 0) throw new MalformedError();
  return count;
}

/** The element as it stands in the file. */
export function encodingOf(element: Element): Buffer {
  return Buffer.from(element.valueBeforeDecodeView);
}

/** Whether this is `[tag]`, or any context tag. */
export function isContext(element: Element | undefined, tag?: number): boolean {
  const { tagClass, tagNumber } = element?.idBlock ?? {};
  return tagClass === 3 && (tag === undefined || tagNumber === tag);
}

export function sequence(...value: Element[]): Sequence {
  return new Sequence({ value });
}

/** `[tag] EXPLICIT` */
export function explicit(tag: number, ...value: Element[]): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber: tag }, value });
}

/** `[tag] IMPLICIT OCTET STRING` */
export function implicitOctets(tag: number, content: Uint8Array): Primitive {
  return new Primitive({ idBlock: { tagClass: 3, tagNumber: tag }, valueHex: Uint8Array.from(content).buffer });
}

export function oid(value: string): ObjectIdentifier {
  return new ObjectIdentifier({ value });
}

export function octets(content: Uint8Array): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(content).buffer });
}

export function integer(value: number): Integer {
  return new Integer({ value });
}

/** AlgorithmIdentifier (RFC 5280 section 4.1.1.2); its parameters are NULL unless they are given. */
export function algorithm(id: string, parameters: Element = new Null()): Sequence {
  return sequence(oid(id), parameters);
}

export function derOf(element: Element): Buffer {
  return Buffer.from(element.toBER());
}

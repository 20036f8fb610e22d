/** The same DER as BER: indefinite lengths everywhere, and every longer OCTET STRING in pieces. */
export function asBer(der: Buffer): Buffer {
  return convert(der, 0).bytes;
}

function convert(der: Buffer, start: number): { bytes: Buffer; end: number } {
  const tag = der[start]!;
  const { length, at } = lengthAt(der, start + 1);
  const end = at + length;
  if ((tag & 0x20) !== 0) {
    const parts: Buffer[] = [];
    for (let next = at; next < end;) {
      const part = convert(der, next);
      parts.push(part.bytes);
      next = part.end;
    }
    return { bytes: Buffer.concat([Buffer.of(tag, 0x80), ...parts, Buffer.alloc(2)]), end };
  }
  const isOctetString = tag === 0x04 || tag === 0x80;
  if (!isOctetString || length < 50) return { bytes: der.subarray(start, end), end };
  const pieces: Buffer[] = [];
  for (let from = at; from < end; from += 100) {
    const piece = der.subarray(from, Math.min(from + 100, end));
    pieces.push(Buffer.of(0x04, piece.length), piece);
  }
  return { bytes: Buffer.concat([Buffer.of(tag | 0x20, 0x80), ...pieces, Buffer.alloc(2)]), end };
}

function lengthAt(der: Buffer, at: number): { length: number; at: number } {
  const first = der[at]!;
  if (first < 0x80) return { length: first, at: at + 1 };
  const size = first & 0x7f;
  return { length: der.readUIntBE(at + 1, size), at: at + 1 + size };
}

/** A copy with one byte changed. @param change 1 to 255 */
export function patched(bytes: Buffer, at: number, change: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ change;
  return copy;
}

import type { Damage, PemBlock } from './pem.js';

/** What a failure says about a damaged block. */
type DamageData = { variant?: Damage['variant'] | 'length' } & Partial<
  Record<'characters' | 'line' | 'column' | 'bytes' | 'expected', number>
>;

/** No key and no certificate is shorter. Bytes. */
const SHORTEST = 130;

/** Where a block is damaged and how long it is, never what it holds; nothing where that doesn't show. */
export function damageOf({ headers, base64, damage }: PemBlock): DamageData {
  if (damage !== undefined) return damage;
  const bytes = Buffer.from(base64, 'base64');
  const expected = headers.length > 0 ? undefined : lengthOf(bytes);
  // What is wrong at the very start has a length that means nothing.
  if (expected === undefined || expected < SHORTEST || expected === bytes.length) return {};
  return { variant: 'length', bytes: bytes.length, expected };
}

/** How long DER says that it is (X.690 section 8.1.3); undefined for what isn't a SEQUENCE. */
export function lengthOf(der: Buffer): number | undefined {
  const first = der[1];
  if (der[0] !== 0x30 || first === undefined) return undefined;
  if (first < 0x80) return first + 2;
  const size = first - 0x80;
  if (size < 1 || size > 3 || der.length < 2 + size) return undefined;
  return 2 + size + der.readUIntBE(2, size);
}

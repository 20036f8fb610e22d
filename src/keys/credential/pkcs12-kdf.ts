import { hash } from 'node:crypto';

/** The diversifier of RFC 7292 appendix B.3: what the derived bytes are for. */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

/** Block size in bytes of each hash that a PKCS#12 file may be derived with. */
const BLOCK_SIZE: Record<string, number> = { sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128 };

/** What each of them gives, in bytes. */
export const HASH_SIZE: Record<string, number> = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 };

/** A password as PKCS#12 takes it: UTF-16 big-endian with two zero bytes at the end (RFC 7292 appendix B.1). */
export function bmpPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

/**
 * The key derivation of RFC 7292 appendix B.2. Node.js offers it nowhere, and a MAC can't be checked without it.
 *
 * @param digest a hash of node:crypto by its name: sha1, sha224, sha256, sha384, sha512
 * @param password as {@link bmpPassword} gives it, or no bytes at all: some programs write an empty password so
 */
export function deriveBytes(
  digest: string,
  purpose: (typeof PURPOSE)[keyof typeof PURPOSE],
  { password, salt, iterations }: { password: Buffer; salt: Buffer; iterations: number },
  length: number,
): Buffer {
  const size = BLOCK_SIZE[digest]!;
  const input = Buffer.concat([repeated(salt, size), repeated(password, size)]);
  const derived: Buffer[] = [];
  for (let have = 0; have < length; have += derived.at(-1)!.length) {
    let block = hash(digest, Buffer.concat([Buffer.alloc(size, purpose), input]), 'buffer');
    for (let round = 1; round < iterations; round++) block = hash(digest, block, 'buffer');
    derived.push(block);
    const increment = Buffer.alloc(size);
    for (let at = 0; at < size; at++) increment[at] = block[at % block.length]!;
    for (let at = 0; at < input.length; at += size) addWithOne(input.subarray(at, at + size), increment);
  }
  return Buffer.concat(derived).subarray(0, length);
}

/** The bytes over and over, up to whole blocks; none stay none. */
function repeated(bytes: Buffer, size: number): Buffer {
  const filled = Buffer.alloc(Math.ceil(bytes.length / size) * size);
  for (let at = 0; at < filled.length; at++) filled[at] = bytes[at % bytes.length]!;
  return filled;
}

/** block := block + increment + 1, as big-endian numbers, without the carry beyond the block. */
function addWithOne(block: Buffer, increment: Buffer): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    carry += block[at]! + increment[at]!;
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

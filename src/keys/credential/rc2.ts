/**
 * RC2 in CBC mode (RFC 2268), to read alone: Windows, macOS and older OpenSSL put certificates into PKCS#12 files under
 * it, with 40 bits of key, and OpenSSL 3 offers it no more. Nothing here is fit to protect anything.
 */

/** PITABLE of RFC 2268 section 2: a permutation of the bytes, from the digits of pi. */
const PI = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);

/**
 * @param effectiveBits the strength that the key is cut to, whatever its length (RFC 2268 section 2)
 * @param data whole blocks of 8 bytes
 * @returns the plaintext with its padding
 */
export function decryptRc2(key: Uint8Array, effectiveBits: number, iv: Uint8Array, data: Uint8Array): Buffer {
  const schedule = expandKey(key, effectiveBits);
  const plain = Buffer.alloc(data.length);
  let previous = Buffer.from(iv);
  for (let at = 0; at + 8 <= data.length; at += 8) {
    const block = Buffer.from(data.subarray(at, at + 8));
    const words = decryptBlock(block, schedule);
    for (let index = 0; index < 4; index++) {
      plain.writeUInt16LE(words[index]! ^ previous.readUInt16LE(index * 2), at + index * 2);
    }
    previous = block;
  }
  return plain;
}

/** RFC 2268 section 2: 64 words of 16 bits. */
function expandKey(key: Uint8Array, effectiveBits: number): number[] {
  const length = key.length;
  const effectiveBytes = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * effectiveBytes - effectiveBits);
  const bytes = Buffer.alloc(128);
  bytes.set(key);
  for (let i = length; i < 128; i++) bytes[i] = PI[(bytes[i - 1]! + bytes[i - length]!) & 0xff]!;
  bytes[128 - effectiveBytes] = PI[bytes[128 - effectiveBytes]! & mask]!;
  for (let i = 127 - effectiveBytes; i >= 0; i--) bytes[i] = PI[bytes[i + 1]! ^ bytes[i + effectiveBytes]!]!;
  return Array.from({ length: 64 }, (_, index) => bytes.readUInt16LE(index * 2));
}

/** RFC 2268 section 4: five mixing rounds, a mashing round, six, a mashing round, five, all backwards. */
function decryptBlock(block: Buffer, schedule: number[]): number[] {
  const words = [0, 2, 4, 6].map((at) => block.readUInt16LE(at));
  const turns = [1, 2, 3, 5];
  let next = 63;
  const before = (index: number, distance: number): number => words[(index + 4 - distance) & 3]!;
  const mix = (): void => {
    for (let i = 3; i >= 0; i--) {
      const rotated = (words[i]! >>> turns[i]!) | (words[i]! << (16 - turns[i]!));
      const sum = schedule[next--]! + (before(i, 1) & before(i, 2)) + (~before(i, 1) & before(i, 3));
      words[i] = (rotated - sum) & 0xffff;
    }
  };
  const mash = (): void => {
    for (let i = 3; i >= 0; i--) words[i] = (words[i]! - schedule[before(i, 1) & 63]!) & 0xffff;
  };
  for (const [rounds, mashes] of [
    [5, true],
    [6, true],
    [5, false],
  ] as const) {
    for (let round = 0; round < rounds; round++) mix();
    if (mashes) mash();
  }
  return words;
}

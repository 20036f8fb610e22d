import { expect } from 'chai';
import { decryptRc2 } from '../../../src/keys/credential/rc2.js';

/** RFC 2268 section 5: key, effective bits, plaintext, ciphertext. */
const VECTORS: Array<[string, number, string, string]> = [
  ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
  ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
  ['88', 64, '0000000000000000', '61a8a244adacccf0'],
  ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
  ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
  ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ['88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e', 129, '0000000000000000', '5b78d3a43dfff1f1'],
];

describe('RC2', () => {
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

  for (const [key, bits, plain, cipher] of VECTORS) {
    it(`decrypts with ${bits} effective bits of ${key.length / 2} bytes, as RFC 2268 says`, () => {
      expect(decryptRc2(bytes(key), bits, Buffer.alloc(8), bytes(cipher)).toString('hex')).to.equal(plain);
    });
  }

  it('chains blocks: each is mixed with the ciphertext before it', () => {
    const [[key, bits, , cipher]] = VECTORS as [(typeof VECTORS)[0]];
    const plain = decryptRc2(bytes(key), bits, bytes('ffffffffffffffff'), bytes(cipher + cipher));
    expect(plain.toString('hex')).to.equal(`ffffffffffffffff${cipher}`);
  });
});

import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { chainsOf, type LooseCertificate } from '../../../src/keys/credential/certificate-chain.js';
import { certificateOf } from '../../support/certificates.js';
import { Folder, pair, type Pair } from '../../support/keystores.js';
import { hasOpenssl, needs, processorTime } from '../../support/tools.js';

describe('certificates of a key', () => {
  const folder = new Folder();
  let server: Pair;
  let other: Pair;
  let short: Buffer;
  let long: Buffer;

  before(async () => {
    [server, other] = await Promise.all([pair(), pair('other')]);
    [short, long] = await Promise.all([ending(10), ending(700)]);
  });

  const ending = async (days: number): Promise<Buffer> =>
    new X509Certificate(await certificateOf(server.key, 'server', days)).raw;

  const loose = (der: Buffer, localKeyId?: string): LooseCertificate => ({ alias: undefined, localKeyId, der });
  const chainOf = (localKeyId: string | undefined, certificates: LooseCertificate[]): Buffer[] =>
    chainsOf([{ alias: undefined, localKeyId, key: server.key }], certificates).keys[0]!.chain;

  it('has the one with its key and its id first, whatever their order', () => {
    for (const certificates of [
      [loose(short, '01'), loose(long, '02')],
      [loose(long, '02'), loose(short, '01')],
    ]) {
      expect(chainOf('01', certificates)).to.deep.equal([short]);
      expect(chainOf('02', certificates)).to.deep.equal([long]);
    }
  });

  it('has, where no id matches, the one with its key that ends last', () => {
    for (const certificates of [
      [loose(short), loose(long)],
      [loose(long), loose(short)],
    ]) {
      expect(chainOf(undefined, certificates)).to.deep.equal([long]);
      expect(chainOf('03', certificates)).to.deep.equal([long]);
    }
    expect(chainOf('01', [loose(other.der, '01'), loose(short)])).to.deep.equal([short]);
  });

  it('has one with its id alone where there is no other', () => {
    expect(chainOf('01', [loose(other.der, '01'), loose(other.der)])).to.deep.equal([other.der]);
    expect(chainOf(undefined, [loose(other.der)])).to.deep.equal([]);
  });

  it('is found among thousands of certificates in linear time', function test() {
    needs(this, hasOpenssl, 'openssl');
    const [leaf] = folder.chainOf(server);
    const certificates = Array.from({ length: 6000 }, () => loose(leaf));
    const start = processorTime();
    expect(chainOf(undefined, certificates)).to.deep.equal([leaf]);
    expect(processorTime() - start).to.be.below(3000);
  });
});

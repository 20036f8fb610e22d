import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readConversionSource } from '../../../src/flows/convert/convert.js';
import { writeJks } from '../../../src/keys/credential/jks.js';
import { writePkcs12 } from '../../../src/keys/credential/pkcs12-write.js';
import type { StoreKeySecrets } from '../../../src/machine/files/store-key.js';
import { rejectionOf } from '../../support/failures.js';
import { Folder, pair, type Pair } from '../../support/keystores.js';
import { hasOpenssl, needs, tool } from '../../support/tools.js';

const PASSWORD = 'correct horse';
const NO_SECRETS: StoreKeySecrets = { given: [], ask: undefined, keys: () => Promise.resolve([]) };
const GIVEN: StoreKeySecrets = { ...NO_SECRETS, given: ['of something else', PASSWORD] };

const pemOf = (der: Buffer): string => new X509Certificate(der).toString();

describe('The certificate beside a key that is converted', () => {
  const folder = new Folder();
  let server: Pair;
  let other: Pair;
  let leaf: Buffer;
  let issuer: Buffer;

  before(async function () {
    needs(this, hasOpenssl, 'openssl');
    [server, other] = await Promise.all([pair(), pair('other')]);
    [leaf, issuer] = folder.ellipticChainOf(server);
  });

  /** The chain that a key gets from a file. DER. */
  async function chainFrom(content: Buffer | string, secrets = NO_SECRETS): Promise<Buffer[]> {
    const given = { content: Buffer.from(content), source: 'given' };
    const certificates = { given, beside: () => Promise.resolve(undefined), secretsOf: () => Promise.resolve(secrets) };
    const none = { keyPassphrase: () => Promise.resolve(undefined), store: NO_SECRETS };
    const from = { content: Buffer.from(server.keyPem), source: 'server.key' };
    return (await readConversionSource(from, certificates, undefined, none)).entry.chain;
  }

  function pkcs7(ders: Buffer[], form: 'PEM' | 'DER'): Buffer {
    const out = folder.at('p7b');
    const input = folder.save(ders.map(pemOf).join(''), 'pem');
    tool('openssl', ['crl2pkcs7', '-nocrl', '-certfile', input, '-outform', form, '-out', out]);
    return readFileSync(out);
  }

  const store = (
    chain: Buffer[],
    { key } = server,
  ): { alias: string; key: typeof key; chain: Buffer[]; password: string } => {
    return { alias: 'own', key, chain, password: PASSWORD };
  };

  it('is taken with its issuer out of every format, in whatever order they lie', async () => {
    for (const order of [
      [leaf, issuer, other.der],
      [issuer, leaf, other.der],
      [other.der, issuer, leaf],
    ]) {
      const pem = order.map(pemOf).join('');
      for (const [name, content] of Object.entries({
        'PEM': pem,
        'base64 of PEM': Buffer.from(pem).toString('base64'),
        'PKCS#7 in PEM': pkcs7(order, 'PEM'),
        'PKCS#7 in DER': pkcs7(order, 'DER'),
        'PKCS#7 in DER and base64': pkcs7(order, 'DER').toString('base64'),
      })) {
        expect(await chainFrom(content), name).to.deep.equal([leaf, issuer]);
      }
    }
    expect(await chainFrom(leaf), 'DER').to.deep.equal([leaf]);
  });

  it('is taken with its issuer out of a keystore that the passphrase opens, whoever asks for it', async () => {
    const chain = [leaf, issuer];
    const keytoolLess = writeJks(store(chain), new Date(), randomBytes);
    const trust = folder.at('p12');
    const pass = ['-passout', `pass:${PASSWORD}`];
    tool('openssl', [
      'pkcs12',
      '-export',
      '-nokeys',
      '-in',
      folder.save([issuer, leaf].map(pemOf).join(''), 'pem'),
      '-out',
      trust,
      ...pass,
    ]);
    for (const [name, content] of Object.entries({
      'PKCS#12': writePkcs12(store(chain), 'modern', randomBytes),
      'PKCS#12 in base64': writePkcs12(store(chain), 'modern', randomBytes).toString('base64'),
      'PKCS#12 without a key': readFileSync(trust),
      'JKS': keytoolLess,
    })) {
      expect(await chainFrom(content, GIVEN), name).to.deep.equal(chain);
      const asked: boolean[] = [];
      const ask = (wrong = false): Promise<string> => {
        asked.push(wrong);
        return Promise.resolve(wrong ? PASSWORD : 'typo');
      };
      expect(await chainFrom(content, { ...NO_SECRETS, ask }), name).to.deep.equal(chain);
      expect(asked, name).to.deep.equal(name === 'JKS' ? [] : [false, true]);
    }
    const pfx = writePkcs12(store(chain), 'modern', randomBytes);
    await rejectionOf('keystore_passphrase_missing', chainFrom(pfx));
    await rejectionOf('keystore_passphrase_wrong', chainFrom(pfx, { ...NO_SECRETS, given: ['wrong one'] }));
  });

  it('is refused where it is another’s, whatever the format', async () => {
    const chain = [other.der];
    for (const content of [
      pemOf(other.der),
      other.der,
      pkcs7(chain, 'PEM'),
      pkcs7(chain, 'DER'),
      writePkcs12(store(chain, other), 'modern', randomBytes),
      writeJks(store(chain, other), new Date(), randomBytes),
    ]) {
      await rejectionOf('certificates_not_of_key', chainFrom(content, GIVEN));
    }
    await rejectionOf('certificate_not_pem', chainFrom(other.keyPem));
  });
});

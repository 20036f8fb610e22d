import { randomBytes, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { chosenCertificate, readCertificates } from '../../../src/machine/files/certificate-input.js';
import { readCredentialInput } from '../../../src/machine/files/credential-input.js';
import { readKeyInput, type KeySources } from '../../../src/machine/files/key-input.js';
import { inspect } from '../../../src/flows/inspect/inspect.js';
import { writeJks } from '../../../src/keys/credential/jks.js';
import { writePkcs12 } from '../../../src/keys/credential/pkcs12-write.js';
import { openPkcs12, readPkcs12 } from '../../../src/keys/credential/pkcs12.js';
import { rejectionOf, failureOf } from '../../support/failures.js';
import { Folder, pair, type Pair } from '../../support/keystores.js';
import { withPbmac1 } from '../../support/pbmac1.js';
import { hasKeytool, hasOpenssl, needs, tool } from '../../support/tools.js';

const PASSWORD = 'a passphrase';

describe('a keystore as input', () => {
  const folder = new Folder();
  let server: Pair;
  let other: Pair;
  let pfx: Buffer;
  let jks: Buffer;

  before(async () => {
    [server, other] = [await pair(), await pair('other')];
    const store = { alias: 'server', key: server.key, chain: [server.der], password: PASSWORD };
    pfx = writePkcs12(store, 'modern', randomBytes);
    jks = writeJks(store, new Date(), randomBytes);
  });

  const sources = (
    file: string | undefined,
    environment: NodeJS.ProcessEnv,
    rest: Partial<KeySources> = {},
  ): KeySources => {
    return {
      file,
      environment,
      stdin: Readable.from([]),
      passphraseFile: undefined,
      askPassphrase: undefined,
      ...rest,
    };
  };
  const STORE = { SF_JWT_STORE_PASSPHRASE: PASSWORD };

  it('gives its key, from a file and in base64 from SF_JWT_KEY, wherever the passphrase is', async () => {
    const passphrase = folder.save(`${PASSWORD}\n`, 'txt');
    for (const [bytes, extension] of [
      [pfx, 'p12'],
      [jks, 'jks'],
    ] as const) {
      const file = folder.save(bytes, extension);
      const certutil = `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;
      for (const each of [
        sources(file, STORE),
        sources(file, { SF_JWT_FROM_PASSPHRASE: PASSWORD }),
        sources(file, { SF_JWT_KEY_PASSPHRASE: PASSWORD }),
        sources(file, {}, { passphraseFile: passphrase }),
        sources(
          file,
          { SF_JWT_KEY_PASSPHRASE: 'of something else' },
          { store: { passphraseFile: passphrase, alias: undefined } },
        ),
        sources(file, {}, { askPassphrase: () => Promise.resolve(PASSWORD) }),
        sources(undefined, { ...STORE, SF_JWT_KEY: bytes.toString('base64') }),
        sources(undefined, { ...STORE, SF_JWT_KEY: certutil }),
      ]) {
        const input = await readKeyInput(each);
        expect(input?.key?.equals(server.key)).to.equal(true);
        expect(input).to.include({ encrypted: true, asIs: false });
      }
      await rejectionOf('keystore_passphrase_missing', readKeyInput(sources(file, {})));
      await rejectionOf(
        'keystore_passphrase_wrong',
        readKeyInput(sources(file, { SF_JWT_STORE_PASSPHRASE: 'wrong one' })),
      );
    }
  });

  it('asks a person again for a wrong passphrase, three times in all', async () => {
    const encrypted = server.key
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD })
      .toString();
    const files = [folder.save(encrypted, 'key'), folder.save(jks, 'jks'), folder.save(pfx, 'p12')];
    for (const [index, file] of files.entries()) {
      const asked: boolean[] = [];
      const answers = (...all: string[]) => ({
        askPassphrase: (wrong = false) => {
          asked.push(wrong);
          return Promise.resolve(all[asked.length - 1] ?? '');
        },
      });
      const input = await readKeyInput(sources(file, {}, answers('typo', 'another', PASSWORD)));
      expect(input?.key?.equals(server.key)).to.equal(true);
      expect(asked.splice(0)).to.deep.equal([false, true, true]);
      const code = index === 0 ? 'key_passphrase_wrong' : 'keystore_passphrase_wrong';
      await rejectionOf(code, readKeyInput(sources(file, {}, answers('a', 'b', 'c', PASSWORD))));
      expect(asked).to.deep.equal([false, true, true]);
    }
  });

  it('gives the key of the alias, with a passphrase of its own too', async function () {
    needs(this, hasKeytool && hasOpenssl, 'keytool and openssl');
    const file = folder.save(folder.twoPassphrases(server, other, PASSWORD), 'jks');
    const alias = (name: string) => ({ store: { passphraseFile: undefined, alias: name } });
    await rejectionOf('keystore_alias_ambiguous', readKeyInput(sources(file, STORE)));
    await rejectionOf('keystore_alias_unknown', readKeyInput(sources(file, STORE, alias('three'))));
    expect((await readKeyInput(sources(file, STORE, alias('ONE'))))?.key?.equals(server.key)).to.equal(true);
    await rejectionOf('keystore_key_passphrase_differs', readKeyInput(sources(file, STORE, alias('two'))));
    const both = { ...STORE, SF_JWT_KEY_PASSPHRASE: 'another-one' };
    expect((await readKeyInput(sources(file, both, alias('two'))))?.key?.equals(other.key)).to.equal(true);
  });

  it('gives its certificate, of a JKS without a passphrase', async () => {
    for (const [bytes, environment] of [
      [pfx, STORE],
      [jks, {}],
    ] as const) {
      const certificates = await readCertificates(folder.save(bytes, 'store'), sources(undefined, environment));
      expect(chosenCertificate(certificates, undefined).der.equals(server.der)).to.equal(true);
    }
    await rejectionOf('keystore_passphrase_missing', readCertificates(folder.save(pfx, 'p12'), sources(undefined, {})));
  });

  it('is a certificate and its key for an app', async () => {
    const [file, key] = [folder.save(jks, 'jks'), folder.save(pfx, 'p12')];
    const now = new Date(new X509Certificate(server.der).validFrom);
    const { certificate, input } = await readCredentialInput(file, sources(key, STORE), now);
    expect([certificate.der.equals(server.der), input?.key?.equals(server.key)]).to.deep.equal([true, true]);
  });

  it('gives the key of its certificate too, where a passphrase opens it and no other key is named', async () => {
    const now = new Date(new X509Certificate(server.der).validFrom);
    const files = [folder.save(pfx, 'p12'), folder.save(jks, 'jks')];
    for (const file of files) {
      const { input } = await readCredentialInput(file, sources(undefined, STORE), now);
      expect([input?.key?.equals(server.key), input?.path]).to.deep.equal([true, file]);
    }
    const closed = await readCredentialInput(files[1]!, sources(undefined, {}), now);
    expect([closed.certificate.der.equals(server.der), closed.input]).to.deep.equal([true, undefined]);
    const named = readCredentialInput(files[0]!, sources(folder.save(other.keyPem, 'key'), STORE), now);
    await rejectionOf('key_certificate_mismatch', named);
  });

  describe('with certificates of issuers', () => {
    let leaf: Buffer;
    let issuer: Buffer;
    let pems: string[];
    before(function () {
      needs(this, hasOpenssl, 'openssl');
      [leaf, issuer] = folder.chainOf(server);
      pems = [leaf, issuer].map((der) => new X509Certificate(der).toString());
    });

    const chosen = async (content: string | Buffer, withKey = true): Promise<Buffer> => {
      const certificates = await readCertificates(folder.save(content, 'crt'));
      return chosenCertificate(certificates, withKey ? signerOf(server.key) : undefined).der;
    };

    it('takes that of the key, in whatever order they lie', async () => {
      for (const content of [
        pems.join(''),
        pems.toReversed().join(''),
        `${pems[1]}${other.certificatePem}${pems[0]}`,
      ]) {
        expect((await chosen(content)).equals(leaf)).to.equal(true);
      }
      failureOf('certificate_is_bundle', () =>
        chosenCertificate({ source: 'x', container: undefined, blocks: pems.map(blockOf) }, undefined),
      );
    });

    it('takes PKCS#7, in PEM and DER, with and without a key', async () => {
      const files = pems.toReversed().map((pem) => folder.save(pem, 'pem'));
      for (const form of ['PEM', 'DER']) {
        const out = folder.at('p7b');
        const from = files.flatMap((file) => ['-certfile', file]);
        tool('openssl', ['crl2pkcs7', '-nocrl', ...from, '-outform', form, '-out', out]);
        const certificates = await readCertificates(out);
        expect(certificates.container).to.equal('PKCS#7');
        for (const key of [signerOf(server.key), undefined])
          expect(chosenCertificate(certificates, key).der.equals(leaf)).to.equal(true);
        const { readFileSync } = await import('node:fs');
        const inspected = await inspect(
          readFileSync(out),
          out,
          { keyPassphrase: () => Promise.resolve(undefined), store: { given: [], ask: undefined } },
          new Date(),
        );
        expect(inspected).to.include({ kind: 'certificate', container: 'PKCS#7', encoding: form });
        expect(inspected).to.have.property('certificates').with.length(2);
      }
      writeFileSync(folder.at('p7b'), '');
    });
  });

  it('is read with a MAC of PBMAC1, and refused with the wrong passphrase', () => {
    for (const [prf, hmac, digest, length] of [
      ['1.2.840.113549.2.9', '1.2.840.113549.2.9', 'sha256', 32],
      ['1.2.840.113549.2.11', '1.2.840.113549.2.11', 'sha512', 64],
    ] as const) {
      const file = withPbmac1(pfx, PASSWORD, { prf, hmac, digest, length });
      const { keys } = openPkcs12(readPkcs12(file, 'x'), PASSWORD);
      expect(keys[0]?.key.equals(server.key)).to.equal(true);
      failureOf('keystore_passphrase_wrong', () => openPkcs12(readPkcs12(file, 'x'), 'wrong'));
    }
    const short = withPbmac1(pfx, PASSWORD, {
      prf: '1.2.840.113549.2.9',
      hmac: '1.2.840.113549.2.9',
      digest: 'sha256',
      length: 16,
    });
    failureOf('keystore_damaged', () => readPkcs12(short, 'x'));
    const costly = withPbmac1(
      pfx,
      PASSWORD,
      { prf: '1.2.840.113549.2.9', hmac: '1.2.840.113549.2.9', digest: 'sha256', length: 32 },
      50_000_000,
    );
    failureOf('keystore_too_costly', () => readPkcs12(costly, 'x'));
  });
});

function blockOf(pem: string) {
  return { label: 'CERTIFICATE', headers: [], base64: pem.replace(/-----[^-]+-----|\n/g, '') };
}

/** Keys, certificates and keystores for the tests: a few keys for all of them, since generating RSA keys is slow. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosedEntry, KeyEntry, StoreContent } from '../../src/keys/credential/keystore.js';
import { certificateOf, rsaKey } from './certificates.js';
import { tool } from './tools.js';

/** A private key with its certificate, in every form that a test may want. */
export type Pair = { name: string; key: KeyObject; keyPem: string; certificatePem: string; der: Buffer };

const pairs = new Map<string, Promise<Pair>>();

/** The pair of this name, the same one for the whole run of the tests. */
export function pair(name = 'server', size = 2048): Promise<Pair> {
  const known = pairs.get(`${name} ${size}`);
  if (known !== undefined) return known;
  const made = makePair(name, rsaKey(size));
  pairs.set(`${name} ${size}`, made);
  return made;
}

export async function makePair(name: string, key: KeyObject): Promise<Pair> {
  const certificatePem = await certificateOf(key, name);
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { name, key, keyPem, certificatePem, der: new X509Certificate(certificatePem).raw };
}

/** The content of a JKS whose keys are all open. @throws Failure why the first closed one is closed */
export function allOpen({ keys, certificates }: StoreContent<KeyEntry | ClosedEntry>): StoreContent {
  const open = keys.map((entry) => {
    if ('failure' in entry) throw entry.failure;
    return entry;
  });
  return { keys: open, certificates };
}

/** PKCS#8 in DER, by which keys are compared byte for byte. */
export function pkcs8(key: KeyObject | string): string {
  const object = typeof key === 'string' ? createPrivateKey(key) : key;
  return object.export({ type: 'pkcs8', format: 'der' }).toString('hex');
}

/** A folder for the files that openssl and keytool want; gone when the tests end. */
export class Folder {
  public readonly path = mkdtempSync(join(tmpdir(), 'keystores-'));
  private count = 0;

  public constructor() {
    after(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** A path that nothing is at. */
  public at(extension: string): string {
    return join(this.path, `${++this.count}.${extension}`);
  }

  public save(content: string | Buffer, extension: string): string {
    const path = this.at(extension);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** A certificate of the pair's key that an authority issued, and that of the authority. DER. */
  public chainOf(pairs: Pair): [leaf: Buffer, issuer: Buffer] {
    return this.issuedBy(['-newkey', 'rsa:2048'], pairs, `/CN=${pairs.name}`);
  }

  /** As {@link chainOf}, by an authority with an elliptic key. */
  public ellipticChainOf(pairs: Pair, subject = `/CN=${pairs.name}`): [leaf: Buffer, issuer: Buffer] {
    return this.issuedBy(['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], pairs, subject);
  }

  private issuedBy(newKey: string[], { keyPem }: Pair, subject: string): [leaf: Buffer, issuer: Buffer] {
    const [key, request, leaf, authorityKey, authority] = ['key', 'csr', 'crt', 'key', 'crt'].map((each) =>
      this.at(each),
    ) as [string, string, string, string, string];
    writeFileSync(key, keyPem);
    const own = [...newKey, '-nodes', '-keyout', authorityKey, '-out', authority, '-subj', '/CN=Authority'];
    tool('openssl', ['req', '-x509', ...own]);
    tool('openssl', ['req', '-new', '-key', key, '-out', request, '-subj', subject]);
    const by = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial', '-days', '100'];
    tool('openssl', ['x509', '-req', '-in', request, '-out', leaf, ...by]);
    return [new X509Certificate(readFileSync(leaf)).raw, new X509Certificate(readFileSync(authority)).raw];
  }

  /** A PKCS#12 file as OpenSSL makes it. */
  public opensslPkcs12({ keyPem, certificatePem }: Pair, password: string, ...options: string[]): Buffer {
    const path = this.at('p12');
    const [key, certificate] = [this.save(keyPem, 'key'), this.save(certificatePem, 'crt')];
    const passout = ['-passout', `file:${this.save(`${password}\n`, 'txt')}`];
    tool('openssl', ['pkcs12', '-export', '-inkey', key, '-in', certificate, '-out', path, ...passout, ...options]);
    return readFileSync(path);
  }

  /** A store that keytool made of PKCS#12 files, an entry each. */
  public keytoolStore(type: 'JKS' | 'JCEKS' | 'PKCS12', sources: Record<string, Buffer>, password: string): Buffer {
    const path = this.at('store');
    for (const [alias, pkcs12] of Object.entries(sources)) {
      const source = this.save(pkcs12, 'p12');
      const from = ['-srckeystore', source, '-srcstoretype', 'PKCS12', '-srcstorepass', password, '-srcalias', '1'];
      const to = ['-destkeystore', path, '-deststoretype', type, '-deststorepass', password, '-destalias', alias];
      tool('keytool', ['-importkeystore', '-noprompt', ...from, ...to]);
    }
    return readFileSync(path);
  }

  /** A JKS with the keys "one" and "two", where the passphrase of "two" isn't that of the store. */
  public twoPassphrases(one: Pair, two: Pair, password: string): Buffer {
    const sources = { one: this.opensslPkcs12(one, password), two: this.opensslPkcs12(two, password) };
    const path = this.save(this.keytoolStore('JKS', sources, password), 'jks');
    const change = ['-keystore', path, '-storepass', password, '-alias', 'two', '-keypass', password];
    tool('keytool', ['-keypasswd', ...change, '-new', 'another-one']);
    return readFileSync(path);
  }

  /** The private key of a store, as keytool and OpenSSL read it: PKCS#8 in hexadecimal digits. */
  public keyOf(store: Buffer, type: 'JKS' | 'PKCS12', password: string, alias?: string): string {
    let pkcs12 = this.save(store, 'store');
    if (type === 'JKS') {
      const target = this.at('p12');
      const from = ['-srckeystore', pkcs12, '-srcstoretype', type, '-srcstorepass', password];
      const only = alias === undefined ? [] : ['-srcalias', alias];
      const to = ['-destkeystore', target, '-deststoretype', 'PKCS12', '-deststorepass', password];
      tool('keytool', ['-importkeystore', '-noprompt', ...from, ...only, ...to]);
      pkcs12 = target;
    }
    const passin = ['-passin', `file:${this.save(`${password}\n`, 'txt')}`];
    return pkcs8(tool('openssl', ['pkcs12', '-in', pkcs12, ...passin, '-nocerts', '-nodes']));
  }
}

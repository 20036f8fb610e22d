import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import type { Pair } from './workplace.js';

const MAGIC = 0xfeedfeed;
/** PrivateKeyInfo protector of the Sun provider, 1.3.6.1.4.1.42.2.17.1.1, with its NULL parameters; DER. */
const PROTECTOR = Buffer.from('300e060a2b060104012a021101010500', 'hex');

const sha1 = (...parts: Buffer[]): Buffer => createHash('sha1').update(Buffer.concat(parts)).digest();
const uint32 = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
const sized = (bytes: Buffer): Buffer => Buffer.concat([uint32(bytes.length), bytes]);
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value, 'latin1')]);
const der = (tag: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag, 0x82, bytes.length >>> 8, bytes.length & 0xff]), bytes]);

/**
 * A Java keystore (JKS) with one key and its certificate, as "Export to Keystore" in Setup gives it. keytool makes none with
 * an empty passphrase, so the format is written out here.
 */
export function exportedKeystore({ key, certificate }: Pair, alias: string, passphrase = ''): Buffer {
  const password = Buffer.from(passphrase, 'utf16le').swap16();
  const chain = [text('X.509'), sized(new X509Certificate(certificate).raw)];
  const entry = [uint32(1), text(alias), Buffer.alloc(8), sized(protect(key, password)), uint32(1), ...chain];
  const content = Buffer.concat([uint32(MAGIC), uint32(2), uint32(1), ...entry]);
  return Buffer.concat([content, sha1(password, Buffer.from('Mighty Aphrodite'), content)]);
}

/** EncryptedPrivateKeyInfo: salt, the PKCS#8 key under a stream of SHA-1 digests, and a digest to check it by. */
function protect(pem: string, password: Buffer): Buffer {
  const plain = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  const salt = randomBytes(20);
  const stream: Buffer[] = [];
  let digest: Buffer = salt;
  while (stream.length * 20 < plain.length) {
    digest = sha1(password, digest);
    stream.push(digest);
  }
  const pad = Buffer.concat(stream);
  const encrypted = Buffer.from(plain.map((byte, index) => byte ^ (pad[index] ?? 0)));
  return der(0x30, Buffer.concat([PROTECTOR, der(0x04, Buffer.concat([salt, encrypted, sha1(password, plain)]))]));
}

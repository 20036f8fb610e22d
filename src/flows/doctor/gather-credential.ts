import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Signer } from '../../keys/signer/signer.js';
import { Failure, isFailure } from '../../failure.js';
import { certificatePem, readCertificate } from '../../keys/credential/certificate.js';
import { keySize } from '../../keys/credential/private-key.js';
import { chosenCertificate, readCertificates } from '../../machine/files/certificate-input.js';
import { certificateFileBeside, readKeyInput, type KeyInput, type KeySources } from '../../machine/files/key-input.js';
import { requirePath } from '../../machine/files/path-value.js';
import { isReadableByOthers } from '../../machine/files/passphrase.js';
import { readStoredKey } from '../../machine/files/stored-key.js';
import { isTemporary } from '../../machine/files/temporary-folder.js';
import type { CertificateFacts, KeyFacts } from './facts.js';

/** A key, or what is wrong with it. */
export async function readKey(sources: KeySources): Promise<KeyInput | Extract<KeyFacts, { state: 'unusable' }>> {
  try {
    if (sources.file !== undefined) requirePath(sources.file, '--jwt-key-file', 'input');
    const input = await readKeyInput(sources);
    return input ?? { state: 'unusable', failure: new Failure('key_missing', {}) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: 'unusable', failure: error };
  }
}

export function isKey(input: KeyInput | KeyFacts): input is KeyInput {
  return 'signer' in input;
}

export function keyFactsOf(
  { signer: { publicKey, uri }, source, path, encrypted }: KeyInput,
  environment: NodeJS.ProcessEnv,
): Extract<KeyFacts, { state: 'usable' }> {
  return {
    state: 'usable',
    source,
    path,
    bySigner: uri !== undefined,
    size: keySize(publicKey),
    encrypted,
    publicKey: spkiOf(publicKey),
    readableByOthers: path !== undefined && isReadableByOthers(path),
    temporary: path !== undefined && isTemporary(path, environment),
  };
}

export async function readCertificateFile(
  path: string,
  secrets?: KeySources,
  signer?: Signer,
): Promise<CertificateFacts> {
  try {
    requirePath(path, '--certificate-file', 'input');
    const { der, publicKey, notBefore, notAfter } = chosenCertificate(await readCertificates(path, secrets), signer);
    const spki = spkiOf(publicKey);
    return { state: 'usable', path, der, publicKey: spki, notBefore, notAfter, keyFile: await keyBeside(path, spki) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: 'unusable', failure: error };
  }
}

/** A certificate file that is the key's: of those named, the first. */
export async function ownCertificate(
  key: KeyFacts,
  certificate: CertificateFacts | undefined,
  keyFile: string | undefined,
): Promise<string | undefined> {
  if (key.state === 'unusable') return undefined;
  const isOwn = (one: CertificateFacts | undefined): boolean =>
    one?.state === 'usable' && one.publicKey.equals(key.publicKey);
  if (certificate?.state === 'usable' && isOwn(certificate)) return certificate.path;
  const beside = keyFile === undefined || keyFile === '-' ? undefined : certificateFileBeside(keyFile);
  return beside !== undefined && isOwn(await readCertificateFile(beside)) ? beside : undefined;
}

/** `server.key` beside `server.crt`, if it holds the key of that certificate and can be read without a passphrase. */
async function keyBeside(certificateFile: string, publicKey: Buffer): Promise<string | undefined> {
  const { dir, name } = parse(certificateFile);
  const path = join(dir, `${name}.key`);
  if (path === certificateFile || !existsSync(path)) return undefined;
  const read = await readStoredKey(path);
  return 'signer' in read && spkiOf(read.signer.publicKey).equals(publicKey) ? path : undefined;
}

/** The public key (SubjectPublicKeyInfo) in a certificate's DER; undefined where it is none. */
export function publicKeyIn(der: Buffer): Buffer | undefined {
  try {
    return spkiOf(readCertificate(certificatePem(der), '').publicKey);
  } catch {
    return undefined;
  }
}

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

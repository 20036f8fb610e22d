import { existsSync } from 'node:fs';
import { Failure } from '../../failure.js';
import { readCredentialInput } from '../../machine/files/credential-input.js';
import { certificateFileBeside, signerUriIn, type KeySources } from '../../machine/files/key-input.js';
import { BASE_NAME, pairIn } from './read.js';
import type { GivenPair } from './request.js';

/** The certificate that `keygen --signer` writes. */
const CERTIFICATE_HERE = `${BASE_NAME}.crt`;

/**
 * The pair that is at hand: that of the flags, else the one that the folder for the key holds already, so that a second run
 * goes on with what the first one wrote. The environment's key counts only where a certificate was named. A key that signs elsewhere
 * goes with the certificate of this folder, if none is named.
 *
 * @throws Failure `certificate_needed`, `setup_signer_without_certificate`, those of `readCredentialInput`
 */
export async function readGivenPair(
  certificateFile: string | undefined,
  keys: KeySources,
  keyFolder: string | undefined,
  now: Date,
): Promise<GivenPair | undefined> {
  const { file } = keys;
  const signer = signerUriIn(keys);
  if (signer !== undefined) {
    const named = certificateFile ?? (existsSync(CERTIFICATE_HERE) ? CERTIFICATE_HERE : undefined);
    if (named === undefined) throw new Failure('setup_signer_without_certificate', { signer });
    return read(named, keys, now);
  }
  const own = keyFolder === undefined ? undefined : pairIn(keyFolder);
  if (certificateFile === undefined && file === undefined) {
    if (own === undefined || !existsSync(own.keyFile) || !existsSync(own.certificateFile)) return undefined;
    return read(own.certificateFile, { ...keys, file: own.keyFile }, now);
  }
  const beside = file === undefined ? undefined : certificateFileBeside(file);
  const certificate = certificateFile ?? beside;
  if (certificate === undefined) throw new Failure('certificate_needed', { keyFile: file ?? '' });
  return read(certificate, keys, now);
}

async function read(certificateFile: string, keys: KeySources, now: Date): Promise<GivenPair> {
  const { certificate, input } = await readCredentialInput(certificateFile, keys, now);
  if (input === undefined) throw new Failure('key_missing', {});
  return { certificate, certificateFile, input };
}

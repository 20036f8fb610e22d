import type { KeyObject } from 'node:crypto';
import { readCertificate, requireMatch, validityAt, type Certificate } from '../credential/certificate.js';
import { Failure } from '../failure.js';
import { readInputFile } from './input-file.js';
import { keyFileBeside, readKeyInput, type KeySources } from './key-input.js';

/** A certificate, and its private key where there is one at hand. `keyPath`: absolute, where the key is in a file. */
export type CredentialInput = { certificate: Certificate; key: KeyObject | undefined; keyPath: string | undefined };

/**
 * Reads a certificate that is about to be deployed, and the private key from its sources, else from the file that
 * `keygen` wrote beside the certificate.
 *
 * @throws Failure those of `readInputFile`, `readCertificate` and `readKeyInput`; `certificate_expired`,
 *   `certificate_not_yet_valid`, `key_certificate_mismatch`
 */
export async function readCredentialInput(
  certificateFile: string,
  keys: KeySources,
  now: Date,
): Promise<CredentialInput> {
  const certificate = readCertificate(await readInputFile(certificateFile), certificateFile);
  const { state } = validityAt(certificate, now);
  const [notBefore, notAfter] = [certificate.notBefore.toISOString(), certificate.notAfter.toISOString()];
  if (state === 'expired') throw new Failure('certificate_expired', { path: certificateFile, notAfter });
  if (state === 'not_yet_valid') throw new Failure('certificate_not_yet_valid', { path: certificateFile, notBefore });
  const given = await readKeyInput(keys);
  const beside = given === undefined ? keyFileBeside(certificateFile) : undefined;
  const input = given ?? (beside === undefined ? undefined : await readKeyInput({ ...keys, file: beside }));
  if (input !== undefined) {
    const keyPath = input.path ?? keys.file ?? 'SF_JWT_KEY';
    requireMatch(certificate, input.key, { keyPath, certificatePath: certificateFile });
  }
  return { certificate, key: input?.key, keyPath: input?.path };
}

import { requireMatch, validityAt, type Certificate } from '../../keys/credential/certificate.js';
import { Failure, isFailure } from '../../failure.js';
import { chosenCertificate, readCertificates, type CertificateInput } from './certificate-input.js';
import { keyFileBeside, readKeyInput, type KeyInput, type KeySources } from './key-input.js';

/** A certificate, and its private key where there is one at hand. */
export type CredentialInput = { certificate: Certificate; input: KeyInput | undefined };

/**
 * Reads a certificate that is about to be deployed, and the private key from its sources, else from the same
 * file where that is a keystore, else from the file that `keygen` wrote beside the certificate.
 *
 * @throws Failure those of `readCertificates`, `chosenCertificate` and `readKeyInput`; `certificate_expired`,
 *   `certificate_not_yet_valid`, `key_certificate_mismatch`
 */
export async function readCredentialInput(
  certificateFile: string,
  keys: KeySources,
  now: Date,
): Promise<CredentialInput> {
  const certificates = await readCertificates(certificateFile, keys);
  // One that can't be used is said before anybody is asked for a passphrase.
  if (certificates.blocks.length === 1) requireValid(chosenCertificate(certificates, undefined), certificateFile, now);
  const given = (await readKeyInput(keys)) ?? (await keyWithin(certificates, keys));
  const beside = given === undefined ? keyFileBeside(certificateFile) : undefined;
  const input = given ?? (beside === undefined ? undefined : await readKeyInput({ ...keys, file: beside }));
  const certificate = chosenCertificate(certificates, input?.signer);
  requireValid(certificate, certificateFile, now);
  if (input !== undefined) {
    requireMatch(certificate, input.signer, { keyPath: input.source, certificatePath: certificateFile });
  }
  return { certificate, input };
}

/** The key of a keystore that was named for its certificate. One without a key, or that nothing opens, has none to give. */
async function keyWithin({ source, container }: CertificateInput, keys: KeySources): Promise<KeyInput | undefined> {
  if (container !== 'store') return undefined;
  return readKeyInput({ ...keys, file: source }).catch((error: unknown) => {
    if (isFailure(error, 'keystore_without_key') || isFailure(error, 'keystore_passphrase_missing')) return undefined;
    throw error;
  });
}

/** @throws Failure `certificate_expired`, `certificate_not_yet_valid` */
export function requireValid(certificate: Certificate, certificateFile: string, now: Date): void {
  const { state } = validityAt(certificate, now);
  const [notBefore, notAfter] = [certificate.notBefore.toISOString(), certificate.notAfter.toISOString()];
  if (state === 'expired') throw new Failure('certificate_expired', { path: certificateFile, notAfter });
  if (state === 'not_yet_valid') throw new Failure('certificate_not_yet_valid', { path: certificateFile, notBefore });
}

/**
 * The certificate that somebody says is a key's, as PEM; undefined if nobody does. An unset CI variable names no file.
 *
 * @throws Failure those of `readCertificates` and `chosenCertificate`; `key_certificate_mismatch`
 */
export async function certificateOf(
  file: string | undefined,
  { signer, source }: KeyInput,
  secrets: KeySources,
): Promise<string | undefined> {
  if (!file) return undefined;
  const certificate = chosenCertificate(await readCertificates(file, secrets), signer);
  requireMatch(certificate, signer, { keyPath: source, certificatePath: file });
  return certificate.pem;
}

import { matches, type Certificate } from '../../keys/credential/certificate.js';
import type { Signer } from '../../keys/signer/signer.js';
import { isFailure } from '../../failure.js';
import { chosenCertificate, readCertificates } from '../files/certificate-input.js';
import { certificateFileBeside } from '../files/key-input.js';
import { knownCertificate } from './known-apps.js';

/**
 * The certificate that a key belongs to, as far as this machine has it: the one beside the key's file, or the one that is known
 * of the app. One that can't be read is none.
 *
 * @param keyFile undefined: the key came from no file
 */
export async function certificateOfKey(
  keyFile: string | undefined,
  clientId: string,
  key: Pick<Signer, 'publicKey'>,
): Promise<Certificate | undefined> {
  const beside = keyFile === undefined ? undefined : await certificateBeside(keyFile, key);
  return beside ?? knownCertificate(clientId, key)?.certificate;
}

async function certificateBeside(keyFile: string, key: Pick<Signer, 'publicKey'>): Promise<Certificate | undefined> {
  const path = certificateFileBeside(keyFile);
  if (path === undefined) return undefined;
  try {
    const certificate = chosenCertificate(await readCertificates(path), key);
    return matches(certificate, key) ? certificate : undefined;
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

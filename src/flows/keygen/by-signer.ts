import { createPublicKey, randomBytes } from 'node:crypto';
import { issueCertificate, type KeySize } from '../../keys/credential/issue.js';
import { createSignerKey, openSigner } from '../../keys/signer/open.js';
import type { SignerDependencies } from '../../keys/signer/provider.js';
import type { Signer } from '../../keys/signer/signer.js';
import {
  createCertificateFiles,
  type CertificateFiles,
  type CertificateFilesPlan,
} from '../../machine/files/certificate-files.js';

/** The key that is kept elsewhere, with its version, and the files of its certificate. */
export type Certified = CertificateFiles & { signer: string };

/**
 * A certificate for a key that is kept elsewhere, signed by it. With `create` the key is made first, once nothing is known any
 * more that could refuse the rest.
 *
 * @param onCreated is told the URI of a new key before anything else can fail
 * @throws Failure `signer_…`, those of `createCertificateFiles`
 */
export async function certifyBySigner(
  plan: CertificateFilesPlan,
  { uri, create }: { uri: string; create: KeySize | undefined },
  dependencies: SignerDependencies,
  onCreated: (uri: string) => void,
): Promise<Certified> {
  let found = uri;
  if (create !== undefined) {
    await issueCertificate(plan.request, rehearsalOf(create));
    found = await createSignerKey(uri, create, dependencies);
    onCreated(found);
  }
  const signer = await openSigner(found, dependencies);
  return { ...(await createCertificateFiles(plan, signer)), signer: signer.uri ?? found };
}

/** Stands in for a key of that size that isn't made yet: what a certificate can be refused for doesn't depend on the digits. */
function rehearsalOf(size: KeySize): Signer {
  const modulus = randomBytes(size / 8);
  modulus[0]! |= 0x80;
  modulus[modulus.length - 1]! |= 1;
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
  return {
    publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
    uri: undefined,
    sign: () => Promise.resolve(randomBytes(size / 8)),
  };
}

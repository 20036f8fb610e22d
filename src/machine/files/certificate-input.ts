import { X509Certificate } from 'node:crypto';
import { Failure } from '../../failure.js';
import { certificateBlocks, certificateIn, type Certificate } from '../../keys/credential/certificate.js';
import { damageOf } from '../../keys/credential/damage.js';
import { formatPem, type PemBlock } from '../../keys/credential/pem.js';
import type { Signer } from '../../keys/signer/signer.js';
import { identify, type Identified } from '../../keys/credential/recognize.js';
import { readInputFile } from './input-file.js';
import { storeSecretsOf, type KeySources } from './key-input.js';
import { isStore, readStoreCertificates } from './store-key.js';

const NO_SECRETS = { given: [], ask: undefined, keys: () => Promise.resolve([]) };

/** The certificates of a file, of which one is to be chosen. */
export type CertificateInput = { source: string; blocks: PemBlock[]; container: 'PKCS#7' | 'store' | undefined };

/**
 * Reads the certificates of a file: PEM, DER, PKCS#7, PKCS#12 or JKS.
 *
 * @param secrets what opens a keystore; none: what is in it without encryption
 * @throws Failure those of `readInputFile`, `certificateBlocks` and `readStoreCertificates`
 */
export async function readCertificates(path: string, secrets?: KeySources): Promise<CertificateInput> {
  const found = identify(await readInputFile(path));
  if (!isStore(found)) return { source: path, blocks: certificateBlocks(found, path), container: containerOf(found) };
  const ders = await readStoreCertificates(
    found,
    path,
    secrets === undefined ? NO_SECRETS : await storeSecretsOf(secrets, path),
  );
  const blocks = ders.map((der) => ({ label: 'CERTIFICATE', headers: [], base64: der.toString('base64') }));
  if (blocks.length === 0) throw new Failure('certificate_not_pem', { source: path });
  return { source: path, blocks, container: 'store' };
}

/**
 * The certificate that is meant: that of the key where there is one, in whatever order a chain lies, and the one that ends
 * last where a renewed one lies beside it; without a key the only one there is, or of PKCS#7 the one that issued no other.
 *
 * @throws Failure `certificate_is_bundle` and the others of `readCertificate`
 */
export function chosenCertificate(
  { source, blocks, container }: CertificateInput,
  key: Pick<Signer, 'publicKey'> | undefined,
): Certificate {
  const [first, ...others] = blocks;
  if (first === undefined || others.length === 0) return certificateIn(first!, source);
  const opened = blocks.map((block) => ({ block, x509: openedBlock(block, source) }));
  if (key !== undefined) {
    const own = opened.filter(({ x509 }) => isOf(x509, key)).sort((a, b) => endOf(b.x509) - endOf(a.x509));
    return certificateIn(own[0]?.block ?? first, source);
  }
  const leaves = opened.filter(
    ({ x509 }) => !opened.some((other) => other.x509 !== x509 && other.x509.issuer === x509.subject),
  );
  const [leaf] = leaves;
  if (container !== undefined && leaf !== undefined && leaves.length === 1) return certificateIn(leaf.block, source);
  throw new Failure('certificate_is_bundle', { source, count: blocks.length });
}

function containerOf(found: Identified): 'PKCS#7' | undefined {
  return found.kind === 'blocks' ? found.container : undefined;
}

function openedBlock(block: PemBlock, source: string): X509Certificate {
  try {
    return new X509Certificate(formatPem(block));
  } catch {
    throw new Failure('certificate_damaged', { source, ...damageOf(block) });
  }
}

function isOf(x509: X509Certificate, { publicKey }: Pick<Signer, 'publicKey'>): boolean {
  try {
    return x509.publicKey.equals(publicKey);
  } catch {
    return false;
  }
}

function endOf(x509: X509Certificate): number {
  return Date.parse(x509.validTo);
}

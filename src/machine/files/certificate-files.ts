import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Certificate } from '../../keys/credential/certificate.js';
import { checkCredentialRequest, issueCertificate, type CredentialRequest } from '../../keys/credential/issue.js';
import type { Signer } from '../../keys/signer/signer.js';
import type { Subject } from '../../keys/credential/subject.js';
import { checkBaseName } from './base-name.js';
import { checkTargets, writeTogether, type NewFile } from './replace-together.js';

/** The files of a certificate whose key is kept elsewhere, as absolute paths: `NAME.crt` and, when it is asked for, `NAME.csr`. */
export type CertificateFilePaths = { certificateFile: string; csrFile?: string };

/** A certificate that can be issued and written, as far as that can be known before. */
export type CertificateFilesPlan = {
  paths: CertificateFilePaths;
  overwrite: boolean;
  request: CredentialRequest;
  /** `NAME.key` and `NAME.csr` of earlier runs, which stay and belong to another key. */
  stale: string[];
};

/** What was written. */
export type CertificateFiles = Pick<CertificateFilesPlan, 'paths' | 'stale'> & {
  certificate: Certificate;
  /** Files that killed runs left in the folder; the ones with `.old.` in their names hold what was replaced. */
  interruptedFiles: string[];
};

/**
 * Checks everything that can be checked before a key is made or asked to sign. A `NAME.key` that is there would be taken for
 * the key of the certificate, and counts as one of the files.
 *
 * @param options.subject its common name is the base name unless it is given.
 * @throws Failure `base_name_invalid`, those of `checkTargets` and those of `checkCredentialRequest`.
 */
export function planCertificateFiles(
  options: Omit<CredentialRequest, 'subject' | 'passphrase'> & {
    folder: string;
    name: string;
    subject: Omit<Subject, 'commonName'> & { commonName?: string | undefined };
    overwrite: boolean;
  },
): CertificateFilesPlan {
  const { folder, name, subject, overwrite, ...rest } = options;
  checkBaseName(name);
  const path = (extension: string): string => join(resolve(folder), `${name}.${extension}`);
  const paths = { certificateFile: path('crt'), ...(options.withRequest && { csrFile: path('csr') }) };
  const request = { ...rest, subject: { ...subject, commonName: subject.commonName ?? name } };
  checkCredentialRequest(request);
  checkTargets([...Object.values(paths), path('key')], overwrite);
  const others = [path('key'), ...(options.withRequest === true ? [] : [path('csr')])];
  return { paths, overwrite, request, stale: others.filter((other) => existsSync(other)) };
}

/**
 * Issues the certificate, signed by its own key, and writes it, with the request if it was asked for: both or none.
 *
 * @throws Failure those of `issueCertificate` and `writeTogether`.
 */
export async function createCertificateFiles(
  { paths, overwrite, request, stale }: CertificateFilesPlan,
  signer: Signer,
): Promise<CertificateFiles> {
  const { certificate, requestPem } = await issueCertificate(request, signer);
  const files: NewFile[] = [{ path: paths.certificateFile, data: certificate.pem, mode: 0o644 }];
  if (paths.csrFile !== undefined && requestPem !== undefined)
    files.push({ path: paths.csrFile, data: requestPem, mode: 0o644 });
  return { paths, stale, certificate, interruptedFiles: writeTogether(files, { overwrite }) };
}

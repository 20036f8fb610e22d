import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Certificate } from '../../keys/credential/certificate.js';
import {
  checkCredentialRequest,
  issueCredential,
  type Credential,
  type CredentialRequest,
} from '../../keys/credential/issue.js';
import type { Passphrase } from '../../keys/credential/private-key.js';
import type { Subject } from '../../keys/credential/subject.js';
import type { Guard } from './access-list.js';
import { checkBaseName } from './base-name.js';
import { checkTargets, writeTogether, type NewFile } from './replace-together.js';

/** The files of a credential, as absolute paths: `NAME.key`, `NAME.crt` and, when it is asked for, `NAME.csr`. */
export type KeyFilePaths = {
  privateKeyFile: string;
  certificateFile: string;
  csrFile?: string;
};

/** A credential that can be issued and written, as far as that can be known before. */
export type KeyFilesPlan = {
  paths: KeyFilePaths;
  overwrite: boolean;
  request: CredentialRequest;
};

/** What was written. */
export type KeyFiles = {
  paths: KeyFilePaths;
  certificate: Certificate;
  /** A `NAME.csr` of an earlier run that wasn't asked for again: it stays as it is, and belongs to another key. */
  staleRequestFile: string | undefined;
  /** Files that killed runs left in the folder; the ones with `.old.` in their names hold what was replaced. */
  interruptedFiles: string[];
};

/**
 * Checks everything that can be checked before a key is generated or anybody is asked for a passphrase.
 *
 * @param options.subject its common name is the base name unless it is given.
 * @throws Failure `base_name_invalid`, those of `checkTargets` and those of `checkCredentialRequest`.
 */
export function planKeyFiles(
  options: Omit<CredentialRequest, 'subject' | 'passphrase'> & {
    folder: string;
    name: string;
    subject: Omit<Subject, 'commonName'> & { commonName?: string | undefined };
    overwrite: boolean;
  },
): KeyFilesPlan {
  const { folder, name, subject, overwrite, ...rest } = options;
  checkBaseName(name);
  const path = (extension: string): string => join(resolve(folder), `${name}.${extension}`);
  const paths: KeyFilePaths = {
    privateKeyFile: path('key'),
    certificateFile: path('crt'),
    ...(options.withRequest && { csrFile: path('csr') }),
  };
  const request = { ...rest, subject: { ...subject, commonName: subject.commonName ?? name } };
  checkCredentialRequest(request);
  checkTargets(Object.values(paths), overwrite);
  return { paths, overwrite, request };
}

/**
 * Issues the credential and writes its files: the key 0600, the rest 0644, all of them or none.
 *
 * @throws Failure those of `issueCredential` and `writeTogether`.
 */
export async function createKeyFiles(plan: KeyFilesPlan, passphrase: Passphrase | undefined): Promise<KeyFiles> {
  return writeKeyFiles(plan, await issueCredential({ ...plan.request, passphrase }));
}

/**
 * Writes an issued credential to its files, all of them or none.
 *
 * @throws Failure those of `writeTogether`.
 */
export function writeKeyFiles(
  { paths, overwrite }: Pick<KeyFilesPlan, 'paths' | 'overwrite'>,
  { privateKeyPem, certificate, requestPem }: Credential,
  guard?: Guard,
): KeyFiles {
  const files: NewFile[] = [
    { path: paths.privateKeyFile, data: privateKeyPem, mode: 0o600, secret: 'file' },
    { path: paths.certificateFile, data: certificate.pem, mode: 0o644 },
  ];
  if (paths.csrFile !== undefined && requestPem !== undefined) {
    files.push({ path: paths.csrFile, data: requestPem, mode: 0o644 });
  }
  const left = writeTogether(files, { overwrite, ...(guard && { guard }) });
  const request = paths.privateKeyFile.replace(/key$/, 'csr');
  return {
    paths,
    certificate,
    staleRequestFile: paths.csrFile === undefined && existsSync(request) ? request : undefined,
    interruptedFiles: left,
  };
}

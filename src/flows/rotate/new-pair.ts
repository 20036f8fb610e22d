import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KeyInput } from '../../machine/files/key-input.js';
import { KEY_SIZES } from '../../keys/credential/issue.js';
import { isBaseName } from '../../machine/files/base-name.js';
import { planCertificateFiles, type CertificateFilesPlan } from '../../machine/files/certificate-files.js';
import { planKeyFiles, type KeyFilesPlan } from '../../machine/files/key-files.js';
import type { RotateRequest } from './request.js';

/** What comes: a key and its certificate in files, or the certificate alone of a key that a signer keeps. */
export type NewPair = { kept: undefined; files: KeyFilesPlan } | { kept: KeyInput; files: CertificateFilesPlan };

/** Where the new key and its certificate are: absolute paths, and a URI where a signer keeps the key. */
export type Places = { certificateFile: string } & (
  { privateKeyFile: string; signer: undefined } | { privateKeyFile: undefined; signer: string }
);

export function placesOf({ kept, files }: NewPair): Places {
  if (kept !== undefined)
    return { certificateFile: files.paths.certificateFile, privateKeyFile: undefined, signer: kept.source };
  const { privateKeyFile, certificateFile } = files.paths;
  return { certificateFile, privateKeyFile, signer: undefined };
}

/** X.520 allows a common name no more characters. */
const LONGEST_COMMON_NAME = 64;

/**
 * Where the new pair goes: beside the key in use, under a name that nothing has yet; the app's, where the key's won't do.
 *
 * @param kept the new key, where a signer keeps it
 */
export function planNewPair(
  { folder, suffix, keySize, passphrase: _, signer: __, subject, ...newPair }: RotateRequest['newPair'],
  { inUse, kept }: { inUse: Pick<KeyInput, 'signer' | 'path'>; kept: KeyInput | undefined },
  appName: string,
  now: Date,
): NewPair {
  const size = KEY_SIZES.find((each) => each === inUse.signer.publicKey.asymmetricKeyDetails?.modulusLength);
  const at = folder ?? (inUse.path === undefined ? '.' : dirname(inUse.path));
  const own = inUse.path === undefined ? [] : [freeName(at, basename(inUse.path).replace(/\.[^.]+$/, ''), now, suffix)];
  const name = own.find(isBaseName) ?? freeName(at, appName, now, suffix);
  const commonName = name.length > LONGEST_COMMON_NAME ? appName.slice(0, LONGEST_COMMON_NAME) : name;
  const asked = {
    ...newPair,
    folder: at,
    name,
    subject: { ...subject, commonName: subject.commonName ?? commonName },
    keySize: keySize ?? size ?? 2048,
    now,
    overwrite: false,
  };
  return kept === undefined ? { kept, files: planKeyFiles(asked) } : { kept, files: planCertificateFiles(asked) };
}

/** `server` → `server-20261122`, and `server-20261122-2` if that is there; the date of an earlier rotation gives way. */
function freeName(folder: string, base: string, now: Date, suffix = ''): string {
  const own = base.replace(/-\d{8}(-\d+)?$/, '');
  const more = suffix === '' ? '' : `-${suffix.replace(/[^\w.@-]/g, '-')}`;
  const stem = `${own.endsWith(more) ? own : own + more}-${now.toISOString().slice(0, 10).replaceAll('-', '')}`;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    if (!['key', 'crt', 'csr'].some((extension) => existsSync(join(folder, `${name}.${extension}`)))) return name;
  }
}

import { existsSync } from 'node:fs';
import { parse, join, resolve } from 'node:path';
import { Failure } from '../../../failure.js';
import { readCredentialInput, type CredentialInput } from '../../../machine/files/credential-input.js';
import { certificateFileBeside, ofFile, ofSigner, type KeySources } from '../../../machine/files/key-input.js';
import { requirePath } from '../../../machine/files/path-value.js';
import type { OrgRow } from '../rows.js';

export type RowCredential = CredentialInput & { certificateFile: string };

/** What `keygen` calls a certificate by itself. */
const CERTIFICATE_BY_ITSELF = 'server.crt';

/**
 * Finds the certificate of a row, and its key where there is one. A row with a key of its own has the certificate beside it;
 * else both are those of the flags. Whatever several rows name is read once.
 *
 * @returns a function that throws Failure `orgs_row_incomplete` and those of `readCredentialInput` and `requirePath`
 */
export function credentialsOf({
  source,
  folder,
  certificateFile,
  sources,
  now,
}: {
  source: string;
  /** Where relative paths in the file begin */
  folder: string;
  certificateFile: string | undefined;
  sources: KeySources;
  now: Date;
}): (row: OrgRow) => Promise<RowCredential> {
  const known = new Map<string, Promise<RowCredential>>();
  const read = (certificate: string, of: KeySources): Promise<RowCredential> => {
    const { file, signer } = of;
    const name = JSON.stringify([certificate, file, signer]);
    const reading =
      known.get(name) ??
      readCredentialInput(certificate, of, now).then((input) => ({
        ...input,
        certificateFile: certificate,
      }));
    known.set(name, reading);
    return reading;
  };
  const ofFlags = certificateFile ?? certificateOfKey(sources.file) ?? existing(CERTIFICATE_BY_ITSELF);
  return async ({ line, values }) => {
    const named = values['jwt-key-file'];
    if (named !== undefined) {
      requirePath(named, 'jwt-key-file', 'input', folder);
      const key = resolve(folder, named);
      return read(certificateFileBeside(key) ?? certificateFile ?? besideName(key), ofFile(sources, key));
    }
    if (ofFlags === undefined) throw new Failure('orgs_row_incomplete', { source, line, column: 'jwt-key-file' });
    return read(ofFlags, values.signer === undefined ? sources : ofSigner(sources, values.signer));
  };
}

function certificateOfKey(keyFile: string | undefined): string | undefined {
  return keyFile && keyFile !== '-' ? certificateFileBeside(keyFile) : undefined;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** Where the certificate would be: a failure names it. */
function besideName(keyFile: string): string {
  const { dir, name } = parse(keyFile);
  return join(dir, `${name}.crt`);
}

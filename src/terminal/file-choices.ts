import { readdirSync } from 'node:fs';
import type { Choice } from './asker.js';
import { explain } from './explain.js';
import { isEncryptedPrivateKey, privateKeyIn } from '../keys/credential/private-key.js';
import { identify } from '../keys/credential/recognize.js';
import { readCertificates } from '../machine/files/certificate-input.js';
import { readInputFile } from '../machine/files/input-file.js';
import { isStore } from '../machine/files/store-key.js';
import { ifReadable } from '../machine/store/admin-login.js';

/** Files in the current folder that may be chosen, and what is wrong with one that was. */

const KEY = /\.(key|pem|p8|p12|pfx|jks)$/i;
const CERTIFICATE = /\.(crt|cer|pem|der|p7b|p12|pfx|jks)$/i;
const CREDENTIAL = /\.(key|crt|cer|csr|pem|der|p8|p7b|p12|pfx|jks|jwt)$/i;
const ORGS = /\.(csv|ya?ml|json)$/i;

export const keyFileChoices = (): Array<Choice<string>> => filesOf(KEY);
export const certificateChoices = (): Array<Choice<string>> => filesOf(CERTIFICATE);
export const credentialChoices = (): Array<Choice<string>> => filesOf(CREDENTIAL);
export const orgsFileChoices = (): Array<Choice<string>> => filesOf(ORGS);

/** Those that `keygen` writes by itself come first. */
function filesOf(kind: RegExp): Array<Choice<string>> {
  const names = (ifReadable(() => readdirSync('.')) ?? []).filter((name) => kind.test(name));
  const rank = (name: string): number => (/^server\.(key|crt)$/.test(name) ? 0 : 1);
  return names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map((value) => ({ value, name: value }));
}

export const wrongWithFile = (path: string): Promise<string | undefined> => failureOf(() => readInputFile(path));

/** A keystore is right until its passphrase is asked for. */
export const wrongWithCertificate = (path: string): Promise<string | undefined> =>
  failureOf(async () => {
    if (!isStore(identify(await readInputFile(path)))) await readCertificates(path);
  });

/** The same of an encrypted key. */
export const wrongWithKey = (path: string): Promise<string | undefined> =>
  failureOf(async () => {
    const found = identify(await readInputFile(path));
    if (!isStore(found) && !isEncryptedPrivateKey(found)) privateKeyIn(found, { source: path });
  });

/** The sentence of the error, if there is one. */
export async function failureOf(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return explain(error).message;
  }
}

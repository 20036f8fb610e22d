import { lstatSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { Failure } from '../../failure.js';
import { secretIn, type SecretText } from '../../keys/credential/secret-text.js';
import { isSystemError } from './write-failure.js';

/**
 * What a path is for: a file that is read, one that holds a passphrase, one that is to be written, or one of which whoever
 * reads it says with {@link requirePath} what is wrong.
 */
export type PathUse = 'input' | 'passphrase' | 'output' | 'examined';

/** Extensions of files that hold keys, certificates and tables. */
const EXTENSION =
  /\.(key|pem|crt|cert?|cer|der|csr|pub|ppk|asc|p12|pfx|p7[bcs]|jks|jceks|keystore|jwks?|json|ya?ml|csv|txt|pass|bin|b64|base64|enc|age|gpg)$/i;

const LONGEST_PATH = 1024;

/** A part of a path that a person would write: no longer than a word or three, and no jumble of letters and digits. */
const PART = /^(?!.*[a-z][A-Z0-9]{2}[a-z].*\d.*[A-Z])[\p{L}\p{N} ._@~()-]{1,48}$/u;

/**
 * Refuses what stands where a path belongs and is none: a shell puts whatever a variable holds there, such as a key, a
 * token or a passphrase. Nothing of such a value may be repeated, so what is quoted later must have passed here. A path that
 * leads to something is one, whatever it looks like. A passphrase looks like anything, so there the path is believed only
 * if it, or the folder that it names, is there.
 *
 * @param flag what the messages call the place
 * @param base where relative paths begin
 * @throws Failure `value_is_private_key`, `value_is_certificate`, `value_is_token`, `value_is_encoded`; and where there is
 *   nothing at a value that may be a secret, without repeating it: `file_missing`, `passphrase_file_unreadable`
 */
export function requirePath(value: string, flag: string, use: PathUse, base = '.'): void {
  if (value === '' || value === '-' || exists(resolve(base, value))) return;
  requireNoSecret(value, flag);
  if (value.length > LONGEST_PATH || /[\0-\x1f\x7f]/.test(value)) throw new Failure('value_is_encoded', { flag });
  if (use === 'output' || use === 'examined' || isQuotable(value, use, base)) return;
  throw use === 'passphrase'
    ? new Failure('passphrase_file_unreadable', { path: '', reason: '', flag, variant: 'unquoted' })
    : new Failure('file_missing', { path: '', flag, variant: 'unquoted' });
}

/** @throws Failure `value_is_private_key`, `value_is_certificate`, `value_is_token`, `value_is_encoded` */
export function requireNoSecret(value: string, flag: string): void {
  const secret = secretIn(value);
  if (secret !== undefined) throw secretFailure(secret, flag);
}

/** Whether a message may repeat a path that leads to nothing. */
export function isQuotable(value: string, use: PathUse, base = '.'): boolean {
  if (secretIn(value) !== undefined || value.length > LONGEST_PATH || /[\0-\x1f\x7f]/.test(value)) return false;
  if (namesFolder(value, base)) return true;
  if (use === 'passphrase') return false;
  const parts = value.replace(/^[A-Za-z]:/, '').split(/[\\/]+/);
  const isPath = EXTENSION.test(value) || /^(~|\.{1,2}|[A-Za-z]:)?[\\/]/.test(value);
  return isPath && parts.every((part) => part === '' || PART.test(part));
}

/** Whether the value itself names a folder, and that is there. The root is a part of many a base64, and names nothing. */
function namesFolder(value: string, base: string): boolean {
  const folder = dirname(value);
  if (folder === '.' && !value.startsWith('./') && !value.startsWith(`.${sep}`)) return false;
  if (resolve(folder) === resolve('/') || (folder.length < 2 && folder !== '.')) return false;
  try {
    return statSync(resolve(base, folder)).isDirectory();
  } catch {
    return false;
  }
}

/** Whatever the system says but that there is nothing means that there is something. */
function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return isSystemError(error) && ['EACCES', 'EPERM', 'ELOOP', 'EIO'].includes(error.code ?? '');
  }
}

function secretFailure(secret: SecretText, flag: string): Failure {
  switch (secret) {
    case 'private_key':
      return new Failure('value_is_private_key', { flag });
    case 'certificate':
      return new Failure('value_is_certificate', { flag });
    case 'token':
      return new Failure('value_is_token', { flag });
    case 'encoded':
      return new Failure('value_is_encoded', { flag });
  }
}

import { checkStorePassword } from '../../keys/credential/keystore.js';
import { Failure, isFailure } from '../../failure.js';
import { openWithAnswer, readPassphraseFile, type AskPassphrase, type ReadPassphraseFile } from './passphrase.js';

/** What may open a keystore. */
export type StoreSecrets = {
  /** Tried one after the other. Where there is none, the empty one is tried: an org's export may have that. */
  given: string[];
  /** Asks a person, if nothing was given; undefined where nobody can answer. */
  ask: AskPassphrase | undefined;
};

/**
 * The passphrase of a store from its file, else from the environment. An empty one counts as none: a CI variable is often
 * empty because it isn't available to the job.
 *
 * @throws Failure `passphrase_file_unreadable`
 */
export async function findStorePassphrase(
  file: string | undefined,
  variable: string | undefined,
  readFile: ReadPassphraseFile = readPassphraseFile,
): Promise<string | undefined> {
  const passphrase = file === undefined ? variable : (await readFile(file)).toString();
  return passphrase === '' ? undefined : passphrase;
}

/**
 * Opens a store with the first passphrase that fits.
 *
 * @param open throws Failure `keystore_passphrase_wrong` for the wrong one
 * @returns undefined if none was given and the empty one doesn't open it
 * @throws Failure what `open` throws
 */
export async function openStore<T>(
  open: (password: string) => T,
  { given, ask }: StoreSecrets,
): Promise<T | undefined> {
  const candidates = given.length > 0 ? given : [''];
  for (const [index, password] of candidates.entries()) {
    try {
      return open(password);
    } catch (error) {
      const last = index === candidates.length - 1;
      if (!isFailure(error, 'keystore_passphrase_wrong') || (last && given.length > 0)) throw error;
    }
  }
  return ask && openWithAnswer(ask, open, (error) => isFailure(error, 'keystore_passphrase_wrong'));
}

/**
 * The passphrase for a store that is about to be written: the given one, else what a person types twice.
 *
 * @param ask asks for the passphrase, or for the same `again`; undefined where nobody can answer
 * @throws Failure those of `checkStorePassword`; `keystore_new_passphrase_missing`, `passphrase_mismatch`
 */
export async function newStorePassphrase(
  given: string | undefined,
  ask: ((again: boolean) => Promise<string>) | undefined,
): Promise<string> {
  const password = given ?? (await ask?.(false));
  if (password === undefined) throw new Failure('keystore_new_passphrase_missing', {});
  checkStorePassword(password);
  if (given === undefined && (await ask?.(true)) !== password) throw new Failure('passphrase_mismatch', {});
  return password;
}

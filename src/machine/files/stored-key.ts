import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Signer } from '../../keys/signer/signer.js';
import { Failure, isFailure } from '../../failure.js';
import { readKeyInput } from './key-input.js';

/** A key that sf can refresh a login with, or why it can't. */
export type StoredKeyFile = { signer: Signer } | { failure: Failure };

/** Nobody is there to ask for a passphrase when sf refreshes a login, and no variable holds one. */
const NOBODY = { environment: {}, stdin: Readable.from([]), passphraseFile: undefined, askPassphrase: undefined };

/**
 * Reads the key of a stored login as sf reads it: an encrypted one, or one whose lines are broken, is none that sf could
 * use.
 */
export async function readStoredKey(path: string): Promise<StoredKeyFile> {
  if (!existsSync(path)) return { failure: new Failure('file_missing', { path }) };
  try {
    const input = await readKeyInput({ file: path, ...NOBODY });
    if (input === undefined || !input.asIs) return { failure: new Failure('key_storage_unreadable', { path }) };
    return { signer: input.signer };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { failure: error };
  }
}

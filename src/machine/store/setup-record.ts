import { removeWithRemains } from '../files/replace-together.js';
import { readRecord, recordPath, writeRecord } from './record.js';
import { sha256 } from './rotation-record.js';
import type { Json } from './state-files.js';

/**
 * What a run of `setup` has begun or done, for the one that comes after it: by it a run knows whether the secret of a CI
 * holds the key of the app's certificate, which nobody can read there. It holds nothing secret.
 */
export type SetupRecord = {
  /** `issued`: the key was in memory, and isn't known to be in the CI. `stored`: the CI has it. */
  phase: 'issued' | 'stored';
  /** PEM, of the key */
  certificate: string;
  /** SHA-256 of the certificate (DER) that the app had before, in hexadecimal digits; absent where it had none that shows. */
  replaced?: string;
  /** Of the app, as far as it's known. */
  clientId?: string;
  /** When the CI got the key, ISO 8601. */
  storedAt?: string;
  /** The pipeline that was written: its absolute path, and the SHA-256 of its content. */
  file?: { path: string; sha256: string };
};

/** What keeps the record of one app and one place for its key. */
export type SetupRecords = {
  /** @throws Failure `store_damaged` */
  read: () => SetupRecord | undefined;
  /** @throws Failure `write_failed` */
  write: (record: SetupRecord) => void;
  remove: () => void;
};

/**
 * @param place where the key is kept, such as CI, repository and the secret's name
 */
export function setupRecordOf(orgId: string, appName: string, place: string[]): SetupRecords {
  const hash = sha256(JSON.stringify(place)).slice(0, 16);
  const path = recordPath('jwt-setups', orgId, appName, hash);
  return {
    read: () => readRecord(path, 'setup', isSetupRecord),
    write: (record) => {
      writeRecord(path, record);
    },
    remove: () => {
      removeWithRemains(path);
    },
  };
}

function isSetupRecord(state: Json): state is Json & SetupRecord {
  const { phase, certificate } = state;
  return (phase === 'issued' || phase === 'stored') && typeof certificate === 'string';
}

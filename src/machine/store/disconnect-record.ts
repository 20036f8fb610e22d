import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { removeWithRemains } from '../files/replace-together.js';
import { recordPath, writeRecord } from './record.js';
import { readState } from './state-files.js';

const FOLDER = 'jwt-disconnections';

/**
 * An app that a run of `disconnect` is about to delete, for a run that comes after a kill and finds no such app in the org. It
 * holds nothing secret.
 */
export type DisconnectRecord = {
  /** API name */
  name: string;
  appType: string;
  label: string;
  /** Absent where nobody knows it */
  clientId?: string;
  deployId?: string;
};

/** What keeps the records of one org. */
export type DisconnectRecords = {
  /**
   * The record of the app that has this name or label, or this client id.
   *
   * @throws Failure `store_damaged`
   */
  find: (app: { name: string | undefined; clientId: string | undefined }) => DisconnectRecord | undefined;
  /** @throws Failure `write_failed` */
  write: (record: DisconnectRecord) => void;
  remove: (record: Pick<DisconnectRecord, 'name'>) => void;
};

export function disconnectRecordsOf(orgId: string): DisconnectRecords {
  const folder = join(Global.SF_DIR, FOLDER);
  const pathOf = ({ name }: Pick<DisconnectRecord, 'name'>): string => recordPath(FOLDER, orgId, name);
  return {
    find: ({ name, clientId }) => {
      const records = namesIn(folder)
        .filter((file) => file.startsWith(`${orgId}.`) && file.endsWith('.json'))
        .map((file) => recordIn(join(folder, file)))
        .filter((record) => record !== undefined);
      const isNamed = (record: DisconnectRecord): boolean =>
        [record.name, record.label].some((each) => each.toLowerCase() === name?.toLowerCase());
      return records.find((record) => (name === undefined ? record.clientId === clientId : isNamed(record)));
    },
    write: (record) => {
      writeRecord(pathOf(record), record);
    },
    remove: (record) => {
      removeWithRemains(pathOf(record));
    },
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined where it isn't one: what is left of another file there stops nobody. */
function recordIn(path: string): DisconnectRecord | undefined {
  const { name, appType, label, clientId, deployId } = readState(path);
  if (typeof name !== 'string' || typeof appType !== 'string' || typeof label !== 'string') return undefined;
  return {
    name,
    appType,
    label,
    ...(typeof clientId === 'string' ? { clientId } : {}),
    ...(typeof deployId === 'string' ? { deployId } : {}),
  };
}

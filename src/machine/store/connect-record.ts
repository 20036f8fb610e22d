import { removeWithRemains } from '../files/replace-together.js';
import { readRecord, recordPath, writeRecord } from './record.js';
import type { Json } from './state-files.js';

/**
 * The client id that a run of `connect` sends with a new app, for a run that finds it after this one was killed: an org may
 * never give it out. It holds nothing secret.
 */
export type ConnectRecord = {
  appType: string;
  clientId: string;
  /** The deployment that brings it; absent until the org has accepted one. */
  deployId?: string;
};

/** What keeps one app's record. */
export type ConnectRecords = {
  /** @throws Failure `store_damaged` */
  read: () => ConnectRecord | undefined;
  /** @throws Failure `write_failed` */
  write: (record: ConnectRecord) => void;
  remove: () => void;
};

export function connectRecordOf(orgId: string, appName: string): ConnectRecords {
  const path = recordPath('jwt-connections', orgId, appName);
  return {
    read: () => readRecord(path, 'new app', isConnectRecord),
    write: (record) => {
      writeRecord(path, record);
    },
    remove: () => {
      removeWithRemains(path);
    },
  };
}

function isConnectRecord(state: Json): state is Json & ConnectRecord {
  const { appType, clientId, deployId } = state;
  const whole = typeof appType === 'string' && typeof clientId === 'string' && clientId !== '';
  return whole && ['string', 'undefined'].includes(typeof deployId);
}

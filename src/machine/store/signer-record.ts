import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import type { Signer } from '../../keys/signer/signer.js';
import type { NewFile } from '../files/replace-together.js';
import { readRecord } from './record.js';
import { stateFile, type Json } from './state-files.js';

/**
 * Where the key of a stored login is that no file has: core refreshes with files alone, and its entry has no place for it. In
 * a file of its own beside the entries, without anything secret.
 */
export type SignerRecord = {
  /** URI of the key, with its version */
  uri: string;
  /** SubjectPublicKeyInfo in PEM */
  publicKey: string;
  /** Of the login that it belongs to; one that was made since with another app, or in another org, has another key. */
  clientId: string;
  orgId: string;
  /** When the login was made, ISO 8601 */
  loggedInAt: string;
};

const TEXTS: Array<keyof SignerRecord> = ['uri', 'publicKey', 'clientId', 'orgId', 'loggedInAt'];

/** Absolute path. Usernames that are stored are names of files already. */
export const signerRecordPath = (username: string): string => join(Global.SF_DIR, 'jwt-signers', `${username}.json`);

/** @throws Failure `store_damaged` */
export function readSignerRecord(username: string): SignerRecord | undefined {
  return readRecord(signerRecordPath(username), 'signer', isSignerRecord);
}

function isSignerRecord(state: Json): state is Json & SignerRecord {
  return TEXTS.every((field) => typeof state[field] === 'string') && isPublicKey(state['publicKey'] as string);
}

function isPublicKey(pem: string): boolean {
  try {
    return createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}

/** The record of a login with this key, to be written under the lock of its entry. */
export function signerRecordFile(
  username: string,
  { uri = '', publicKey }: Pick<Signer, 'uri' | 'publicKey'>,
  login: Pick<SignerRecord, 'clientId' | 'orgId' | 'loggedInAt'>,
): NewFile {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { clientId, orgId, loggedInAt } = login;
  const record: SignerRecord = { uri, publicKey: pem, clientId, orgId, loggedInAt };
  return stateFile(signerRecordPath(username), JSON.stringify(record, null, 2));
}

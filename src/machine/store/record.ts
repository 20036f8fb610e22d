/**
 * What a run keeps of a change that it makes in an org, for the run that comes after it if it is killed: a JSON file for each
 * app, in a folder of sf's state folder, without anything secret.
 */
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { writeTogether } from '../files/replace-together.js';
import { readState, type Json } from './state-files.js';

/**
 * @param appName API names that differ in case are the same.
 * @param more what tells several records of one app apart
 */
export function recordPath(folder: string, orgId: string, appName: string, ...more: string[]): string {
  return join(Global.SF_DIR, folder, `${[orgId, appName.toLowerCase(), ...more].join('.')}.json`);
}

/**
 * @param of what it is the record of, for the failure
 * @returns undefined where there is none
 * @throws Failure `store_damaged`
 */
export function readRecord<Kept>(
  path: string,
  of: string,
  isWhole: (state: Json) => state is Json & Kept,
): Kept | undefined {
  const state = readState(path);
  if (Object.keys(state).length === 0) return undefined;
  if (!isWhole(state)) throw new Failure('store_damaged', { path, reason: `not the record of a ${of}` });
  return state;
}

/** @throws Failure `write_failed` */
export function writeRecord(path: string, record: object): void {
  writeTogether([{ path, data: `${JSON.stringify(record, null, 2)}\n`, mode: 0o600 }], { overwrite: true });
}

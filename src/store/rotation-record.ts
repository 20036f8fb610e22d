import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { Failure } from '../failure.js';
import { interruptedFiles, writeTogether } from '../files/replace-together.js';
import { readState } from './state-files.js';

/**
 * A rotation that has begun and not ended, for a run that finds it after this one was killed. It holds nothing secret.
 * `deploying`: the new certificate is on its way to the app, or there and not proven. `proven`: the new key has logged in.
 * `undoing`: the previous certificate is on its way back.
 */
export type RotationRecord = {
  phase: 'deploying' | 'proven' | 'undoing';
  /** Absolute path of the key that was in use; absent where it came from elsewhere. */
  previousKeyFile?: string;
  /** PEM */
  previousCertificate: string;
  /** PEM */
  certificate: string;
  /** Absolute paths of the new pair. */
  privateKeyFile: string;
  certificateFile: string;
};

const PHASES: unknown[] = ['deploying', 'proven', 'undoing'] satisfies Array<RotationRecord['phase']>;

/** Where the record of one app's rotation stands: in sf's state folder. API names that differ in case are the same. */
export function rotationRecordPath(orgId: string, appName: string): string {
  return join(Global.SF_DIR, 'jwt-rotations', `${orgId}.${appName.toLowerCase()}.json`);
}

/** @throws Failure `store_damaged` */
export function readRotationRecord(path: string): RotationRecord | undefined {
  const state = readState(path);
  if (Object.keys(state).length === 0) return undefined;
  const texts = ['previousCertificate', 'certificate', 'privateKeyFile', 'certificateFile'] as const;
  const whole = texts.every((field) => typeof state[field] === 'string') && PHASES.includes(state['phase']);
  if (!whole) throw new Failure('store_damaged', { path, reason: 'not the record of a rotation' });
  return state as RotationRecord;
}

/** @throws Failure `write_failed` */
export function writeRotationRecord(path: string, record: RotationRecord): void {
  writeTogether([{ path, data: `${JSON.stringify(record, null, 2)}\n`, mode: 0o600 }], { overwrite: true });
}

export function removeRotationRecord(path: string): void {
  for (const file of [path, ...interruptedFiles(path)]) rmSync(file, { force: true });
}

/** Removes the record and the new pair, which was never in use or isn't any more; nothing else knows it. */
export function abandonRotation(path: string, { privateKeyFile, certificateFile }: RotationRecord): void {
  const left = interruptedFiles(privateKeyFile);
  for (const file of [privateKeyFile, certificateFile, ...left]) rmSync(file, { force: true });
  removeRotationRecord(path);
}

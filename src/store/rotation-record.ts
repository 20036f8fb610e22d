import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
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
  clientId: string;
  /** Who logged in with the key that was in use. */
  username: string;
  /** Absolute path of the key that was in use; absent where it came from elsewhere. */
  previousKeyFile?: string;
  /** PEM */
  previousCertificate: string;
  /** PEM */
  certificate: string;
  /** Absolute paths of the new pair. */
  privateKeyFile: string;
  certificateFile: string;
  /** Of the new key's file, in hexadecimal digits: by it the file is known, whether or not the key can be decrypted. */
  privateKeySha256: string;
  /** Why it is undone: the token endpoint's answer to the new key, where there was one. */
  answer?: string;
};

const TEXTS = [
  ...(['clientId', 'username', 'previousCertificate', 'certificate'] as const),
  ...(['privateKeyFile', 'certificateFile', 'privateKeySha256'] as const),
] satisfies Array<keyof RotationRecord>;
const PHASES: unknown[] = ['deploying', 'proven', 'undoing'] satisfies Array<RotationRecord['phase']>;

/** Where the record of one app's rotation stands: in sf's state folder. API names that differ in case are the same. */
export function rotationRecordPath(orgId: string, appName: string): string {
  return join(Global.SF_DIR, 'jwt-rotations', `${orgId}.${appName.toLowerCase()}.json`);
}

/** @throws Failure `store_damaged` */
export function readRotationRecord(path: string): RotationRecord | undefined {
  const state = readState(path);
  if (Object.keys(state).length === 0) return undefined;
  const whole = TEXTS.every((field) => typeof state[field] === 'string') && PHASES.includes(state['phase']);
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

/** Finishes writing the new pair, where a kill came between its two files. @throws Failure `write_failed` */
export function completePair({ privateKeyFile, certificateFile, certificate }: RotationRecord): void {
  removeUnfinished(privateKeyFile);
  if (existsSync(certificateFile)) return;
  writeTogether([{ path: certificateFile, data: certificate, mode: 0o644 }], { overwrite: false });
}

/**
 * Removes the record and the new pair, which was never in use or isn't any more; nothing else knows it. A file that isn't
 * the one that was written stays: it may be somebody's only one.
 */
export function abandonRotation(path: string, record: RotationRecord): void {
  const { privateKeyFile, certificateFile, certificate, privateKeySha256 } = record;
  if (sha256Of(privateKeyFile) === privateKeySha256) rmSync(privateKeyFile, { force: true });
  if (sha256Of(certificateFile) === sha256(certificate)) rmSync(certificateFile, { force: true });
  removeUnfinished(privateKeyFile);
  removeRotationRecord(path);
}

/** In lower-case hexadecimal digits */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Undefined for what is no file that can be read. */
function sha256Of(path: string): string | undefined {
  try {
    return sha256(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** A new pair replaces nothing, so what holds replaced files (`.old.`) is somebody else's. */
function removeUnfinished(privateKeyFile: string): void {
  const left = interruptedFiles(privateKeyFile).filter((file) => /\.new\.\w+$/.test(file));
  for (const file of left) rmSync(file, { force: true });
}

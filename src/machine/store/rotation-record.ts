import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeDeadClaims } from '../files/alone.js';
import { interruptedFiles, removeWithRemains, writeTogether } from '../files/replace-together.js';
import { readRecord, recordPath, writeRecord } from './record.js';
import type { Json } from './state-files.js';

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
  /** URI of the key that was in use, where a signer keeps it. */
  previousSigner?: string;
  /** PEM */
  previousCertificate: string;
  /** PEM */
  certificate: string;
  /** Absolute path. */
  certificateFile: string;
  /** Absolute path of the new key; absent where a signer keeps it. */
  privateKeyFile?: string;
  /** Of the new key's file, in hexadecimal digits: by it the file is known, whether or not the key can be decrypted. */
  privateKeySha256?: string;
  /** URI of the new key, with its version, where a signer keeps it. */
  signer?: string;
  /** Why it is undone: the token endpoint's answer to the new key, where there was one. */
  answer?: string;
};

const TEXTS = [
  ...(['clientId', 'username', 'previousCertificate', 'certificate'] as const),
  'certificateFile',
] satisfies Array<keyof RotationRecord>;
const OF_KEY_FILE = ['privateKeyFile', 'privateKeySha256'] satisfies Array<keyof RotationRecord>;
const PHASES: unknown[] = ['deploying', 'proven', 'undoing'] satisfies Array<RotationRecord['phase']>;

/** Where the record of one app's rotation stands. */
export function rotationRecordPath(orgId: string, appName: string): string {
  return recordPath('jwt-rotations', orgId, appName);
}

/** @throws Failure `store_damaged` */
export function readRotationRecord(path: string): RotationRecord | undefined {
  return readRecord(path, 'rotation', isRotationRecord);
}

function isRotationRecord(state: Json): state is Json & RotationRecord {
  const isText = (field: string): boolean => typeof state[field] === 'string';
  const hasKey = isText('signer') ? !OF_KEY_FILE.some(isText) : OF_KEY_FILE.every(isText);
  return hasKey && TEXTS.every(isText) && PHASES.includes(state['phase']);
}

/** @throws Failure `write_failed` */
export function writeRotationRecord(path: string, record: RotationRecord): void {
  writeRecord(path, record);
}

export function removeRotationRecord(path: string): void {
  removeWithRemains(path);
}

/** Finishes writing the new pair, where a kill came before its last file. @throws Failure `write_failed` */
export function completePair({ certificateFile, certificate }: RotationRecord): void {
  removeUnfinished(certificateFile);
  if (existsSync(certificateFile)) return;
  writeTogether([{ path: certificateFile, data: certificate, mode: 0o644 }], { overwrite: false });
}

/**
 * Removes the record and the new pair, which was never in use or isn't any more; nothing else knows it. A file that isn't
 * the one that was written stays: it may be somebody's only one.
 */
export function abandonRotation(path: string, record: RotationRecord): void {
  const { privateKeyFile, certificateFile, certificate, privateKeySha256 } = record;
  if (privateKeyFile !== undefined && sha256Of(privateKeyFile) === privateKeySha256)
    rmSync(privateKeyFile, { force: true });
  if (sha256Of(certificateFile) === sha256(certificate)) rmSync(certificateFile, { force: true });
  removeUnfinished(certificateFile);
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
function removeUnfinished(certificateFile: string): void {
  const left = interruptedFiles(certificateFile).filter((file) => /\.new\.\w+$/.test(file));
  for (const file of left) rmSync(file, { force: true });
  removeDeadClaims(dirname(certificateFile));
}

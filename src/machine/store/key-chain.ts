/**
 * sf's key chain: the one key with which core encrypts the tokens in its entries. On Windows, on Linux without
 * `secret-tool`, and wherever `SF_USE_GENERIC_UNIX_KEYCHAIN` says so, it is the file `key.json`.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { Failure, isFailure } from '../../failure.js';
import { writeTogether } from '../files/replace-together.js';
import { checkStateFile, readState } from './state-files.js';

const SERVICE = 'sfdx';
const ACCOUNT = 'local';

/** Bytes of the key that core makes, by the version of its encryption. */
const KEY_BYTES = { v1: 16, v2: 32 };

type Machine = { environment: NodeJS.ProcessEnv; platform: NodeJS.Platform };

const THIS_MACHINE: Machine = { environment: process.env, platform: process.platform };

export function keyChainPath(): string {
  return join(Global.DIR, 'key.json');
}

/**
 * Why core couldn't use its key chain file; undefined where it can, has none yet, or doesn't keep its key in a file. Core's
 * own errors would quote the file, key and all.
 */
export function keyChainFault(
  machine: Machine = THIS_MACHINE,
): Failure<'store_damaged' | 'store_mode_refused'> | undefined {
  const path = keyChainPath();
  if (!isKeyChainFile(machine)) return undefined;
  try {
    checkStateFile(path);
    if (!existsSync(path)) return undefined;
    const { service, account, key } = readState(path);
    const reason = faultOf(service, account, key);
    if (reason !== undefined) return new Failure('store_damaged', { path, reason });
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return error;
    throw error;
  }
  const mode = statSync(path).mode & 0o777;
  if (machine.platform === 'win32' || mode === 0o600) return undefined;
  return new Failure('store_mode_refused', { path, mode: mode.toString(8) });
}

/**
 * Makes the key chain file of a HOME that has none, as core would, but whole or not at all: a kill within core's own write
 * leaves an empty file, and then every sf command fails. Call it with the lock of {@link keyChainPath}.
 *
 * @throws Failure `store_unwritable`; those of {@link keyChainFault} for a file that is there
 */
export function makeKeyChain(machine: Machine = THIS_MACHINE): void {
  const fault = keyChainFault(machine);
  if (fault !== undefined) throw fault;
  const path = keyChainPath();
  if (!isKeyChainFile(machine) || existsSync(path)) return;
  const version = machine.environment['SF_CRYPTO_V2']?.toLowerCase() === 'true' ? 'v2' : 'v1';
  const key = randomBytes(KEY_BYTES[version]).toString('hex');
  const data = JSON.stringify({ account: ACCOUNT, key, service: SERVICE }, null, 4);
  try {
    writeTogether([{ path, data, mode: 0o600 }], { overwrite: false });
  } catch (error) {
    if (!isFailure(error, 'write_failed')) throw error;
    throw new Failure('store_unwritable', error.data, { cause: error.cause });
  }
}

/** Whether core keeps its key in the file: its own rule, in the order in which it asks. */
export function isKeyChainFile({ environment, platform }: Machine = THIS_MACHINE): boolean {
  if (platform === 'win32') return true;
  const wanted = environment['SF_USE_GENERIC_UNIX_KEYCHAIN'] ?? environment['SFDX_USE_GENERIC_UNIX_KEYCHAIN'] ?? '';
  if (/^(true|1)$/i.test(wanted)) return true;
  return platform !== 'darwin' && !isProgram(environment['SFDX_SECRET_TOOL_PATH'] ?? '/usr/bin/secret-tool');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function faultOf(service: unknown, account: unknown, key: unknown): string | undefined {
  if (service === undefined && account === undefined && key === undefined) return 'there is no key in it';
  if (service !== SERVICE || account !== ACCOUNT) return 'the key in it is of another service';
  if (typeof key !== 'string') return 'there is no key in it';
  const bytes = Buffer.byteLength(key);
  const fits = bytes === 2 * KEY_BYTES.v1 || (bytes === 2 * KEY_BYTES.v2 && /^[0-9a-f]+$/i.test(key));
  return fits ? undefined : 'the key in it has another length than those of the CLI';
}

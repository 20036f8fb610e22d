import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Global } from '@salesforce/core';
import { Failure, isFailure } from '../../failure.js';
import { isSystemError, reasonOf } from '../files/write-failure.js';
import { aliasesPath } from './aliases.js';
import { isKeyChainFile, keyChainFault } from './key-chain.js';
import { checkStateFile, readStrictState } from './state-files.js';
import { readEntries } from './stored-logins.js';

/** Names of core's errors when the operating system's own key chain doesn't answer. */
const KEY_CHAIN_REFUSALS = [
  'CredentialProgramAccessError',
  'KeyChainUserCanceledError',
  'KeychainPasswordCreationError',
  'MissingCredentialProgramError',
  'PasswordNotFoundError',
  'PasswordRetryError',
  'SetCredentialError',
];

/** Names of core's and Node.js's errors on an encrypted value that this key doesn't open. */
const UNDECRYPTABLE = ['AuthDecryptError', 'InvalidEncryptedFormatError'];

/** Names of errors on a file that isn't what core expects. Their texts quote the file. */
const UNREADABLE = [
  'GenericKeychainInvalidPermsError',
  'GenericKeychainServiceError',
  'JsonDataFormatError',
  'JsonParseError',
  'RangeError',
  'SyntaxError',
  'UnexpectedValueTypeError',
];

/**
 * What core's own error about its files or its key chain means, in a failure of ours; undefined for every other error.
 * Core quotes what it can't parse, which may be the key of its store or a token, so none of its words are kept but those of
 * the operating system and its key chain.
 */
export function storeFaultOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || isFailure(error)) return undefined;
  const { name } = error;
  if (KEY_CHAIN_REFUSALS.includes(name)) {
    return keyChainFault() ?? new Failure('key_chain_refused', { reason: oneLine(error.message) });
  }
  if (UNDECRYPTABLE.includes(name)) return keyChainFault() ?? new Failure('store_undecryptable', {});
  if (UNREADABLE.includes(name)) return stateFault(pathOf(error));
  if (name === 'NamedOrgNotFoundError') return entryFault(error.message);
  if (!isSystemError(error)) return undefined;
  // Reading a folder says no path.
  if (error.path === undefined) return error.code === 'EISDIR' ? stateFault() : undefined;
  return isState(error.path) ? systemFault(error, error.path) : undefined;
}

/** Core says of an entry that it can't read or decrypt that there is none. */
function entryFault(words: string): Failure | undefined {
  const entry = readEntries().find(({ username }) => words.includes(` ${username}`));
  if (entry === undefined) return undefined;
  if (entry.type === 'damaged') return entry.failure;
  const fault = keyChainFault();
  if (fault !== undefined) return fault;
  if (isKeyChainFile()) return new Failure('store_undecryptable', {});
  return new Failure('key_chain_refused', { reason: `no key for the entry of ${entry.username}` });
}

/**
 * Why the CLI can't read a file of its own; undefined where it can read them all.
 *
 * @param first a file to look at before the others: an absolute path
 */
export function stateFault(first?: string): Failure | undefined {
  const fault = keyChainFault();
  if (fault !== undefined) return fault;
  for (const path of [...(first === undefined ? [] : [first]), aliasesPath(), ...configurationPaths()]) {
    const damage = damageOf(path);
    if (damage !== undefined) return damage;
  }
  return undefined;
}

function damageOf(path: string): Failure<'store_damaged'> | undefined {
  try {
    checkStateFile(path);
    readStrictState(path);
    return undefined;
  } catch (error) {
    if (isFailure(error, 'store_damaged')) return error;
    throw error;
  }
}

/** The user's configuration, and that of the project in which this process stands. */
function configurationPaths(): string[] {
  const folders = [dirname(Global.SF_DIR)];
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'sfdx-project.json'))) {
      return [...folders, folder].flatMap(configurationsIn).concat(join(folder, 'sfdx-project.json'));
    }
    if (dirname(folder) === folder) return folders.flatMap(configurationsIn);
  }
}

function configurationsIn(folder: string): string[] {
  return [
    join(folder, Global.SF_STATE_FOLDER, 'config.json'),
    join(folder, Global.SFDX_STATE_FOLDER, 'sfdx-config.json'),
  ];
}

function pathOf(error: Error): string | undefined {
  return 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

function isState(path: string): boolean {
  return [Global.SF_DIR, Global.SFDX_DIR].some((folder) => path.startsWith(folder));
}

const WRITING = /^(mkdir|rename|write|fsync|link|unlink|rmdir|ftruncate)$/;

/** A file that isn't there can only have been opened to be written. */
function systemFault(error: NodeJS.ErrnoException, path: string): Failure {
  const { syscall = '' } = error;
  if (syscall === 'open') {
    const fault = damageOf(path);
    if (fault !== undefined) return fault;
  }
  const writing = WRITING.test(syscall) || (syscall === 'open' && !existsSync(path));
  const code = writing ? 'store_unwritable' : 'store_damaged';
  return new Failure(code, { path, reason: reasonOf(error) }, { cause: error });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { isEncryptedPrivateKey, privateKeyIn, type Passphrase } from '../../keys/credential/private-key.js';
import { identify, type Identified } from '../../keys/credential/recognize.js';
import { signerOf, type Signer } from '../../keys/signer/signer.js';
import { Failure, isFailure } from '../../failure.js';
import { openInputFile, readStream, type InputStream } from './input-file.js';
import { findPassphrase, openWithAnswer, type AskPassphrase, type ReadPassphraseFile } from './passphrase.js';
import { isStore, readStoreKey, type StoreKeySecrets } from './store-key.js';
import { findStorePassphrase } from './store-passphrase.js';

/** Where a private key can come from, or be reached. */
export type KeySources = {
  /** The value of `--jwt-key-file`: a path, or `-` for standard input. */
  file: string | undefined;
  /** The value of `--signer`: the URI of a key that is kept elsewhere. */
  signer?: string | undefined;
  /** `SF_JWT_KEY`, `SF_JWT_KEY_PASSPHRASE` and `SF_JWT_SIGNER`. */
  environment: NodeJS.ProcessEnv;
  stdin: InputStream;
  passphraseFile: string | undefined;
  /** Where several things are protected by that file: a reader that they share. */
  readPassphraseFile?: ReadPassphraseFile;
  /** What opens a keystore, and which of its keys is meant; undefined: the environment, and the only key. */
  store?: { passphraseFile: string | undefined; alias: string | undefined };
  /** Asks a person; undefined where nobody can answer. */
  askPassphrase: AskPassphrase | undefined;
  /** The same for a keystore, by what it's called. Undefined: as for a key. */
  askStorePassphrase?: ((source: string) => AskPassphrase | undefined) | undefined;
  /** Asks a person for the PIN of what keeps a key; undefined where nobody can answer. */
  askPin?: ((what: string) => Promise<string>) | undefined;
};

/** A private key to sign with. */
export type KeyInput = {
  signer: Signer;
  /** What the messages call it: its absolute path, `stdin`, the variable it came from or the URI of a signer. */
  source: string;
  /** Undefined: it can sign, and be written nowhere. */
  key: KeyObject | undefined;
  encrypted: boolean;
  /** Absolute path of the file it came from; undefined for standard input, the environment, a pipe and a key elsewhere. */
  path: string | undefined;
  /** Whether Node.js reads the text as it stands: sf, which refreshes with it, mends nothing. */
  asIs: boolean;
};

/**
 * The URI of the signer that is asked for, by the flag or else by the environment.
 *
 * @throws Failure `signer_and_key` where a key is given too
 */
export function signerUriIn({
  signer: given,
  file,
  environment,
}: Pick<KeySources, 'signer' | 'file' | 'environment'>): string | undefined {
  const uri = given || environment['SF_JWT_SIGNER']?.trim() || undefined;
  const key = file ? '--jwt-key-file' : environment['SF_JWT_KEY'] ? 'SF_JWT_KEY' : undefined;
  if (uri !== undefined && key !== undefined)
    throw new Failure('signer_and_key', { signer: given ? '--signer' : 'SF_JWT_SIGNER', key });
  return uri;
}

/**
 * Finds the key of the signer that is asked for, or reads the private key from the file, else from the environment, and
 * decrypts it where it takes a passphrase. A keystore works as well; what it is protected with counts as the encryption of
 * its key.
 *
 * @returns undefined if no source has one
 * @throws Failure those of `signerUriIn`, `openSigner`, `openInputFile`, `readPrivateKey`, `findPassphrase` and
 *   `readStoreKey`; `key_passphrase_missing`
 */
export async function readKeyInput(sources: KeySources): Promise<KeyInput | undefined> {
  const uri = signerUriIn(sources);
  if (uri !== undefined) return keyOfSigner(uri, sources);
  const given = await readGiven(sources);
  if (given === undefined) return undefined;
  const { content, source, path } = given;
  const found = identify(content);
  if (isStore(found)) {
    const { entry } = await readStoreKey(found, sources.store?.alias, source, await storeSecretsOf(sources, source));
    return { signer: signerOf(entry.key), source: path ?? source, key: entry.key, encrypted: true, path, asIs: false };
  }
  const encrypted = isEncryptedPrivateKey(found);
  const key = encrypted ? await openEncrypted(found, source, sources) : privateKeyIn(found, { source });
  return { signer: signerOf(key), source: path ?? source, key, encrypted, path, asIs: isReadableAsIs(content) };
}

/** Loaded on demand: few keys are kept elsewhere. */
async function keyOfSigner(uri: string, { askPin }: KeySources): Promise<KeyInput> {
  const [{ openSigner }, { signerDependencies }] = await Promise.all([
    import('../../keys/signer/open.js'),
    import('../signer-dependencies.js'),
  ]);
  const signer = await openSigner(uri, signerDependencies(askPin));
  return { signer, source: signer.uri ?? uri, key: undefined, encrypted: false, path: undefined, asIs: false };
}

async function openEncrypted(found: Identified, source: string, sources: KeySources): Promise<KeyObject> {
  const { askPassphrase, environment } = sources;
  const given = await findPassphrase(
    { file: sources.passphraseFile, variable: environment['SF_JWT_KEY_PASSPHRASE'] },
    sources.readPassphraseFile,
  );
  const open = (passphrase: Passphrase | undefined): KeyObject => privateKeyIn(found, { source, passphrase });
  if (given !== undefined || askPassphrase === undefined) return open(given);
  const key = await openWithAnswer(askPassphrase, open, (error) => isFailure(error, 'key_passphrase_wrong'));
  if (key === undefined) throw new Failure('passphrase_empty', {});
  return key;
}

/**
 * What may open a keystore: its own passphrase first, then that of keys, then the empty one of an org's export.
 *
 * @param source what the messages call it
 * @throws Failure those of `findPassphrase` and `findStorePassphrase`
 */
export async function storeSecretsOf(sources: KeySources, source: string): Promise<StoreKeySecrets> {
  const { environment, passphraseFile, readPassphraseFile, store, askPassphrase, askStorePassphrase } = sources;
  const ask = askStorePassphrase === undefined ? askPassphrase : askStorePassphrase(source);
  const own = await findStorePassphrase(
    store?.passphraseFile,
    environment['SF_JWT_STORE_PASSPHRASE'] || environment['SF_JWT_FROM_PASSPHRASE'],
    readPassphraseFile,
  );
  const ofKey = await findStorePassphrase(passphraseFile, environment['SF_JWT_KEY_PASSPHRASE'], readPassphraseFile);
  const given = [own, ofKey].filter((each) => each !== undefined);
  return { given: given.length === 0 ? [] : [...given, ''], ask, keys: () => Promise.resolve(given) };
}

type Given = { content: Buffer | string; source: string; path: string | undefined };

/** An unset CI variable makes an empty flag, which names no file. */
async function readGiven({ file, environment, stdin }: KeySources): Promise<Given | undefined> {
  if (file === '-') return { content: await readStream(stdin, 'stdin'), source: 'stdin', path: undefined };
  if (file) {
    const { content, regular } = await openInputFile(file);
    return { content, source: file, path: regular ? resolve(file) : undefined };
  }
  const content = environment['SF_JWT_KEY'];
  return content ? { content, source: 'SF_JWT_KEY', path: undefined } : undefined;
}

function isReadableAsIs(content: Buffer | string): boolean {
  try {
    createPrivateKey(content.toString());
    return true;
  } catch {
    return false;
  }
}

/** The sources for one file alone, whatever else was asked for. */
export function ofFile(sources: KeySources, file: string): KeySources {
  return { ...sources, file, signer: undefined, environment: withoutKeys(sources.environment) };
}

/** The sources for the key of one signer alone. */
export function ofSigner(sources: KeySources, signer: string): KeySources {
  return { ...sources, signer, file: undefined, environment: withoutKeys(sources.environment) };
}

/** The environment without the key that it names: for a login that is stored with its own. */
export function withoutKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { SF_JWT_KEY: _, SF_JWT_SIGNER: __, ...others } = environment;
  return others;
}

/** @throws Failure `key_missing` instead of returning undefined */
export async function requireKeyInput(sources: KeySources): Promise<KeyInput> {
  const input = await readKeyInput(sources);
  if (input === undefined) throw new Failure('key_missing', {});
  return input;
}

/** The private key that `keygen` wrote beside a certificate: `server.key` for `server.crt`. Undefined if there is none. */
export function keyFileBeside(certificateFile: string): string | undefined {
  const { dir, name } = parse(certificateFile);
  const path = join(dir, `${name}.key`);
  return path !== certificateFile && existsSync(path) ? path : undefined;
}

/** The certificate that `keygen` wrote beside a key: `server.crt` for `server.key`. Undefined if there is none. */
export function certificateFileBeside(keyFile: string): string | undefined {
  const { dir, name } = parse(keyFile);
  const path = join(dir, `${name}.crt`);
  return path !== keyFile && existsSync(path) ? path : undefined;
}

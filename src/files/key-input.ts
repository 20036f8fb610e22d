import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { isEncryptedPrivateKey, readPrivateKey, type Passphrase } from '../credential/private-key.js';
import { Failure } from '../failure.js';
import { openInputFile, readStream } from './input-file.js';
import { findPassphrase, type ReadPassphraseFile } from './passphrase.js';

/** Where a private key can come from. */
export type KeySources = {
  /** The value of `--jwt-key-file`: a path, or `-` for standard input. */
  file: string | undefined;
  /** `SF_JWT_KEY` and `SF_JWT_KEY_PASSPHRASE`. */
  environment: NodeJS.ProcessEnv;
  stdin: AsyncIterable<Buffer | string>;
  passphraseFile: string | undefined;
  /** Where several things are protected by that file: a reader that they share. */
  readPassphraseFile?: ReadPassphraseFile;
  /** Asks a person; undefined where nobody can answer. */
  askPassphrase: (() => Promise<string>) | undefined;
};

/** A private key that was read. */
export type KeyInput = {
  key: KeyObject;
  encrypted: boolean;
  /** Absolute path of the file it came from; undefined for standard input, the environment and a pipe. */
  path: string | undefined;
  /** Whether Node.js reads the text as it stands: sf, which refreshes with it, mends nothing. */
  asIs: boolean;
};

/**
 * Reads the private key from the file, else from the environment, and decrypts it where it takes a passphrase.
 *
 * @returns undefined if no source has one
 * @throws Failure those of `openInputFile`, `readPrivateKey` and `findPassphrase`; `key_passphrase_missing`
 */
export async function readKeyInput(sources: KeySources): Promise<KeyInput | undefined> {
  const { environment, passphraseFile, askPassphrase } = sources;
  const given = await readGiven(sources);
  if (given === undefined) return undefined;
  const { content, source, path } = given;
  const encrypted = isEncryptedPrivateKey(content);
  const passphrase: Passphrase | undefined = encrypted
    ? await findPassphrase(
        { file: passphraseFile, variable: environment['SF_JWT_KEY_PASSPHRASE'], prompt: askPassphrase },
        sources.readPassphraseFile,
      )
    : undefined;
  return { key: readPrivateKey(content, { source, passphrase }), encrypted, path, asIs: isReadableAsIs(content) };
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

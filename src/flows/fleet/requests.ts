import { resolve } from 'node:path';
import { Failure } from '../../failure.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import { requirePath } from '../../machine/files/path-value.js';
import { parseLoginUrl } from '../../salesforce/token/login-url.js';
import type { GrantRequest, KeyStorage } from '../grant.js';
import type { OrgRow } from './rows.js';

/** What holds for every row that says nothing else, and how to find what a row names. */
export type Defaults = {
  clientId: string | undefined;
  audience: string | undefined;
  /** The key of the flag or the environment, and its file as it was named. */
  key: KeyInput | undefined;
  keyFile: string | undefined;
  passphraseFile?: string | undefined;
  keyStorage: KeyStorage | undefined;
  /** Milliseconds until a request is given up */
  timeout: number;
  /** Where relative paths of keys begin. */
  folder: string;
  /** @throws Failure as `loginUrlFor` of the machine */
  loginUrlFor: (given: URL | undefined) => Promise<URL>;
  audienceFor: (loginUrl: URL) => string;
  /** Reads a key file once, however many rows name it. */
  readKey: (path: string) => Promise<KeyInput>;
  /** Opens a signer once, however many rows name it. */
  openSigner: (uri: string) => Promise<KeyInput>;
};

/**
 * The login that a row describes.
 *
 * @throws Failure `orgs_row_incomplete`, `orgs_row_url_illegal`, those of `loginUrlFor`, and those of reading a key
 */
export async function requestFor(
  { line, username, values }: OrgRow,
  source: string,
  defaults: Defaults,
): Promise<GrantRequest> {
  const clientId = values['client-id'] ?? defaults.clientId;
  if (!clientId) throw new Failure('orgs_row_incomplete', { source, line, column: 'client-id' });
  const url = values['instance-url'];
  const given = url === undefined ? undefined : parseLoginUrl(url);
  if (url !== undefined && given === undefined) throw new Failure('orgs_row_url_illegal', { source, line, value: url });
  const loginUrl = await defaults.loginUrlFor(given);
  const { 'jwt-key-file': named, signer } = values;
  requireOneKey(values);
  const keyFile =
    named === undefined ? (signer === undefined ? defaults.keyFile : undefined) : resolve(defaults.folder, named);
  if (named !== undefined) requirePath(named, 'jwt-key-file', 'input', defaults.folder);
  const ofDefaults = named === undefined ? defaults.key : await defaults.readKey(keyFile!);
  const keyInput = signer === undefined ? ofDefaults : await defaults.openSigner(signer);
  if (keyInput === undefined) throw new Failure('orgs_row_incomplete', { source, line, column: 'jwt-key-file' });
  const audience = values.audience ?? defaults.audience ?? defaults.audienceFor(loginUrl);
  return {
    target: { clientId, username, loginUrl, audience },
    keyInput,
    keyFile,
    passphraseFile: defaults.passphraseFile,
    keyStorage: defaults.keyStorage,
    names: { alias: values.alias, setDefault: false, setDefaultDevHub: false },
    limit: 0,
    timeout: defaults.timeout,
  };
}

/** @throws Failure `signer_and_key` where a row names a file and a signer */
export function requireOneKey({ signer, 'jwt-key-file': file }: OrgRow['values']): void {
  if (signer !== undefined && file !== undefined)
    throw new Failure('signer_and_key', { signer: 'signer', key: 'jwt-key-file' });
}

/** Reads each file once and remembers what it read, or why it couldn't. */
export function readOnce<Value>(read: (path: string) => Promise<Value>): (path: string) => Promise<Value> {
  const known = new Map<string, Promise<Value>>();
  return (path) => {
    const reading = known.get(path) ?? read(path);
    known.set(path, reading);
    return reading;
  };
}

import type { ConfigAggregator } from '@salesforce/core';
import { audienceFor } from '../../keys/assertion/audience.js';
import { ofFile, ofSigner, readKeyInput, requireKeyInput, type KeySources } from '../../machine/files/key-input.js';
import { loginUrlFor } from '../../machine/store/login-url.js';
import type { SfCommand } from '../../terminal/command.js';
import { keySources } from '../../terminal/flags/login.js';
import { tellHost } from '../../terminal/host.js';
import type { KeyStorage } from '../grant.js';
import { readOnce, type Defaults } from './requests.js';
import { isFaulty, type FaultyRow, type OrgRow } from './rows.js';

/** The flags that say of every row what it doesn't say itself. */
export type LoginDefaults = {
  'client-id': string | undefined;
  'jwt-key-file': string | undefined;
  'signer': string | undefined;
  'passphrase-file': string | undefined;
  'store-passphrase-file': string | undefined;
  'store-alias': string | undefined;
  'instance-url': URL | undefined;
  'audience': string | undefined;
  'key-storage'?: KeyStorage | undefined;
  'timeout': { milliseconds: number };
};

/**
 * What holds for the rows that say nothing else. The key of the flags is read only where a row needs it.
 *
 * @param folder where relative paths of keys begin
 * @throws Failure those of reading that key, and of `loginUrlFor`
 */
export async function defaultsOf(
  command: SfCommand<unknown>,
  config: ConfigAggregator,
  flags: LoginDefaults,
  { rows, folder }: { rows: ReadonlyArray<OrgRow | FaultyRow>; folder: string },
): Promise<Defaults> {
  const sources = keySourcesOfFleet(command, flags);
  const loginUrl = await loginUrlFor(flags['instance-url'], config, tellHost(command));
  const keyless = rows.some((row) => !isFaulty(row) && !hasOwnKey(row));
  return {
    clientId: flags['client-id'],
    audience: flags.audience,
    key: keyless ? await readKeyInput(sources) : undefined,
    keyFile: flags['jwt-key-file'] || undefined,
    passphraseFile: flags['passphrase-file'],
    keyStorage: flags['key-storage'],
    timeout: flags.timeout.milliseconds,
    folder,
    loginUrlFor: async (given) => (given === undefined ? loginUrl : loginUrlFor(given, config)),
    audienceFor: (url) => process.env['SF_AUDIENCE_URL'] || audienceFor(url),
    readKey: readOnce((path) => requireKeyInput(ofFile(sources, path))),
    openSigner: readOnce((uri) => requireKeyInput(ofSigner(sources, uri))),
  };
}

/** Whether a row says which key it has. */
export function hasOwnKey({ values }: OrgRow): boolean {
  return values['jwt-key-file'] !== undefined || values.signer !== undefined;
}

/** A person is asked for one passphrase, as a file holds one. */
export function keySourcesOfFleet(command: SfCommand<unknown>, flags: Parameters<typeof keySources>[1]): KeySources {
  const sources = keySources(command, flags);
  const { askPassphrase } = sources;
  let answer: Promise<string> | undefined;
  return {
    ...sources,
    askPassphrase:
      askPassphrase && ((wrong) => (wrong ? (answer = askPassphrase(true)) : (answer ??= askPassphrase()))),
    askStorePassphrase: undefined,
  };
}

import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { Passphrase } from '../../keys/credential/private-key.js';
import type { KeySources } from '../../machine/files/key-input.js';
import { findNewPassphrase } from '../../machine/files/passphrase.js';
import { Messages } from '../../terminal/messages.js';
import { newSecretAsker } from '../../terminal/prompt.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

/**
 * What encrypts a new key: the passphrase of the file, of the environment, or that a person types twice.
 *
 * @throws Failure those of `findNewPassphrase`
 */
export async function newKeyPassphrase(
  command: SfCommand<unknown>,
  { passphraseFile: file, readPassphraseFile }: KeySources,
): Promise<Passphrase> {
  const ask = newSecretAsker(command, {
    first: messages.getMessage('prompt.passphrase'),
    again: messages.getMessage('prompt.passphrase.again'),
  });
  return findNewPassphrase({ file, variable: process.env['SF_JWT_KEY_PASSPHRASE'], ask }, readPassphraseFile);
}

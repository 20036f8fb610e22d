import { Lifecycle } from '@salesforce/core';
import { Messages } from '../../terminal/messages.js';
import { explain } from '../../terminal/explain.js';
import { isReadableByOthers } from '../../machine/files/passphrase.js';
import { readStoredKey } from '../../machine/files/stored-key.js';
import { isTemporary } from '../../machine/files/temporary-folder.js';
import { readStoredLogins, type StoredLogin } from '../../machine/store/stored-logins.js';
import type { SfDoctor } from './command-log.js';
import { judgeStoredLogin, type StoredLoginFacts } from './stored-login.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'sf-doctor');

const PLUGIN = 'sf-plugin-jwt';

/** Looks at the private key file of every JWT login in the auth store, and tells the doctor. It asks no org. */
export async function checkStoredLogins(doctor: SfDoctor): Promise<void> {
  const logins = readStoredLogins();
  const facts = await Promise.all(logins.map((login) => gatherStoredLogin(login)));
  doctor.addPluginData(PLUGIN, {
    jwtLogins: facts.map(({ keyFailure, ...rest }) => ({ ...rest, keyFailure: keyFailure?.code })),
  });
  for (const fact of facts) {
    for (const { code, status, values } of judgeStoredLogin(fact)) {
      const testName = `[${PLUGIN}] ${messages.getMessage(`test.${code}`, [fact.username])}`;
      await Lifecycle.getInstance().emit('Doctor:diagnostic', { testName, status });
      if (status === 'pass') continue;
      // Only a key that can't be read has a reason to name.
      const reasons = code === 'key' && fact.keyFailure !== undefined ? [explain(fact.keyFailure).message] : [];
      doctor.addSuggestion(messages.getMessage(`suggestion.${code}`, [...values, ...reasons]));
    }
  }
}

/** Reads no more than the key. */
async function gatherStoredLogin(login: StoredLogin): Promise<StoredLoginFacts> {
  const { privateKeyFile: file, username, loginUrl } = login;
  const place = {
    username,
    loginUrl,
    privateKeyFile: file,
    readableByOthers: isReadableByOthers(file),
    temporary: isTemporary(file, process.env),
  };
  const read = await readStoredKey(file);
  return { ...place, keyFailure: 'failure' in read ? read.failure : undefined };
}

import { Lifecycle, Messages } from '@salesforce/core';
import { explain } from '../explain.js';
import { isReadableByOthers } from '../files/passphrase.js';
import { readStoredKey } from '../files/stored-key.js';
import { isTemporary } from '../files/temporary-folder.js';
import { readStoredLogins, type StoredLogin } from '../store/stored-logins.js';
import { judgeStoredLogin, type StoredLoginFacts } from './stored-login.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'sf-doctor');

const PLUGIN = 'sf-plugin-jwt';

/** As much of the doctor of `sf doctor` (package `@salesforce/plugin-info`) as this plugin uses. */
export type SfDoctor = {
  addSuggestion: (suggestion: string) => void;
  addPluginData: (plugin: string, data: object) => void;
  getDiagnosis: () => { sfEnvVars?: Array<[name: string, value: string | undefined]> };
};

/** Variables that hold secrets; `sf doctor` writes every variable that begins with `SF_` to its file. */
const SECRET_VARIABLES = ['SF_JWT_KEY', 'SF_JWT_KEY_PASSPHRASE', 'SF_JWT_STORE_PASSPHRASE'];

/**
 * The part of `sf doctor` that this plugin plays: looks at the private key file of every JWT login in the auth store.
 * It asks no org, and changes nothing but the doctor's own notes, from which it takes our secrets.
 *
 * @see https://github.com/salesforcecli/plugin-info/wiki, hook `sf-doctor-<plugin>`
 */
export default async function diagnoseStoredLogins({ doctor }: { doctor: SfDoctor }): Promise<void> {
  redactVariables(doctor);
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
      const reason = fact.keyFailure === undefined ? '' : explain(fact.keyFailure).message;
      doctor.addSuggestion(messages.getMessage(`suggestion.${code}`, [...values, reason]));
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

function redactVariables(doctor: SfDoctor): void {
  for (const entry of doctor.getDiagnosis().sfEnvVars ?? []) {
    if (SECRET_VARIABLES.includes(entry[0])) entry[1] = messages.getMessage('redacted');
  }
}

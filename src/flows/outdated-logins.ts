import type { SfCommand } from '@salesforce/sf-plugins-core';
import { matches, type Certificate } from '../keys/credential/certificate.js';
import { readStoredKey } from '../machine/files/stored-key.js';
import { keyCopyPath } from '../machine/store/key-copy.js';
import { readKnownApp } from '../machine/store/known-apps.js';
import { isSameOrg, readStoredLogins, type StoredLogin } from '../machine/store/stored-logins.js';
import { meaningOf } from '../salesforce/token/meaning.js';
import type { TokenAnswer } from '../salesforce/token/answer.js';
import type { TriedLogin } from '../salesforce/token/prover.js';
import { Messages } from '../terminal/messages.js';
import { shellQuote } from '../terminal/shell-quote.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** An app as it is now, and the certificates that its keys may have. */
type AppNow = { name: string; clientId: string; orgId: string; certificates: Certificate[] };

/** What the org answers to a client id that no app has. */
const UNKNOWN = ['client_id_unknown', 'app_not_in_org'];

/**
 * The stored logins with an app whose client id is another since: one that was converted to an External Client App may get
 * a new one. They have a key of the app, or a client id that the app is known by here, and the org knows no app by it.
 *
 * @param logIn tries a login once
 */
export async function outdatedLogins(
  app: AppNow,
  logIn: (login: TriedLogin) => Promise<TokenAnswer>,
): Promise<StoredLogin[]> {
  const others = readStoredLogins().filter(
    ({ clientId, orgId }) => clientId !== app.clientId && isSameOrg(orgId, app.orgId),
  );
  const outdated = await Promise.all(
    others.map(async (login) => {
      const { clientId, username, privateKeyFile } = login;
      const stored = await readStoredKey(privateKeyFile);
      const signer = 'signer' in stored ? stored.signer : undefined;
      const isKnownAs = readKnownApp(clientId).name === app.name;
      if (signer === undefined) return isKnownAs ? [login] : [];
      if (!isKnownAs && !app.certificates.some((certificate) => matches(certificate, signer))) return [];
      const answer = await logIn({ clientId, username, signer });
      return answer.ok || !UNKNOWN.includes(meaningOf(answer).code) ? [] : [login];
    }),
  );
  return outdated.flat();
}

/**
 * A warning for each such login, with the command that mends it.
 *
 * @param now.keyFile of the app's key, where it's another than that of the login; `signer`: its URI, where a signer keeps it
 */
export function outdatedWarnings(
  logins: StoredLogin[],
  now: Pick<AppNow, 'name' | 'clientId'> & {
    keyFile: string | undefined;
    signer?: string | undefined;
    instanceUrl: string;
  },
): SfCommand.Warning[] {
  return logins.map(({ username, clientId, orgId, privateKeyFile }) => {
    const words = [username, now.clientId, now.signer ?? now.keyFile ?? privateKeyFile, now.instanceUrl].map((word) =>
      shellQuote(word),
    );
    const inFile = privateKeyFile === keyCopyPath(orgId, username) ? 'copy' : 'path';
    const key = now.signer === undefined ? inFile : 'signer';
    return {
      name: 'ClientIdOutdatedWarning',
      message: messages.getMessage('warning.outdated', [username, clientId, now.name, now.clientId]),
      actions: messages.getMessages(`warning.outdated.${key}.actions`, words),
    };
  });
}

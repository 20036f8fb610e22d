import { isFailure, type Failure } from '../../failure.js';
import type { Signer } from '../../keys/signer/signer.js';
import { readStoredKey } from '../../machine/files/stored-key.js';
import { switchClientId } from '../../machine/store/switch-client-id.js';
import type { MigrateDependencies } from './dependencies.js';
import type { OldLogin } from './read.js';

/** A login of this machine after the work: with the new app, or why it's still with the old one; no key of it is stored where no failure says why. */
export type SwitchedLogin = OldLogin & { switched: boolean; failure?: Failure };

/**
 * Has each stored login use the new app, once a login with it and the stored key has worked. Until then, and where it doesn't,
 * the entry stays as it is. One login's failure leaves the others theirs.
 */
export async function switchLogins(
  logins: OldLogin[],
  clientId: string,
  { connection, logIn, refused }: MigrateDependencies,
): Promise<SwitchedLogin[]> {
  const switched: SwitchedLogin[] = [];
  for (const login of logins) {
    if (login.privateKeyFile === undefined) {
      switched.push({ ...login, switched: false });
      continue;
    }
    try {
      const key = await keyIn(login.privateKeyFile);
      const answer = await logIn({ clientId, username: login.username, signer: key }, 'propagation');
      if (!answer.ok) throw refused(answer, login.username, clientId);
      const next = { clientId, loginUrl: connection.instanceUrl };
      switched.push({ ...login, switched: await switchClientId(login, next) });
    } catch (error) {
      if (!isFailure(error)) throw error;
      switched.push({ ...login, switched: false, failure: error });
    }
  }
  return switched;
}

async function keyIn(privateKeyFile: string): Promise<Signer> {
  const read = await readStoredKey(privateKeyFile);
  if ('failure' in read) throw read.failure;
  return read.signer;
}

import { readCertificate } from '../../keys/credential/certificate.js';
import { isFailure } from '../../failure.js';
import {
  abandonRotation,
  removeRotationRecord,
  writeRotationRecord,
  type RotationRecord,
} from '../../machine/store/rotation-record.js';
import type { StoredLogin } from '../../machine/store/stored-logins.js';
import { switchKey } from '../../machine/store/switch-key.js';
import type { TokenAnswer } from '../../salesforce/token/answer.js';
import { answerInWords } from '../../salesforce/token/log-in.js';
import type { TriedLogin } from '../../salesforce/token/prover.js';
import { explain } from '../../terminal/explain.js';
import { deployCertificate, type Deployment } from './deploy.js';
import { loginsOf } from './read.js';
import {
  outcomeOf,
  unlessUnfinished,
  type NewKey,
  type RotateDependencies,
  type Rotated,
  type Rotation,
  type SwitchedLogin,
} from './rotation.js';

/**
 * From the new pair on disk to the end: the certificate deployed, a login with the new key, the logins switched.
 *
 * @returns the answer to the new key, or why that didn't sign, where that is a reason to undo all of it
 * @throws Failure those of `deploy`, of reading the store, and of a refused login that is no reason to undo
 */
export async function finish(rotation: Rotation, newKey: NewKey): Promise<Rotated | { refused: string }> {
  const { request, dependencies, current, record, recordPath } = rotation;
  let deployment: Deployment | undefined;
  let gap: number | undefined;
  if (record.phase === 'deploying') {
    deployment = await deployOrGiveUp(rotation);
    const login = { clientId: current.clientId, username: request.username, signer: newKey.signer };
    const answer = await unlessUnfinished(dependencies, () => provenLogin(login, record, dependencies));
    if ('refused' in answer) return answer;
    if (!answer.ok && !isSameUser(request.username, record.username)) {
      // Nobody knows whether this user ever could log in, so it says nothing about the key.
      dependencies.onUnfinished();
      throw dependencies.refused(answer, login, record.privateKeyFile);
    }
    if (!answer.ok) return { refused: answerInWords(answer) };
    gap = deployment && dependencies.now() - deployment.since;
    writeRotationRecord(recordPath, { ...record, phase: 'proven' });
  }
  const logins = await unlessUnfinished(dependencies, () => switchLogins(rotation, newKey));
  if (logins.every(({ failure }) => failure === undefined)) removeRotationRecord(recordPath);
  else dependencies.onUnfinished();
  return outcomeOf(rotation, { logins, gap, deployId: deployment?.id });
}

/** Whoever keeps the new key has signed its certificate, and may refuse to sign again. */
async function provenLogin(
  login: TriedLogin,
  { signer }: RotationRecord,
  { logIn }: Pick<RotateDependencies, 'logIn'>,
): Promise<TokenAnswer | { refused: string }> {
  try {
    return await logIn(login, 'certificate');
  } catch (error) {
    if (signer === undefined || !isFailure(error)) throw error;
    return { refused: explain(error).message };
  }
}

/** The org didn't take the deployment, or took all of it back. */
const WITHOUT_TRACE = ['deployment_refused', 'deployment_failed', 'deployment_canceled'] as const;

/** A deployment that left no trace leaves nothing to finish, unless another one before it may have brought the certificate. */
async function deployOrGiveUp(rotation: Rotation): Promise<Deployment | undefined> {
  const { record, recordPath, dependencies, isDeployed, resumed } = rotation;
  try {
    const certificate = readCertificate(record.certificate, record.certificateFile);
    return await deployCertificate(rotation, { ...certificate, proven: isDeployed });
  } catch (error) {
    if (!resumed && WITHOUT_TRACE.some((code) => isFailure(error, code))) abandonRotation(recordPath, record);
    else dependencies.onUnfinished();
    throw error;
  }
}

/** Usernames that differ in case are the same. */
function isSameUser(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Every login that had the old key gets the new one, whether or not it works: the old one surely doesn't. */
async function switchLogins(
  { dependencies, current, record, resumed }: Rotation,
  newKey: NewKey,
): Promise<SwitchedLogin[]> {
  const logins = (await loginsOf(current, record)).filter(({ holds }) => holds !== 'other');
  return Promise.all(
    logins.map(async (stored) => {
      const { username, holds } = stored;
      const tried = { clientId: current.clientId, username, signer: newKey.signer };
      const login = await dependencies.logIn(tried, 'certificate');
      // In a run that goes on, the change may have been cut off at its very end; doing it again clears up.
      const switched = { ...stored, login, failure: undefined, toSigner: record.signer !== undefined };
      if (holds === 'new' && !resumed) return switched;
      try {
        await giveNewKey(stored, { record, newKey, login, now: new Date(dependencies.now()) });
        return switched;
      } catch (error) {
        if (!isFailure(error)) throw error;
        return { ...switched, failure: error };
      }
    }),
  );
}

type NewLogin = { record: RotationRecord; newKey: NewKey; login: TokenAnswer; now: Date };

async function giveNewKey(
  stored: StoredLogin,
  { record: { privateKeyFile }, newKey: { signer, key }, login, now }: NewLogin,
): Promise<void> {
  if (key !== undefined && privateKeyFile !== undefined) return switchKey(stored, { key, path: privateKeyFile });
  const { switchToSigner } = await import('../../machine/store/switch-to-signer.js');
  return switchToSigner(stored, signer, login.ok ? login.accessToken : undefined, now);
}

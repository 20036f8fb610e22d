import type { KeyObject } from 'node:crypto';
import { endsWithin, readCertificate } from '../credential/certificate.js';
import { issueCredential, type Credential } from '../credential/issue.js';
import { readPrivateKey } from '../credential/private-key.js';
import { Failure, isFailure } from '../failure.js';
import { writeKeyFiles, type KeyFilePaths } from '../files/key-files.js';
import { meaningOfFailure } from '../org/reachability.js';
import { put, type Deployment } from './deployment.js';
import {
  findCertificateInUse,
  findKeyInUse,
  loginsOf,
  planNewPair,
  standingOf,
  type LoginOfApp,
  type RotateRequest,
  type Standing,
} from './plan.js';
import { readPreviousKey, resumptionOf } from './resume.js';
import { outcomeOf, type Rotated, type Rotation, type RotateWorld, type SwitchedLogin } from './rotation.js';
import {
  abandonRotation,
  completePair,
  readRotationRecord,
  removeRotationRecord,
  rotationRecordPath,
  sha256,
  writeRotationRecord,
  type RotationRecord,
} from '../store/rotation-record.js';
import { whileLocked } from '../store/state-files.js';
import { switchKey } from '../store/switch-key.js';
import { answerInWords } from '../token/log-in.js';
import type { TokenRefusal } from '../token/endpoint.js';

/** The way back is worth more patience than the way there. */
const UNDO_WAIT = 10 * 60_000;

/**
 * Gives an app in use a new key and certificate: a new pair on disk, the certificate deployed, a login with the new key,
 * and then every login on this machine that had the old one. If the new key doesn't log in, the old certificate is put
 * back. What is under way stands in a record, so that a run that finds one finishes or undoes it.
 *
 * @throws Failure those of `plan.ts`, of `deploy` and of a refused login; `rotation_undone`, `rotation_stuck`,
 *   `stored_logins_need_plain_key`, what `meaningOfFailure` knows
 */
export async function rotate(request: RotateRequest, world: RotateWorld): Promise<Rotated> {
  const { connection } = world;
  try {
    const recordPath = rotationRecordPath(connection.getAuthInfoFields().orgId ?? '', request.name);
    const run = async (): Promise<Rotated> => {
      const record = readRotationRecord(recordPath);
      const standing = await standingOf(request, connection, record?.clientId);
      const rotation = record && (await resumptionOf(record, { request, world, standing, recordPath }));
      if (rotation === undefined) return begin(request, world, standing, recordPath);
      world.onResume(rotation.record);
      if (request.dryRun) return outcomeOf(rotation, {});
      const { newKey } = rotation;
      const backwards = rotation.record.phase === 'undoing' || newKey === undefined;
      if (backwards) return undo(rotation, undefined);
      completePair(rotation.record);
      return finish(rotation, newKey);
    };
    return await (request.dryRun ? run() : whileLocked(recordPath, run));
  } catch (error) {
    throw meaningOfFailure(error, { instanceUrl: connection.instanceUrl, username: connection.getUsername() ?? '' });
  }
}

async function begin(
  request: RotateRequest,
  world: RotateWorld,
  standing: Standing,
  recordPath: string,
): Promise<Rotated> {
  const { newPair, username, expiresWithin } = request;
  const inUse = await findKeyInUse(request, standing, world.readKey);
  const previous = await findCertificateInUse(standing.app, inUse, request.certificateFile);
  const nothing = {
    standing,
    previous,
    previousKeyFile: inUse.path,
    issued: undefined,
    logins: [],
    gap: undefined,
    deployId: undefined,
    resumed: false,
  };
  const now = new Date(world.now());
  const isDue = expiresWithin === undefined || endsWithin(previous.notAfter, expiresWithin, now);
  if (!isDue) return { ...nothing, status: 'unchanged' };
  const logins = await loginsOf(standing, { previousKeyFile: inUse.path, previousCertificate: previous.pem });
  const affected = logins.filter(({ holds }) => holds === 'previous');
  requirePlainKey(affected, newPair.passphrase !== undefined);
  const plan = planNewPair(newPair, inUse, standing.app.name, now);
  // If the old key doesn't log in today, a new one that doesn't would say nothing.
  const login = { clientId: standing.clientId, username, privateKey: inUse.key };
  const answer = await world.logIn(login, 'nothing', 0);
  if (!answer.ok) throw world.refused(answer, login, inUse.path);
  world.onPlan({ standing, inUse: previous, paths: plan.paths, logins: affected });
  const credential = await issueCredential({ ...plan.request, passphrase: newPair.passphrase });
  const { certificate } = credential;
  if (request.dryRun) {
    const deployment = await put({ request, world, standing }, certificate);
    return { ...nothing, status: 'rotated', deployId: deployment?.id };
  }
  const record = recordOf(plan.paths, credential, {
    clientId: standing.clientId,
    username,
    ...(inUse.path === undefined ? {} : { previousKeyFile: inUse.path }),
    previousCertificate: previous.pem,
  });
  writeRotationRecord(recordPath, record);
  try {
    writeKeyFiles(plan, credential);
  } catch (error) {
    removeRotationRecord(recordPath);
    throw error;
  }
  const newKey = readPrivateKey(credential.privateKeyPem, {
    source: plan.paths.privateKeyFile,
    passphrase: newPair.passphrase,
  });
  const rotation = { request, world, standing, recordPath, record, previousKey: inUse.key, newKey };
  return finish({ ...rotation, isDeployed: false, resumed: false }, newKey);
}

function recordOf(
  { privateKeyFile, certificateFile }: KeyFilePaths,
  { privateKeyPem, certificate }: Credential,
  before: Pick<RotationRecord, 'clientId' | 'username' | 'previousKeyFile' | 'previousCertificate'>,
): RotationRecord {
  return {
    phase: 'deploying',
    ...before,
    certificate: certificate.pem,
    ...{ privateKeyFile, certificateFile },
    privateKeySha256: sha256(privateKeyPem),
  };
}

/** From the new pair on disk to the end. */
async function finish(rotation: Rotation, newKey: KeyObject): Promise<Rotated> {
  const { request, world, standing, record, recordPath } = rotation;
  let deployment: Deployment | undefined;
  let gap: number | undefined;
  if (record.phase === 'deploying') {
    deployment = await deployOrGiveUp(rotation);
    const login = { clientId: standing.clientId, username: request.username, privateKey: newKey };
    const answer = await unlessUnfinished(world, () => world.logIn(login, 'certificate', request.wait));
    if (!answer.ok && !isSameUser(request.username, record.username)) {
      // Nobody knows whether this user ever could log in, so it says nothing about the key.
      world.onUnfinished();
      throw world.refused(answer, login, record.privateKeyFile);
    }
    if (!answer.ok) return undo(rotation, answer);
    gap = deployment && world.now() - deployment.since;
    writeRotationRecord(recordPath, { ...record, phase: 'proven' });
  }
  const logins = await unlessUnfinished(world, () => switchLogins(rotation, newKey));
  if (logins.every(({ failure }) => failure === undefined)) removeRotationRecord(recordPath);
  else world.onUnfinished();
  return outcomeOf(rotation, { logins, gap, deployId: deployment?.id });
}

/** The org didn't take the deployment, or took all of it back. */
const WITHOUT_TRACE = ['deployment_refused', 'deployment_failed', 'deployment_canceled'] as const;

/** A deployment that left no trace leaves nothing to finish, unless another one before it may have brought the certificate. */
async function deployOrGiveUp(rotation: Rotation): Promise<Deployment | undefined> {
  const { record, recordPath, world, isDeployed, resumed } = rotation;
  try {
    const certificate = readCertificate(record.certificate, record.certificateFile);
    return await put(rotation, { ...certificate, proven: isDeployed });
  } catch (error) {
    if (!resumed && WITHOUT_TRACE.some((code) => isFailure(error, code))) abandonRotation(recordPath, record);
    else world.onUnfinished();
    throw error;
  }
}

async function unlessUnfinished<T>(world: RotateWorld, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    world.onUnfinished();
    throw error;
  }
}

/** Puts the previous certificate back and proves it. Always throws: the rotation has failed. */
async function undo(rotation: Rotation, refusal: TokenRefusal | undefined): Promise<never> {
  const { request, world, standing, recordPath } = rotation;
  const { name } = standing.app;
  const record: RotationRecord = {
    ...rotation.record,
    phase: 'undoing',
    ...(refusal === undefined ? {} : { answer: answerInWords(refusal) }),
  };
  world.onUndo(refusal);
  const answer = await unlessUnfinished(world, async () => {
    writeRotationRecord(recordPath, record);
    await put(rotation, readCertificate(record.previousCertificate, name));
    // Whoever has the old key can log in again, whether or not it's here to prove it.
    const privateKey = rotation.previousKey ?? (await readPreviousKey(record, rotation));
    const login = { clientId: standing.clientId, username: request.username, privateKey };
    return world.logIn(login, 'certificate', Math.max(request.wait, UNDO_WAIT));
  });
  const data = { name, username: request.username, answer: record.answer ?? '-' };
  if (!answer.ok) {
    world.onUnfinished();
    throw new Failure('rotation_stuck', { ...data, answer: answerInWords(answer) });
  }
  abandonRotation(recordPath, record);
  throw new Failure('rotation_undone', { ...data, minutesWaited: request.wait / 60_000 });
}

/** Usernames that differ in case are the same. */
function isSameUser(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** An encrypted key can't be read by sf, so no login may read it from its file. */
function requirePlainKey(logins: LoginOfApp[], encrypted: boolean): void {
  const usernames = logins.filter(({ isCopy }) => !isCopy).map(({ username }) => username);
  if (encrypted && usernames.length > 0) {
    throw new Failure('stored_logins_need_plain_key', { usernames: usernames.join(', ') });
  }
}

/** Every login that had the old key gets the new one, whether or not it works: the old one surely doesn't. */
async function switchLogins(
  { request, world, standing, record, resumed }: Rotation,
  newKey: KeyObject,
): Promise<SwitchedLogin[]> {
  const logins = (await loginsOf(standing, record)).filter(({ holds }) => holds !== 'other');
  return Promise.all(
    logins.map(async (stored) => {
      const { username, holds } = stored;
      const tried = { clientId: standing.clientId, username, privateKey: newKey };
      const login = await world.logIn(tried, 'certificate', request.wait);
      // In a run that goes on, the change may have been cut off at its very end; doing it again clears up.
      if (holds === 'new' && !resumed) return { ...stored, login, failure: undefined };
      try {
        await switchKey(stored, { key: newKey, path: record.privateKeyFile });
        return { ...stored, login, failure: undefined };
      } catch (error) {
        if (!isFailure(error)) throw error;
        return { ...stored, login, failure: error };
      }
    }),
  );
}

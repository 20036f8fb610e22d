import { existsSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { certificateIn } from '../app/certificate-swap.js';
import { matches, readCertificate } from '../credential/certificate.js';
import { Failure, isFailure } from '../failure.js';
import { findKeyInUse } from './plan.js';
import type { RotateWorld, Rotation } from './rotation.js';
import {
  abandonRotation,
  readRotationRecord,
  removeRotationRecord,
  rotationRecordPath,
  type RotationRecord,
} from '../store/rotation-record.js';
import { readStoredLogins } from '../store/stored-logins.js';

type Run = Pick<Rotation, 'request' | 'world' | 'standing' | 'recordPath'>;

/**
 * How a rotation goes on that another run began: as its record says, unless the world has gone over it since. Then its
 * record is dropped, and there is nothing to go on with.
 */
export async function resumptionOf(record: RotationRecord, run: Run): Promise<Rotation | undefined> {
  // Only the way back needs it, and asks for it.
  const previousKey = await unlessFailure(readPreviousKey(record, run));
  const newKey = record.phase === 'undoing' ? undefined : await newKeyOf(record, run);
  const place = await placeOf(record, { previousKey, newKey }, run);
  const goesOn = {
    deploying: newKey !== undefined || place === 'new',
    proven: newKey !== undefined && place === 'new',
    undoing: true,
  };
  if (place !== 'elsewhere' && goesOn[record.phase]) {
    return { ...run, record, previousKey, newKey, isDeployed: place === 'new', resumed: true };
  }
  if (run.request.dryRun) return undefined;
  if (place === 'previous' && newKey === undefined) abandonRotation(run.recordPath, record);
  else removeRotationRecord(run.recordPath);
  return undefined;
}

/**
 * An access token for an admin whose own login is through the app of a rotation that was interrupted, by the new key: where
 * the org has the new certificate already, sf can't renew that login's session with the key it knows. The login is switched
 * with the others, once the rotation is proven.
 *
 * @returns undefined where no rotation was interrupted, the admin has another login, or the org doesn't take the new key
 * @throws Failure `store_damaged`, those of reading a key
 */
export async function tokenByNewKey(name: string, world: RotateWorld): Promise<string | undefined> {
  const { orgId = '', username } = world.connection.getAuthInfoFields();
  const record = readRotationRecord(rotationRecordPath(orgId, name));
  if (record === undefined) return undefined;
  const { clientId } = record;
  const own = readStoredLogins().find((login) => login.username === username && login.clientId === clientId);
  const privateKey = own && (await newKeyOf(record, { world }));
  if (own === undefined || privateKey === undefined) return undefined;
  const answer = await world.logIn({ clientId, username: own.username, privateKey }, 'nothing', 0);
  return answer.ok ? answer.accessToken : undefined;
}

/**
 * The key that was in use when the rotation began: the one that was given, unless it's another (a job may have the new one
 * by now), else that of the file, or of the stored login, that the rotation began with.
 *
 * @throws Failure `key_not_in_use`, `key_missing`, those of reading a key
 */
export async function readPreviousKey(
  record: RotationRecord,
  { request, world, standing }: Pick<Rotation, 'request' | 'world' | 'standing'>,
): Promise<KeyObject> {
  const certificate = readCertificate(record.previousCertificate, standing.app.name);
  const { key: given } = request;
  if (given !== undefined && matches(certificate, given.key)) return given.key;
  const { key, path } =
    record.previousKeyFile === undefined
      ? await findKeyInUse({ key: undefined, username: record.username }, standing, world.readKey)
      : await world.readKey(record.previousKeyFile);
  if (matches(certificate, key)) return key;
  const { fingerprint256 } = certificate;
  throw new Failure('key_not_in_use', { name: standing.app.name, keyFile: path ?? '', fingerprint256 });
}

/** Undefined where the file is gone or holds another key. */
async function newKeyOf(record: RotationRecord, { world }: Pick<Run, 'world'>): Promise<KeyObject | undefined> {
  if (!existsSync(record.privateKeyFile)) return undefined;
  const { key } = await world.readKey(record.privateKeyFile);
  return matches(readCertificate(record.certificate, record.certificateFile), key) ? key : undefined;
}

/** The key of this run, given or of the stored login, where it's neither of the rotation's: somebody has changed the app. */
async function otherKey(
  { previousCertificate, certificate }: RotationRecord,
  { request, world, standing }: Pick<Run, 'request' | 'world' | 'standing'>,
): Promise<KeyObject | undefined> {
  const inUse = await unlessFailure(findKeyInUse(request, standing, world.readKey));
  if (inUse === undefined) return undefined;
  const own = [previousCertificate, certificate].map((pem) => readCertificate(pem, standing.app.name));
  return own.some((one) => matches(one, inUse.key)) ? undefined : inUse.key;
}

/** Undefined where it fails for a reason that we know. */
async function unlessFailure<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** Which certificate the app has. Where the org doesn't show it, a login tells; where that doesn't, what is likely. */
async function placeOf(
  record: RotationRecord,
  { previousKey, newKey }: Pick<Rotation, 'previousKey' | 'newKey'>,
  { request, world, standing }: Run,
): Promise<'previous' | 'new' | 'elsewhere'> {
  const { app, clientId } = standing;
  // Another app of that name, made since.
  if (app.clientId !== undefined && app.clientId !== record.clientId) return 'elsewhere';
  const shown = certificateIn(app);
  if (shown !== undefined) {
    if (shown.equals(readCertificate(record.certificate, record.certificateFile).der)) return 'new';
    return shown.equals(readCertificate(record.previousCertificate, app.name).der) ? 'previous' : 'elsewhere';
  }
  const { username, dryRun, wait } = request;
  const isProven = record.phase === 'proven';
  const logsIn = async (privateKey: KeyObject | undefined, patient: boolean): Promise<boolean> => {
    if (privateKey === undefined) return false;
    return (await world.logIn({ clientId, username, privateKey }, patient ? 'certificate' : 'nothing', wait)).ok;
  };
  if (await logsIn(await otherKey(record, { request, world, standing }), false)) return 'elsewhere';
  if (record.phase === 'undoing') return 'previous';
  // A key that has logged in once may still be refused by another of the org's servers, and the old one taken.
  if (await logsIn(newKey, isProven && !dryRun)) return 'new';
  if (await logsIn(previousKey, false)) return 'previous';
  // Without the new key only the way back is left, and it's safe to go.
  return isProven || newKey === undefined ? 'new' : 'previous';
}

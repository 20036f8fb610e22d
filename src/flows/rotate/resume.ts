import { existsSync } from 'node:fs';
import { certificateIn } from '../../salesforce/app/certificate-swap.js';
import { matches, readCertificate } from '../../keys/credential/certificate.js';
import type { Signer } from '../../keys/signer/signer.js';
import { Failure, isFailure } from '../../failure.js';
import { findKeyInUse } from './read.js';
import type { NewKey, RotateDependencies, Rotation, Run } from './rotation.js';
import {
  abandonRotation,
  readRotationRecord,
  removeRotationRecord,
  rotationRecordPath,
  type RotationRecord,
} from '../../machine/store/rotation-record.js';
import { readStoredLogins } from '../../machine/store/stored-logins.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import { signerOpenedLate } from '../../machine/stored-signer.js';

/**
 * How a rotation goes on that another run began: as its record says, unless the app has been changed since. Then its
 * record is dropped, and there is nothing to go on with.
 *
 * @throws Failure `signer_…` where the new key has logged in and can't be had now
 */
export async function resumptionOf(record: RotationRecord, run: Run): Promise<Rotation | undefined> {
  // Only the way back needs it, and asks for it.
  const previousKey = await unlessFailure(readPreviousKey(record, run));
  const { newKey, unavailable } = record.phase === 'undoing' ? {} : await newKeyOf(record, run);
  const inForce = await certificateInForce(record, { previousKey, newKey }, run);
  const goesOn = {
    deploying: newKey !== undefined || inForce === 'new',
    proven: newKey !== undefined && inForce === 'new',
    undoing: true,
  };
  if (inForce === 'new' && record.phase === 'proven' && unavailable !== undefined) {
    // Logins may have it by now, so there is no way back, and whoever keeps it may give it again.
    run.dependencies.onUnfinished();
    throw unavailable;
  }
  if (inForce !== 'elsewhere' && goesOn[record.phase]) {
    return { ...run, record, previousKey, newKey, unavailable, isDeployed: inForce === 'new', resumed: true };
  }
  if (run.request.dryRun) return undefined;
  if (inForce === 'previous' && newKey === undefined) abandonRotation(run.recordPath, record);
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
export async function tokenByNewKey(name: string, dependencies: RotateDependencies): Promise<string | undefined> {
  const { orgId = '', username } = dependencies.connection.getAuthInfoFields();
  const record = readRotationRecord(rotationRecordPath(orgId, name));
  if (record === undefined) return undefined;
  const { clientId } = record;
  const own = readStoredLogins().find((login) => login.username === username && login.clientId === clientId);
  const { newKey } = own === undefined ? {} : await newKeyOf(record, { dependencies });
  if (own === undefined || newKey === undefined) return undefined;
  const login = { clientId, username: own.username, signer: newKey.signer };
  const answer = await dependencies.logIn(login, 'nothing');
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
  { request, dependencies, current }: Pick<Rotation, 'request' | 'dependencies' | 'current'>,
): Promise<Signer> {
  const certificate = readCertificate(record.previousCertificate, current.app.name);
  const { key: given } = request;
  if (given !== undefined && matches(certificate, given.signer)) return given.signer;
  if (record.previousSigner !== undefined) {
    // Asked for only where it has to sign.
    const open = async (uri: string): Promise<Signer> => (await dependencies.readSigner(uri)).signer;
    return signerOpenedLate({ uri: record.previousSigner, publicKey: certificate.publicKey }, open);
  }
  const { signer, path } =
    record.previousKeyFile === undefined
      ? await findKeyInUse({ key: undefined, username: record.username }, current, dependencies.readKey)
      : await dependencies.readKey(record.previousKeyFile);
  if (matches(certificate, signer)) return signer;
  const { fingerprint256 } = certificate;
  const { app, type: appType, admin } = current;
  throw new Failure('key_not_in_use', { name: app.name, keyFile: path ?? '', fingerprint256, appType, admin });
}

/** Without `newKey` where the file is gone or holds another key, or where whoever keeps the key doesn't give it: `unavailable`. */
async function newKeyOf(
  record: RotationRecord,
  { dependencies }: Pick<Run, 'dependencies'>,
): Promise<{ newKey?: NewKey; unavailable?: Failure }> {
  try {
    const key = await readNewKey(record, dependencies);
    const certificate = readCertificate(record.certificate, record.certificateFile);
    return key !== undefined && matches(certificate, key.signer) ? { newKey: key } : {};
  } catch (error) {
    if (record.signer === undefined || !isFailure(error)) throw error;
    return { unavailable: error };
  }
}

async function readNewKey(
  { signer, privateKeyFile }: RotationRecord,
  { readKey, readSigner }: RotateDependencies,
): Promise<KeyInput | undefined> {
  if (signer !== undefined) return readSigner(signer);
  return privateKeyFile !== undefined && existsSync(privateKeyFile) ? readKey(privateKeyFile) : undefined;
}

/** The key of this run, given or of the stored login, where it's neither of the rotation's: somebody has changed the app. */
async function otherKey(
  { previousCertificate, certificate }: RotationRecord,
  { request, dependencies, current }: Pick<Run, 'request' | 'dependencies' | 'current'>,
): Promise<Signer | undefined> {
  const inUse = await unlessFailure(findKeyInUse(request, current, dependencies.readKey));
  if (inUse === undefined) return undefined;
  const own = [previousCertificate, certificate].map((pem) => readCertificate(pem, current.app.name));
  return own.some((one) => matches(one, inUse.signer)) ? undefined : inUse.signer;
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
async function certificateInForce(
  record: RotationRecord,
  { previousKey, newKey }: Pick<Rotation, 'previousKey' | 'newKey'>,
  { request, dependencies, current }: Run,
): Promise<'previous' | 'new' | 'elsewhere'> {
  const { app, clientId } = current;
  // Another app of that name, made since.
  if (app.clientId !== undefined && app.clientId !== record.clientId) return 'elsewhere';
  const shown = certificateIn(app);
  if (shown !== undefined) {
    if (shown.equals(readCertificate(record.certificate, record.certificateFile).der)) return 'new';
    return shown.equals(readCertificate(record.previousCertificate, app.name).der) ? 'previous' : 'elsewhere';
  }
  const { username, dryRun } = request;
  const isProven = record.phase === 'proven';
  const logsIn = async (signer: Signer | undefined, patient: boolean): Promise<boolean> => {
    if (signer === undefined) return false;
    return (await dependencies.logIn({ clientId, username, signer }, patient ? 'certificate' : 'nothing')).ok;
  };
  if (await logsIn(await otherKey(record, { request, dependencies, current }), false)) return 'elsewhere';
  if (record.phase === 'undoing') return 'previous';
  // A key that has logged in once may still be refused by another of the org's servers, and the old one taken.
  if (await logsIn(newKey?.signer, isProven && !dryRun)) return 'new';
  if (await logsIn(previousKey, false)) return 'previous';
  // Without the new key only the way back is left, and it's safe to go.
  return isProven || newKey === undefined ? 'new' : 'previous';
}

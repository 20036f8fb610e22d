import { existsSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { certificateIn } from '../app/certificate-swap.js';
import { matches, readCertificate } from '../credential/certificate.js';
import { isFailure } from '../failure.js';
import { findKeyInUse } from './plan.js';
import type { Rotation } from './rotation.js';
import { abandonRotation, removeRotationRecord, type RotationRecord } from '../store/rotation-record.js';

type Run = Pick<Rotation, 'request' | 'world' | 'standing' | 'recordPath'>;

/**
 * How a rotation goes on that another run began: as its record says, unless the world has gone over it since. Then its
 * record is dropped, and there is nothing to go on with.
 */
export async function resumptionOf(record: RotationRecord, run: Run): Promise<Rotation | undefined> {
  const previousKey = await previousKeyOf(record, run);
  const newKey = await newKeyOf(record, run);
  const place = await placeOf(record, { previousKey, newKey }, run);
  const goesOn = {
    deploying: newKey !== undefined || place === 'new',
    proven: newKey !== undefined && place === 'new',
    undoing: true,
  };
  if (place !== 'elsewhere' && goesOn[record.phase]) return { ...run, record, previousKey, newKey, resumed: true };
  if (run.request.dryRun) return undefined;
  if (place === 'previous' && newKey === undefined) abandonRotation(run.recordPath, record);
  else removeRotationRecord(run.recordPath);
  return undefined;
}

async function previousKeyOf(
  record: RotationRecord,
  { request, world, standing }: Run,
): Promise<KeyObject | undefined> {
  const certificate = readCertificate(record.previousCertificate, standing.app.name);
  try {
    const { key } =
      request.key === undefined && record.previousKeyFile !== undefined
        ? await world.readKey(record.previousKeyFile)
        : await findKeyInUse(request, standing, world.readKey);
    return matches(certificate, key) ? key : undefined;
  } catch (error) {
    // Only the way back needs it, and asks for it.
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** Undefined where the file is gone or holds another key. */
async function newKeyOf(record: RotationRecord, { world }: Run): Promise<KeyObject | undefined> {
  if (!existsSync(record.privateKeyFile)) return undefined;
  const { key } = await world.readKey(record.privateKeyFile);
  return matches(readCertificate(record.certificate, record.certificateFile), key) ? key : undefined;
}

/** Which certificate the app has. Where the org doesn't show it, a login tells; where that doesn't, what is likely. */
async function placeOf(
  record: RotationRecord,
  { previousKey, newKey }: Pick<Rotation, 'previousKey' | 'newKey'>,
  { request, world, standing }: Run,
): Promise<'previous' | 'new' | 'elsewhere'> {
  const shown = certificateIn(standing.app);
  if (shown !== undefined) {
    if (shown.equals(readCertificate(record.certificate, record.certificateFile).der)) return 'new';
    const previous = readCertificate(record.previousCertificate, standing.app.name);
    return shown.equals(previous.der) ? 'previous' : 'elsewhere';
  }
  const logsIn = async (privateKey: KeyObject | undefined): Promise<boolean> =>
    privateKey !== undefined &&
    (await world.logIn({ clientId: standing.clientId, username: request.username, privateKey }, 'nothing', 0)).ok;
  if (await logsIn(newKey)) return 'new';
  if (await logsIn(previousKey)) return 'previous';
  return record.phase === 'proven' ? 'new' : 'previous';
}

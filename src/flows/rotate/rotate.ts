import { Failure } from '../../failure.js';
import type { Connection } from '@salesforce/core';
import { appByClientId } from '../../salesforce/app/app-by-client-id.js';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import {
  completePair,
  readRotationRecord,
  rotationRecordPath,
  type RotationRecord,
} from '../../machine/store/rotation-record.js';
import { whileLocked } from '../../machine/store/state-files.js';
import type { StoredLogin } from '../../machine/store/stored-logins.js';
import { explain } from '../../terminal/explain.js';
import { outdatedLogins } from '../outdated-logins.js';
import { begin, check } from './begin.js';
import { placesOf } from './new-pair.js';
import { finish } from './finish.js';
import { planRotation, type Plan } from './plan.js';
import { readCurrentState, type CurrentState } from './read.js';
import type { RotateRequest } from './request.js';
import { resumptionOf } from './resume.js';
import { outcomeOf, type Rotated, type RotatedAll, type RotateDependencies, type Rotation } from './rotation.js';
import { undo } from './undo.js';

/**
 * Gives an app in use a new key and certificate: a new pair on disk, the certificate deployed, a login with the new key,
 * and then every login on this machine that had the old one. If the new key doesn't log in, the old certificate is put
 * back. What is under way is in a record, so that a run that finds one finishes or undoes it.
 *
 * @throws Failure those of `plan.ts`, of `deploy` and of a refused login; `rotation_undone`, `rotation_stuck`,
 *   `stored_logins_need_plain_key`, what `lastMeaningOfFailure` knows
 */
export async function rotate(request: RotateRequest, dependencies: RotateDependencies): Promise<RotatedAll> {
  const { connection } = dependencies;
  try {
    const named = await withNameOfApp(request, connection);
    const recordPath = rotationRecordPath(connection.getAuthInfoFields().orgId ?? '', named.name);
    const run = (): Promise<Rotated> => planBeginFinish(named, dependencies, recordPath);
    const rotated = await (request.dryRun ? run() : whileLocked(recordPath, run));
    return { ...rotated, outdated: await outdatedOf(rotated, dependencies) };
  } catch (error) {
    throw lastMeaningOfFailure(error, {
      instanceUrl: connection.instanceUrl,
      username: connection.getUsername() ?? '',
    });
  }
}

/** A client id alone names the app; its API name is the org's to tell. */
async function withNameOfApp(request: RotateRequest, connection: Connection): Promise<RotateRequest> {
  const { nameGiven, clientId } = request;
  const found = nameGiven || clientId === undefined ? undefined : await appByClientId(connection, clientId);
  return found === undefined ? request : { ...request, name: found.name };
}

function outdatedOf(
  { current, previous, issued }: Rotated,
  { logIn }: Pick<RotateDependencies, 'logIn'>,
): Promise<StoredLogin[]> {
  const { app, clientId, orgId } = current;
  const certificates = [previous, ...(issued === undefined ? [] : [issued.certificate])];
  return outdatedLogins({ name: app.name, clientId, orgId, certificates }, (login) => logIn(login, 'nothing', 0));
}

async function planBeginFinish(
  request: RotateRequest,
  dependencies: RotateDependencies,
  recordPath: string,
): Promise<Rotated> {
  const record = readRotationRecord(recordPath);
  const current = await readCurrentState(request, dependencies.connection, record?.clientId);
  const run = { request, dependencies, current, recordPath };
  const interrupted = record && (await resumptionOf(record, run));
  if (interrupted !== undefined) {
    dependencies.onResume(interrupted.record);
    if (request.dryRun) return outcomeOf(interrupted, {});
    await requireConsent(current.app.name, dependencies, interrupted.record.phase);
    return resume(interrupted);
  }
  const plan = await planRotation(run);
  if (plan.next === undefined) return withoutChange('unchanged', current, plan);
  const { pair, logins } = plan.next;
  dependencies.onPlan({ current, inUse: plan.certificate, comes: placesOf(pair), logins });
  if (request.dryRun) return withoutChange('rotated', current, plan, await check(pair, run));
  await requireConsent(current.app.name, dependencies);
  const rotation = await begin(plan, pair, run);
  const end = await finish(rotation, rotation.newKey);
  return 'refused' in end ? undo(rotation, end.refused) : end;
}

/** @throws Failure `change_declined` */
async function requireConsent(
  name: string,
  { confirm }: Pick<RotateDependencies, 'confirm'>,
  phase?: RotationRecord['phase'],
): Promise<void> {
  if ((await confirm?.(name, phase)) === false) throw new Failure('change_declined', { name });
}

/** A rotation of another run goes on where that one stopped, or back. */
async function resume(rotation: Rotation): Promise<Rotated> {
  const { record, newKey, unavailable } = rotation;
  if (record.phase === 'undoing' || newKey === undefined)
    return undo(rotation, unavailable && explain(unavailable).message);
  completePair(record);
  const end = await finish(rotation, newKey);
  return 'refused' in end ? undo(rotation, end.refused) : end;
}

function withoutChange(
  status: Rotated['status'],
  current: CurrentState,
  { inUse, certificate }: Plan,
  deployId?: string,
): Rotated {
  return {
    status,
    current,
    previous: certificate,
    previousKeyFile: inUse.path,
    previousSigner: inUse.signer.uri,
    issued: undefined,
    logins: [],
    gap: undefined,
    deployId,
    resumed: false,
  };
}

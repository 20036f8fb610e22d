import { readCertificate } from '../../keys/credential/certificate.js';
import { Failure } from '../../failure.js';
import { abandonRotation, writeRotationRecord, type RotationRecord } from '../../machine/store/rotation-record.js';
import { answerInWords } from '../../salesforce/token/log-in.js';
import { deployCertificate } from './deploy.js';
import { readPreviousKey } from './resume.js';
import { unlessUnfinished, type Rotation } from './rotation.js';

/** Milliseconds that the way back gets where the way there has taken all the time that was given; never more than that. */
const UNDO_WAIT = 60_000;

/**
 * Puts the previous certificate back and proves it. Always throws: the rotation has failed.
 *
 * @param refused the answer to the new key, or why that didn't sign, where this run has had one
 * @throws Failure `rotation_undone`, `rotation_stuck`, those of `deploy` and of reading the previous key
 */
export async function undo(rotation: Rotation, refused: string | undefined): Promise<never> {
  const { request, dependencies, current, recordPath } = rotation;
  const { name } = current.app;
  const record: RotationRecord = {
    ...rotation.record,
    phase: 'undoing',
    ...(refused === undefined ? {} : { answer: refused }),
  };
  dependencies.onUndo(refused);
  const answer = await unlessUnfinished(dependencies, async () => {
    writeRotationRecord(recordPath, record);
    await deployCertificate(rotation, readCertificate(record.previousCertificate, name));
    // Whoever has the old key can log in again, whether or not it's here to prove it.
    const signer = rotation.previousKey ?? (await readPreviousKey(record, rotation));
    const login = { clientId: current.clientId, username: request.username, signer };
    return dependencies.logIn(login, 'certificate', Math.min(request.wait, UNDO_WAIT));
  });
  const data = { name, username: request.username, answer: record.answer ?? '-' };
  if (!answer.ok) {
    dependencies.onUnfinished();
    throw new Failure('rotation_stuck', { ...data, answer: answerInWords(answer) });
  }
  abandonRotation(recordPath, record);
  throw new Failure('rotation_undone', { ...data, minutesWaited: request.wait / 60_000 });
}

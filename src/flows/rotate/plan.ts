import { endsWithin, matches, type Certificate } from '../../keys/credential/certificate.js';
import { Failure } from '../../failure.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import { planNewPair, type NewPair } from './new-pair.js';
import { findCertificateInUse, findKeyInUse, loginsOf, type CurrentState, type LoginOfApp } from './read.js';
import type { Run } from './rotation.js';

/** The key and certificate in use, and what is to be done about them; no `next`: nothing yet. */
export type Plan = {
  inUse: KeyInput;
  certificate: Certificate;
  next: NextPair | undefined;
};

/** The new pair, and the logins on this machine that will get its key. */
export type NextPair = { pair: NewPair; logins: LoginOfApp[] };

/**
 * Reads and compares all that can keep a rotation from succeeding. The key in use logs in once: if it doesn't today, a new
 * one that doesn't would say nothing.
 *
 * @throws Failure those of finding the key and certificate in use and of planning files, `signer_…`, `new_signer_in_use`,
 *   `stored_logins_need_plain_key`, that of a refused login
 */
export async function planRotation({ request, dependencies, current }: Omit<Run, 'recordPath'>): Promise<Plan> {
  const { newPair, username, expiresWithin } = request;
  const inUse = await findKeyInUse(request, current, dependencies.readKey);
  const certificate = await findCertificateInUse(
    current,
    inUse,
    request.certificateFile,
    dependencies.readCertificates,
  );
  const now = new Date(dependencies.now());
  const isDue = expiresWithin === undefined || endsWithin(certificate.notAfter, expiresWithin, now);
  if (!isDue) return { inUse, certificate, next: undefined };
  const stored = await loginsOf(current, { previousKeyFile: inUse.path, previousCertificate: certificate.pem });
  const logins = stored.filter(({ holds }) => holds === 'previous');
  requirePlainKey(logins, newPair.passphrase !== undefined);
  const kept = newPair.signer === undefined ? undefined : await dependencies.readSigner(newPair.signer);
  requireOtherKey(kept, certificate, current);
  const pair = planNewPair(newPair, { inUse, kept }, current.app.name, now);
  const login = { clientId: current.clientId, username, signer: inUse.signer };
  const answer = await dependencies.logIn(login, 'nothing');
  if (!answer.ok) throw dependencies.refused(answer, login, inUse.path);
  return { inUse, certificate, next: { pair, logins } };
}

/** Where the key in use logs in with either, a login would prove nothing. @throws Failure `new_signer_in_use` */
function requireOtherKey(
  kept: KeyInput | undefined,
  certificate: Certificate,
  { app: { name }, type: appType, admin }: CurrentState,
): void {
  if (kept === undefined || !matches(certificate, kept.signer)) return;
  throw new Failure('new_signer_in_use', { name, signer: kept.source, appType, admin });
}

/** An encrypted key can't be read by sf, so no login may read it from its file. */
function requirePlainKey(logins: LoginOfApp[], encrypted: boolean): void {
  const [first, ...others] = logins.filter(({ isCopy }) => !isCopy);
  if (!encrypted || first === undefined) return;
  const { username, clientId, privateKeyFile, loginUrl } = first;
  const usernames = [first, ...others].map((login) => login.username).join(', ');
  throw new Failure('stored_logins_need_plain_key', { usernames, username, clientId, privateKeyFile, loginUrl });
}

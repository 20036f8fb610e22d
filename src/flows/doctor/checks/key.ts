import { grantCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { failureFinding, finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

/** The private key that was given: readable, private, RSA of a legal size. */
export function checkKey({ key }: Facts): Finding[] {
  if (key.state === 'unusable') return [failureFinding('error', key.failure)];
  const { source, size } = key;
  return [
    key.bySigner === true
      ? finding('ok', 'signer_usable', { uri: source, size })
      : finding('ok', 'key_usable', { source, size }),
  ];
}

/** sf itself needs a plain key for every refresh. */
export function checkKeyEncryption({ key }: Facts): Finding[] {
  return key.state === 'usable' && key.encrypted ? [finding('warning', 'key_encrypted', { source: key.source })] : [];
}

export function checkKeyFile({ key }: Facts): Finding[] {
  if (key.state === 'unusable' || key.path === undefined) return [];
  const { path, readableByOthers, temporary } = key;
  return [
    ...(readableByOthers ? [finding('warning', 'key_readable_by_others', { path })] : []),
    ...(temporary ? [finding('warning', 'key_in_temporary_folder', { path })] : []),
  ];
}

/** The stored login keeps a path, and the file may be gone since: with it every later command fails. */
export function checkStoredKey(facts: Facts): Finding[] {
  const { stored, target, login, key } = facts;
  if (stored === undefined || stored.exists) return [];
  const grant = grantCommand(facts, target.loginUrl?.origin ?? '');
  // Where no other key is at hand, this is why there is none.
  const severity = login.state === 'untried' && key.state === 'unusable' ? 'error' : 'warning';
  return [finding(severity, 'stored_key_missing', { username: target.username, path: stored.privateKeyFile, grant })];
}

/** The pair at hand: whether the key is the certificate's. */
export function checkPair(facts: Facts): Finding[] {
  const { key, certificate, target, org } = facts;
  if (key.state === 'unusable' || certificate?.state !== 'usable') return [];
  const pair = { source: key.source, path: certificate.path };
  if (key.publicKey.equals(certificate.publicKey)) return [finding('ok', 'key_of_certificate', pair)];
  const { keyFile } = certificate;
  const grant =
    keyFile === undefined ? '' : grantCommand({ ...facts, keyFile, signer: undefined }, target.loginUrl?.href ?? '');
  // The app decides: if it has another certificate than this one, only the file that was named here is another one.
  const inApp = org?.read === true ? org.value.appCertificate?.publicKey : undefined;
  const severity = inApp === undefined || inApp.equals(certificate.publicKey) ? blocking(facts) : 'warning';
  return [finding(severity, 'key_not_of_certificate', { ...pair, grant })];
}

import { issueCertificate, issueCredential, type Credential } from '../../keys/credential/issue.js';
import { readPrivateKey, type Passphrase } from '../../keys/credential/private-key.js';
import { signerOf } from '../../keys/signer/signer.js';
import { writeKeyFiles, type KeyFilesPlan } from '../../machine/files/key-files.js';
import { writeTogether } from '../../machine/files/replace-together.js';
import {
  removeRotationRecord,
  sha256,
  writeRotationRecord,
  type RotationRecord,
} from '../../machine/store/rotation-record.js';
import { deployCertificate } from './deploy.js';
import type { NewPair } from './new-pair.js';
import type { Plan } from './plan.js';
import type { NewKey, Rotation, Run } from './rotation.js';

/**
 * The record, and then the new pair on disk: of a key that a signer keeps, its certificate alone.
 *
 * @throws Failure those of issuing and writing; then neither stays
 */
export async function begin(
  { inUse, certificate: previous }: Pick<Plan, 'inUse' | 'certificate'>,
  pair: NewPair,
  run: Run,
): Promise<Rotation & { newKey: NewKey }> {
  const { request, current, recordPath } = run;
  const issued = await issue(pair, request.newPair);
  const record: RotationRecord = {
    phase: 'deploying',
    clientId: current.clientId,
    username: request.username,
    ...(inUse.path === undefined ? {} : { previousKeyFile: inUse.path }),
    ...(inUse.signer.uri === undefined ? {} : { previousSigner: inUse.signer.uri }),
    previousCertificate: previous.pem,
    ...issued.fields,
  };
  writeRotationRecord(recordPath, record);
  try {
    issued.write();
  } catch (error) {
    removeRotationRecord(recordPath);
    throw error;
  }
  return { ...run, record, previousKey: inUse.signer, newKey: issued.newKey(), isDeployed: false, resumed: false };
}

/**
 * What a dry run does in the place of it: the org checks a certificate such as the new one, and nothing is kept.
 *
 * @returns the id of the check
 * @throws Failure those of `deploy`
 */
export async function check({ kept, files }: NewPair, run: Run): Promise<string | undefined> {
  const request = { ...files.request, passphrase: run.request.newPair.passphrase };
  const { certificate } = await (kept === undefined
    ? issueCredential(request)
    : issueCertificate(request, kept.signer));
  return (await deployCertificate(run, certificate))?.id;
}

/** A new pair that nothing knows yet. */
type Issued = {
  fields: Pick<RotationRecord, 'certificate' | 'certificateFile' | 'privateKeyFile' | 'privateKeySha256' | 'signer'>;
  write: () => void;
  newKey: () => NewKey;
};

async function issue(pair: NewPair, { passphrase }: Pick<Run['request']['newPair'], 'passphrase'>): Promise<Issued> {
  if (pair.kept === undefined) {
    return inFiles(pair.files, await issueCredential({ ...pair.files.request, passphrase }), passphrase);
  }
  const { kept, files } = pair;
  const { certificateFile } = files.paths;
  const { certificate } = await issueCertificate(files.request, kept.signer);
  return {
    fields: { certificate: certificate.pem, certificateFile, signer: kept.source },
    write: () => {
      writeTogether([{ path: certificateFile, data: certificate.pem, mode: 0o644 }], { overwrite: false });
    },
    newKey: () => kept,
  };
}

function inFiles(files: KeyFilesPlan, credential: Credential, passphrase: Passphrase | undefined): Issued {
  const { privateKeyFile, certificateFile } = files.paths;
  const { certificate, privateKeyPem } = credential;
  return {
    fields: { certificate: certificate.pem, privateKeyFile, certificateFile, privateKeySha256: sha256(privateKeyPem) },
    write: () => {
      writeKeyFiles(files, credential);
    },
    newKey: () => {
      const key = readPrivateKey(privateKeyPem, { source: privateKeyFile, passphrase });
      return { signer: signerOf(key), key };
    },
  };
}

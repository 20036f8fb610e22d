import type { Connection } from '@salesforce/core';
import type { DeploymentProgress } from '../../salesforce/app/deployment.js';
import type { Prover, TriedLogin } from '../../salesforce/token/prover.js';
import { readCertificate, type Certificate } from '../../keys/credential/certificate.js';
import type { Signer } from '../../keys/signer/signer.js';
import type { Failure } from '../../failure.js';
import type { CertificateInput } from '../../machine/files/certificate-input.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import type { Clock } from '../../clock.js';
import type { Places } from './new-pair.js';
import type { CurrentState, LoginOfApp } from './read.js';
import type { RotateRequest } from './request.js';
import type { RotationRecord } from '../../machine/store/rotation-record.js';
import type { StoredLogin } from '../../machine/store/stored-logins.js';
import type { TokenAnswer, TokenRefusal } from '../../salesforce/token/endpoint.js';

/** What `rotate` is about to do. */
export type RotationPlan = { current: CurrentState; inUse: Certificate; comes: Places; logins: LoginOfApp[] };

/** What `rotate` needs from outside, and whom it tells how it goes. */
export type RotateDependencies = Clock & {
  connection: Connection;
  /** Logs in, within the time that all logins have together, and returns the last answer of the token endpoint. */
  logIn: Prover;
  /** The failure that a refused login is. The key's file is undefined where it came from elsewhere. */
  refused: (refusal: TokenRefusal, login: TriedLogin, keyFile: string | undefined) => Failure;
  readKey: (path: string) => Promise<KeyInput>;
  /** Opens the key that a URI names. */
  readSigner: (uri: string) => Promise<KeyInput>;
  /** The certificates of a file, whatever its format. */
  readCertificates: (path: string) => Promise<CertificateInput>;
  onPlan: (plan: RotationPlan) => void;
  /**
   * Says whether to go on; absent where nobody is to be asked. `phase` is that of a rotation that another run began.
   */
  confirm?: ((name: string, phase?: RotationRecord['phase']) => Promise<boolean>) | undefined;
  onResume: (record: RotationRecord) => void;
  onDeployment: (progress: DeploymentProgress) => void;
  /** @param answer the token endpoint's answer to the new key, or why that didn't sign, in words */
  onUndo: (answer: string | undefined) => void;
  /** Whatever comes next, the rotation has begun, and the next run will find it. */
  onUnfinished: () => void;
};

/** A login on this machine after the work. `login` is the last answer of the token endpoint to the new key. */
export type SwitchedLogin = LoginOfApp & {
  login: TokenAnswer;
  failure: Failure | undefined;
  /** A signer keeps the new key. */
  toSigner: boolean;
};

export type Rotated = {
  status: 'rotated' | 'unchanged';
  current: CurrentState;
  previous: Certificate;
  previousKeyFile: string | undefined;
  /** URI, where a signer keeps the key. */
  previousSigner: string | undefined;
  /** Undefined where nothing was issued that stays. */
  issued: { certificate: Certificate; places: Places } | undefined;
  logins: SwitchedLogin[];
  /** Milliseconds at most in which no key logged in: from the last moment at which the old one still did. */
  gap: number | undefined;
  deployId: string | undefined;
  resumed: boolean;
};

/** With the stored logins that have a client id which the app doesn't have any more. */
export type RotatedAll = Rotated & { outdated: StoredLogin[] };

/** What a run of `rotate` begins with. */
export type Run = {
  request: RotateRequest;
  dependencies: RotateDependencies;
  current: CurrentState;
  recordPath: string;
};

/** The key that comes, and what there is to write of it. */
export type NewKey = Pick<KeyInput, 'signer' | 'key'>;

/** A rotation under way. */
export type Rotation = Run & {
  record: RotationRecord;
  /** Undefined in a run that found the rotation and wasn't given the key. */
  previousKey: Signer | undefined;
  /** Undefined where it's gone. */
  newKey: NewKey | undefined;
  /** Why it can't be had, where a signer keeps it. */
  unavailable?: Failure | undefined;
  /** The app is known to have the new certificate. */
  isDeployed: boolean;
  resumed: boolean;
};

function recordedPlaces({ certificateFile, privateKeyFile = '', signer }: RotationRecord): Places {
  return signer === undefined
    ? { certificateFile, privateKeyFile, signer }
    : { certificateFile, privateKeyFile: undefined, signer };
}

/** What a rotation has come to. */
export function outcomeOf(
  { current, record, resumed, request }: Rotation,
  { logins = [], gap, deployId }: Partial<Pick<Rotated, 'logins' | 'gap' | 'deployId'>>,
): Rotated {
  const { certificateFile, previousKeyFile, previousSigner } = record;
  const certificate = readCertificate(record.certificate, certificateFile);
  return {
    status: 'rotated',
    current,
    previous: readCertificate(record.previousCertificate, current.app.name),
    previousKeyFile,
    previousSigner,
    issued: request.dryRun ? undefined : { certificate, places: recordedPlaces(record) },
    logins,
    gap,
    deployId,
    resumed,
  };
}

/** Says, where the action fails, that the rotation isn't finished. */
export async function unlessUnfinished<T>(
  dependencies: Pick<RotateDependencies, 'onUnfinished'>,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    dependencies.onUnfinished();
    throw error;
  }
}

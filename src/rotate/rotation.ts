import type { KeyObject } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import type { DeploymentProgress } from '../app/deployment.js';
import type { Prover, TriedLogin } from '../token/prover.js';
import { readCertificate, type Certificate } from '../credential/certificate.js';
import type { Failure } from '../failure.js';
import type { KeyFilePaths } from '../files/key-files.js';
import type { KeyInput } from '../files/key-input.js';
import type { Patience } from '../patience.js';
import type { LoginOfApp, RotateRequest, Standing } from './plan.js';
import type { RotationRecord } from '../store/rotation-record.js';
import type { TokenAnswer, TokenRefusal } from '../token/endpoint.js';

/** What `rotate` is about to do. */
export type RotationPlan = { standing: Standing; inUse: Certificate; paths: KeyFilePaths; logins: LoginOfApp[] };

/** What `rotate` needs of the world, and whom it tells how it goes. */
export type RotateWorld = Patience & {
  connection: Connection;
  /** Logs in, for so many milliseconds at most, and returns the last answer of the token endpoint. */
  logIn: Prover;
  /** The failure that a refused login is. The key's file is undefined where it came from elsewhere. */
  refused: (refusal: TokenRefusal, login: TriedLogin, keyFile: string | undefined) => Failure;
  readKey: (path: string) => Promise<KeyInput>;
  onPlan: (plan: RotationPlan) => void;
  onResume: (record: RotationRecord) => void;
  onDeployment: (progress: DeploymentProgress) => void;
  onUndo: (refusal: TokenRefusal | undefined) => void;
  /** Whatever comes next, the rotation has begun, and the next run will find it. */
  onUnfinished: () => void;
};

/** A login on this machine after the work. `login` is the last answer of the token endpoint to the new key. */
export type SwitchedLogin = LoginOfApp & { login: TokenAnswer; failure: Failure | undefined };

export type Rotated = {
  status: 'rotated' | 'unchanged';
  standing: Standing;
  previous: Certificate;
  previousKeyFile: string | undefined;
  /** Undefined where nothing was issued that stays. */
  issued: { certificate: Certificate; paths: KeyFilePaths } | undefined;
  logins: SwitchedLogin[];
  /** Milliseconds at most in which no key logged in: from the last moment at which the old one still did. */
  gap: number | undefined;
  deployId: string | undefined;
  resumed: boolean;
};

/** A rotation under way. */
export type Rotation = {
  request: RotateRequest;
  world: RotateWorld;
  standing: Standing;
  recordPath: string;
  record: RotationRecord;
  /** Undefined in a run that found the rotation and wasn't given the key. */
  previousKey: KeyObject | undefined;
  /** Undefined where its file is gone. */
  newKey: KeyObject | undefined;
  /** The app is known to have the new certificate. */
  isDeployed: boolean;
  resumed: boolean;
};

/** What a rotation has come to. */
export function outcomeOf(
  { standing, record, resumed, request }: Rotation,
  { logins = [], gap, deployId }: Partial<Pick<Rotated, 'logins' | 'gap' | 'deployId'>>,
): Rotated {
  const { privateKeyFile, certificateFile, previousKeyFile } = record;
  const certificate = readCertificate(record.certificate, certificateFile);
  return {
    status: 'rotated',
    standing,
    previous: readCertificate(record.previousCertificate, standing.app.name),
    previousKeyFile,
    issued: request.dryRun ? undefined : { certificate, paths: { privateKeyFile, certificateFile } },
    logins,
    gap,
    deployId,
    resumed,
  };
}

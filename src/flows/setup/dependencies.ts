import type { Connection } from '@salesforce/core';
import type { Clock } from '../../clock.js';
import type { Credential } from '../../keys/credential/issue.js';
import type { Signer } from '../../keys/signer/signer.js';
import type { RunProgram } from '../../machine/program.js';
import type { SetupRecords } from '../../machine/store/setup-record.js';
import type { TokenAnswer } from '../../salesforce/token/endpoint.js';
import type { ConnectDependencies } from '../connect/dependencies.js';
import type { ConnectRequest } from '../connect/request.js';
import type { StoreDependencies } from './stores/store.js';
import type { SetupPlan } from './plan.js';

/** A login of a pipeline: the secret as the CI hands it out, or what signs in its place, and the rest as it stands in the pipeline. */
export type PipelineLogin = { username: string; clientId: string; instanceUrl: string } & (
  { secret: string; signer?: undefined } | { signer: Signer; secret?: undefined }
);

/** What `setup` needs from outside, and whom it tells how it goes. */
export type SetupDependencies = StoreDependencies & {
  now: () => number;
  run: RunProgram;
  connection: Connection;
  /** What `connect` needs, but for its plan, which is part of the one of this flow. */
  connect: Omit<ConnectDependencies, 'onPlan'>;
  /** What `connect` is asked for besides what this flow knows. */
  connectBase: Pick<ConnectRequest, 'newScopes' | 'newClientId' | 'apiVersion'>;
  /** The record of one app for one place of its key. */
  recordOf: (appName: string, place: string[]) => SetupRecords;
  /** What a user is made with. */
  making: { apiVersion: string; clock: Clock };
  /** A new key pair, in memory. */
  issue: () => Promise<Credential>;
  /** One login exactly as the pipeline makes it; nothing is stored. `isLate`: the wait for the org is over already. */
  logInAsPipeline: (login: PipelineLogin, isLate: boolean) => Promise<TokenAnswer>;
  /** Whether somebody agrees to replace what is another's; undefined where nobody can be asked. */
  onReplace: ((what: 'certificate' | 'secret' | 'file', values: string[]) => Promise<boolean>) | undefined;
  /** Whether to go on with the plan. */
  confirm: () => Promise<boolean>;
  /** The plan is known, and nothing is changed yet. */
  onPlan: (plan: SetupPlan) => void;
  onApply: () => void;
  onStep: (step: 'secret' | 'files' | 'login') => void;
};

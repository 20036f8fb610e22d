import type { Connection } from '@salesforce/core';
import type { Change } from '../../salesforce/app/app.js';
import type { Component } from '../../salesforce/app/component.js';
import type { DeploymentProgress } from '../../salesforce/app/deployment.js';
import type { TriedLogin, WaitsFor } from '../../salesforce/token/prover.js';
import type { Clock } from '../../clock.js';
import type { Failure } from '../../failure.js';
import type { ConnectRecords } from '../../machine/store/connect-record.js';
import type { TokenAnswer } from '../../salesforce/token/endpoint.js';

/** How far the changing of an org has come. */
export type ApplyState = {
  /** API name of the app */
  name: string;
  /** The deployment that the org has accepted, unless it failed */
  deployId: string | undefined;
  /** That deployment has ended well. */
  deployed: boolean;
  /** As far as it's known */
  clientId: string | undefined;
};

/** What `connect` needs from outside, and whom it tells how it goes. */
export type ConnectDependencies = Clock & {
  connection: Connection;
  /** Keeps the client id that is sent with a new app, until the run has ended. */
  record: ConnectRecords;
  /** Logs in as a user and returns the last answer of the token endpoint. */
  logIn: (login: TriedLogin, waitsFor: WaitsFor) => Promise<TokenAnswer>;
  /** `source` is the app as it will be, all of it, whether or not it has to be deployed. */
  onPlan: (changes: Change[], source: Component[]) => Promise<void>;
  /** Says whether to change an app of this name; absent where nobody is to be asked. */
  confirm?: ((name: string) => Promise<boolean>) | undefined;
  onDeployment: (progress: DeploymentProgress) => void;
  /** A deployment of this admin's from before isn't done yet; its end is waited for. */
  onRunningDeployment: (deployId: string) => void;
  /**
   * These users are about to lose the app; undefined where the org doesn't tell who. What it returns says whether to go on.
   */
  onLockout: (name: string, usernames: string[] | undefined) => Promise<boolean>;
  /** The client id can't be kept for a run that comes after a kill. */
  onUnrecorded: (clientId: string, failure: Failure) => void;
  /** The rest failed, and this much is in the org, or goes on there. */
  onPartlyApplied: (state: ApplyState) => void;
};

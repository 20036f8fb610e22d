import type { Connection } from '@salesforce/core';
import type { Change } from '../app/app.js';
import type { Component } from '../app/component.js';
import type { DeploymentProgress } from '../app/deployment.js';
import type { TriedLogin, WaitsFor } from '../token/prover.js';
import type { Patience } from '../patience.js';
import type { TokenAnswer } from '../token/endpoint.js';

/** How far the changing of an org has come. */
export type Trail = {
  /** API name of the app */
  name: string;
  /** The deployment that the org has accepted, unless it failed */
  deployId: string | undefined;
  /** That deployment has ended well. */
  deployed: boolean;
  /** As far as it's known */
  clientId: string | undefined;
};

/** What `connect` needs of the world, and whom it tells how it goes. */
export type ConnectWorld = Patience & {
  connection: Connection;
  /** Logs in as a user and returns the last answer of the token endpoint. */
  logIn: (login: TriedLogin, waitsFor: WaitsFor) => Promise<TokenAnswer>;
  /** `source` is the app as it will be, all of it, whether or not it has to be deployed. */
  onPlan: (changes: Change[], source: Component[]) => Promise<void>;
  onDeployment: (progress: DeploymentProgress) => void;
  /** A deployment of this admin's from before isn't done yet; its end is waited for. */
  onJoin: (deployId: string) => void;
  /** The rest failed, and this much stands, or goes on, in the org. */
  onHalfDone: (trail: Trail) => void;
};

import type { Connection } from '@salesforce/core';
import type { Clock } from '../../clock.js';
import type { DisconnectRecords } from '../../machine/store/disconnect-record.js';
import type { DeploymentProgress } from '../../salesforce/app/deployment.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';

/** What `disconnect` needs from outside, and whom it tells how it goes. */
export type DisconnectDependencies = Clock & {
  /** Until when deployments are waited for, in milliseconds since the epoch */
  deadline: number;
  connection: Connection;
  /** Keeps what is about to be deleted, until the run has ended. */
  records: DisconnectRecords;
  /** What it returns says whether to go on. */
  onPlan: (plan: Plan, current: CurrentState) => Promise<boolean>;
  onDeployment: (progress: DeploymentProgress) => void;
  /** A deployment of this admin's from before isn't done yet; its end is waited for. */
  onRunningDeployment: (deployId: string) => void;
  /** The rest failed: this was deleted, or these users have lost their permission set. */
  onPartlyApplied: (state: { name: string; deployId: string | undefined; unassigned: string[] }) => void;
};

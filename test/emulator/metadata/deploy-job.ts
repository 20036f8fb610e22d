import { setTimeout as delay } from 'node:timers/promises';

import type { User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { applyPackage } from './apply.js';
import type { DeployMessage, DeployOptions } from './deploy-message.js';
import { readPackage, UnreadableZip } from './package.js';

export type DeployStatus =
  | 'Pending'
  | 'InProgress'
  | 'Finalizing'
  | 'FinalizingDeploy'
  | 'Succeeded'
  | 'SucceededPartial'
  | 'Failed'
  | 'Canceling'
  | 'Canceled';

export interface TestFailure {
  id: string;
  name: string;
  methodName: string;
  message: string;
  stackTrace: string;
}

/** One deployment from acceptance to its end. */
export class DeployJob {
  public status: DeployStatus = 'Pending';
  public readonly createdAt: number;
  public startedAt: number | undefined;
  public completedAt: number | undefined;
  public modifiedAt: number;
  public messages: DeployMessage[] = [];
  public componentsTotal = 0;
  public numberFiles = 0;
  public errorMessage: string | undefined;
  public errorStatusCode: string | undefined;
  public testsRun = 0;
  public testFailures: TestFailure[] = [];
  public canceledBy: User | undefined;

  public constructor(
    public readonly id: string,
    public readonly state: OrgState,
    public readonly user: User,
    public readonly zip: Buffer,
    public readonly options: DeployOptions,
  ) {
    this.createdAt = state.clock.now();
    this.modifiedAt = this.createdAt;
  }

  public get done(): boolean {
    return this.completedAt !== undefined;
  }

  public get success(): boolean {
    return this.status === 'Succeeded' || this.status === 'SucceededPartial';
  }

  public get runsTests(): boolean {
    const { testLevel } = this.options;
    if (testLevel !== undefined) return testLevel !== 'NoTestRun';
    return this.state.identity.kind === 'production' && this.state.switches.productionTests === 'fail';
  }

  public async run(signal: AbortSignal): Promise<void> {
    const { deployMs, finalizing } = this.state.switches;
    if (await this.endIfCanceling()) return;
    const step = async (share: number): Promise<void> => delay(deployMs * share, undefined, { signal });
    await step(0.25);
    if (await this.endIfCanceling()) return;
    this.startedAt = this.touch();
    this.status = 'InProgress';
    await step(0.5);
    await this.state.deploymentGate;
    if (await this.endIfCanceling()) return;
    const outcome = await this.deploy();
    if (finalizing !== 'none' && outcome !== 'Failed') this.status = finalizing;
    await step(0.25);
    this.status = outcome;
    this.completedAt = this.touch();
  }

  public cancel(user: User): void {
    if (this.done) return;
    this.status = 'Canceling';
    this.canceledBy = user;
    this.touch();
  }

  /** One that is held ends no sooner than any other. */
  private async endIfCanceling(): Promise<boolean> {
    if (this.status !== 'Canceling') return false;
    await this.state.deploymentGate;
    this.status = 'Canceled';
    this.completedAt = this.touch();
    return true;
  }

  private async deploy(): Promise<DeployStatus> {
    try {
      const contents = await readPackage(this.zip, this.options);
      this.numberFiles = contents.numberFiles;
      this.componentsTotal = contents.files.length + contents.destructive.length;
      const testsFail = this.runTests();
      const options = testsFail ? { ...this.options, checkOnly: true } : this.options;
      this.messages = applyPackage(this.state, this.user, contents, options);
      if (testsFail) return 'Failed';
    } catch (error) {
      if (!(error instanceof UnreadableZip)) throw error;
      this.errorMessage = error.message;
      this.errorStatusCode = 'INVALID_OPERATION';
      return 'Failed';
    }
    if (this.messages.every(({ success }) => success)) return 'Succeeded';
    return this.options.rollbackOnError ? 'Failed' : 'SucceededPartial';
  }

  /** Whether the org's Apex tests stop the deployment. */
  private runTests(): boolean {
    if (!this.runsTests) return false;
    this.testsRun = Math.max(1, this.options.runTests.length);
    if (this.state.switches.productionTests !== 'fail' || this.state.identity.kind !== 'production') return false;
    this.testFailures = [
      {
        id: `01p${this.state.orgId.slice(3, 12)}001AAA`,
        name: 'ExistingTest',
        methodName: 'failsInThisOrg',
        message: 'System.AssertException: Assertion Failed',
        stackTrace: 'Class.ExistingTest.failsInThisOrg: line 3, column 1',
      },
    ];
    return true;
  }

  private touch(): number {
    this.modifiedAt = this.state.clock.now();
    return this.modifiedAt;
  }
}

import type { User } from '../model/domain.js';
import { sameId } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { DeployJob } from './deploy-job.js';
import type { DeployOptions } from './deploy-message.js';

/** A deployment that is not even accepted. */
export class DeployRefused extends Error {
  public constructor(
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The deployments of one org. It works on one at a time and keeps the others waiting, as "Deployment Status" in Setup
 * shows it; each runs until it is done or the org stops.
 */
export class Deployments {
  private last: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  public constructor(private readonly state: OrgState) {}

  public start(user: User, zip: Buffer, options: DeployOptions): DeployJob {
    this.checkOptions(options);
    const job = new DeployJob(this.state.ids.next('deploy'), this.state, user, zip, options);
    this.state.deployments.push(job);
    this.last = this.last.then(async () => {
      try {
        await job.run(this.stopping.signal);
      } catch (error) {
        if (!this.stopping.signal.aborted) throw error;
      }
    });
    return job;
  }

  public find(id: string): DeployJob | undefined {
    return this.state.deployments.find((job) => sameId(job.id, id));
  }

  public stop(): void {
    this.stopping.abort();
  }

  private checkOptions({ rollbackOnError, testLevel, runTests }: DeployOptions): void {
    const production = this.state.identity.kind === 'production';
    if (testLevel === undefined && this.state.switches.productionTests === 'level-required' && production) {
      throw new DeployRefused('INVALID_OPERATION', 'A testLevel is required to deploy to this organization');
    }
    if (production && !rollbackOnError) {
      throw new DeployRefused('INVALID_OPERATION', 'rollbackOnError must be true when deploying to a production org');
    }
    if (production && testLevel === 'NoTestRun' && this.state.switches.productionTests === 'required') {
      throw new DeployRefused('INVALID_OPERATION', 'testLevel of NoTestRun cannot be used in production organizations');
    }
    const levels = ['NoTestRun', 'RunSpecifiedTests', 'RunRelevantTests', 'RunLocalTests', 'RunAllTestsInOrg'];
    if (testLevel !== undefined && !levels.includes(testLevel)) {
      throw new DeployRefused('INVALID_TYPE', `'${testLevel}' is not a valid value for the enum 'TestLevel'`);
    }
    if (testLevel === 'RunSpecifiedTests' && runTests.length === 0) {
      throw new DeployRefused('INVALID_OPERATION', 'runTests must name at least one test for RunSpecifiedTests');
    }
  }
}

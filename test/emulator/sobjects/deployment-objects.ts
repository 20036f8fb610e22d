import type { DeployJob } from '../metadata/deploy-job.js';
import { restDateTime } from '../model/clock.js';
import type { Row, SObjectType } from './types.js';

/**
 * The org's deployments, as the page "Deployment Status" in Setup lists them. Tools that show them query these columns
 * through the Tooling API. Nothing tells which components a deployment brings.
 */
const deployRequest: SObjectType = {
  name: 'DeployRequest',
  label: 'Deploy Request',
  keyPrefix: '0Af',
  api: 'tooling',
  readableBy: (state) => state.switches.deploymentsQueryable,
  fields: {
    Id: 'id',
    Status: 'string',
    CheckOnly: 'boolean',
    CreatedById: 'reference',
    CreatedDate: 'datetime',
    StartDate: 'datetime',
    CompletedDate: 'datetime',
    ErrorMessage: 'string',
    NumberComponentsTotal: 'int',
    NumberComponentsDeployed: 'int',
    NumberComponentErrors: 'int',
  },
  parents: { CreatedBy: { object: 'User', key: 'CreatedById' } },
  rows: (state) => state.deployments.map(deploymentRow),
};

function deploymentRow(job: DeployJob): Row {
  const date = (ms: number | undefined): string | null => (ms === undefined ? null : restDateTime(ms));
  return {
    Id: job.id,
    Status: job.status,
    CheckOnly: job.options.checkOnly,
    CreatedById: job.user.id,
    CreatedDate: date(job.createdAt),
    StartDate: date(job.startedAt),
    CompletedDate: date(job.completedAt),
    ErrorMessage: job.errorMessage ?? null,
    NumberComponentsTotal: job.componentsTotal,
    NumberComponentsDeployed: job.messages.filter(({ success }) => success).length,
    NumberComponentErrors: job.messages.filter(({ success }) => !success).length,
  };
}

export const deploymentObjects: readonly SObjectType[] = [deployRequest];

import { metadataDateTime } from '../model/clock.js';
import { to15 } from '../model/ids.js';
import type { DeployJob } from './deploy-job.js';
import type { DeployMessage } from './deploy-message.js';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** `numberFiles` and `zipSize` were seen at this version, and not at 62 and before. */
const WITH_SIZES = 66;

/** DeployResult with its fields in WSDL (alphabetical) order; absent ones are left out. */
export function deployResult(job: DeployJob, includeDetails: boolean, apiVersion: string): Record<string, Json> {
  const failures = job.messages.filter(({ success }) => !success && job.messages.length > 0);
  const named = job.messages.filter(({ success, componentType }) => success && componentType !== '');
  const optional = (name: string, value: Json | undefined): Record<string, Json> =>
    value === undefined ? {} : { [name]: value };
  const date = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : metadataDateTime(ms));
  const hasSizes = Number(apiVersion) >= WITH_SIZES;
  return {
    ...optional('canceledBy', job.canceledBy && to15(job.canceledBy.id)),
    ...optional('canceledByName', job.canceledBy && fullName(job.canceledBy)),
    checkOnly: job.options.checkOnly,
    ...optional('completedDate', date(job.completedAt)),
    createdBy: to15(job.user.id),
    createdByName: fullName(job.user),
    createdDate: metadataDateTime(job.createdAt),
    ...(includeDetails ? { details: details(job) } : {}),
    done: job.done,
    ...optional('errorMessage', job.errorMessage),
    ...optional('errorStatusCode', job.errorStatusCode),
    id: job.id,
    ignoreWarnings: job.options.ignoreWarnings,
    ...optional('lastModifiedDate', date(job.modifiedAt)),
    numberComponentErrors: failures.length,
    numberComponentsDeployed: named.length,
    numberComponentsTotal: job.done ? named.length + failures.length : job.componentsTotal,
    ...optional('numberFiles', hasSizes ? String(job.numberFiles) : undefined),
    numberTestErrors: job.testFailures.length,
    numberTestsCompleted: job.testsRun - job.testFailures.length,
    numberTestsTotal: job.testsRun,
    rollbackOnError: job.options.rollbackOnError,
    runTestsEnabled: job.runsTests,
    ...optional('startDate', date(job.startedAt)),
    status: job.status,
    success: job.success,
    ...optional('zipSize', hasSizes ? String(job.zip.length) : undefined),
  };
}

const fullName = ({ firstName, lastName }: { firstName: string; lastName: string }): string =>
  `${firstName} ${lastName}`;

function details(job: DeployJob): Json {
  const createdDate = metadataDateTime(job.completedAt ?? job.modifiedAt);
  const rows = (success: boolean): Json[] =>
    job.messages.filter((message) => message.success === success).map((message) => messageRow(message, createdDate));
  return {
    componentFailures: rows(false),
    componentSuccesses: rows(true),
    runTestResult: {
      codeCoverage: [],
      codeCoverageWarnings: [],
      failures: job.testFailures.map((failure) => ({ ...failure, packageName: '', time: 1, type: 'Class' })),
      flowCoverage: [],
      flowCoverageWarnings: [],
      numFailures: job.testFailures.length,
      numTestsRun: job.testsRun,
      successes: [],
      totalTime: 0,
    },
  };
}

function messageRow(message: DeployMessage, createdDate: string): Json {
  const row: Record<string, Json> = { ...message, createdDate };
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

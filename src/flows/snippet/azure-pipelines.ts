import { idOf, jobsOf, shardsOf, type Job, type Step } from './job.js';
import type { PipelineRequest } from './request.js';
import { BRANCH, NIGHTLY, triggerOf } from './surroundings.js';
import { commentsOf, scriptOf, type Comment, type YamlPipeline } from './yaml.js';

const REASONS = {
  push: "not(in(variables['Build.Reason'], 'PullRequest', 'Schedule'))",
  pull: "eq(variables['Build.Reason'], 'PullRequest')",
  night: "eq(variables['Build.Reason'], 'Schedule')",
};

const BRANCHES = { branches: { include: [BRANCH] } };

/** Azure Pipelines: `azure-pipelines.yml`. A secret variable reaches a step only by its `env`. */
export function azurePipelines(request: PipelineRequest): YamlPipeline {
  const jobs = jobsOf(request);
  const triggers = new Set(jobs.map(({ kind }) => triggerOf(kind)));
  const content = {
    trigger: triggers.has('push') ? BRANCHES : 'none',
    // Without it, every pull request of a repository at GitHub or Bitbucket begins a run.
    pr: triggers.has('pull') ? BRANCHES : 'none',
    ...(triggers.has('night') && { schedules: [{ cron: NIGHTLY, ...BRANCHES, always: 'true' }] }),
    pool: { vmImage: 'ubuntu-latest' },
    variables: { npm_config_cache: '$(Pipeline.Workspace)/.npm' },
    jobs: jobs.map((job) => jobNode(job, jobs, request)),
  };
  const comments = jobs.flatMap((job, index) => commentsOfJob(job, index));
  return {
    content,
    comments: [...(triggers.has('pull') ? [[['pr'], 'comment.pull.azure-pipelines'] as Comment] : []), ...comments],
  };
}

/** Node.js, and the cache of what npm downloads. */
const PREPARATION = 2;

function jobNode(job: Job, jobs: Job[], request: PipelineRequest): object {
  const shards = shardsOf(request);
  const matrix = Object.fromEntries(
    Array.from({ length: shards }, (_, index) => [`shard_${index + 1}`, { SHARD: `${index + 1}/${shards}` }]),
  );
  const after = job.kind === 'test' && jobs.some(({ kind }) => kind === 'deploy');
  const key = `"salesforce-cli" | "${request.cliVersion}" | "$(Agent.OS)"`;
  return {
    job: idOf(job),
    displayName: job.name,
    ...(after && { dependsOn: 'deploy' }),
    ...(jobs.length > 1 && { condition: `and(succeeded(), ${REASONS[triggerOf(job.kind)]})` }),
    ...(shards > 1 && { strategy: { matrix } }),
    ...(Object.keys(job.variables).length > 0 && { variables: job.variables }),
    steps: [
      { task: 'UseNode@1', inputs: { version: '22.x' } },
      { task: 'Cache@2', inputs: { key, path: '$(Pipeline.Workspace)/.npm' } },
      stepNode(job.install),
      ...job.steps.map((step) => stepNode(step)),
      ...job.last.map((step) => stepNode(step, 'always()')),
    ],
  };
}

function stepNode(step: Step, condition?: string): object {
  if (step.connection !== undefined) return connectedNode(step, step.connection);
  const secrets = Object.entries(step.secrets ?? {});
  const env = Object.fromEntries(secrets.map(([variable, secret]) => [variable, `$(${secret})`]));
  return {
    // A script of several lines goes on after an error, unless it's told not to.
    bash: step.commands.length > 1 ? `set -e\n${scriptOf(step)}` : scriptOf(step),
    displayName: step.name,
    ...(condition !== undefined && { condition }),
    ...(secrets.length > 0 && { env }),
  };
}

/** A script that runs while the service connection is logged in to Azure. Its token is in the variable `idToken` then. */
function connectedNode(step: Step, { name, token }: NonNullable<Step['connection']>): object {
  return {
    task: 'AzureCLI@2',
    displayName: step.name,
    inputs: {
      azureSubscription: name,
      scriptType: 'bash',
      scriptLocation: 'inlineScript',
      ...(token && { addSpnToEnvironment: true }),
      inlineScript: step.commands.length > 1 ? `set -e\n${scriptOf(step)}` : scriptOf(step),
    },
  };
}

function commentsOfJob(job: Job, index: number): Comment[] {
  return commentsOf([job.install, ...job.steps, ...job.last], ['jobs', index, 'steps'], PREPARATION);
}

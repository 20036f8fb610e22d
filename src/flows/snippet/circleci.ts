import { idOf, jobsOf, shardsOf, type Job, type Step } from './job.js';
import type { PipelineRequest } from './request.js';
import { BRANCH, CIRCLECI_CONTEXT, IMAGE, NIGHTLY, triggerOf } from './surroundings.js';
import { commentsOf, scriptOf, type Comment, type YamlPipeline } from './yaml.js';

const ONLY = { branches: { only: [BRANCH] } };

/** A branch that isn't the one that is deployed is taken for that of a pull request. */
const FILTERS = { push: ONLY, pull: { branches: { ignore: [BRANCH] } } };

/** CircleCI: `.circleci/config.yml`. */
export function circleci(request: PipelineRequest): YamlPipeline {
  const jobs = jobsOf(request);
  const content = {
    version: 2.1,
    jobs: Object.fromEntries(jobs.map((job) => [idOf(job), jobNode(job, request)])),
    workflows: workflowsOf(jobs),
  };
  return { content, comments: jobs.flatMap(commentsOfJob) };
}

function workflowsOf(jobs: Job[]): object {
  const workflows: Record<string, object> = {};
  for (const trigger of ['push', 'pull', 'night'] as const) {
    const own = jobs.filter(({ kind }) => triggerOf(kind) === trigger);
    if (own.length === 0) continue;
    const runs = own.map((job) => ({
      [idOf(job)]: {
        context: [CIRCLECI_CONTEXT],
        ...(job.kind === 'test' && own.some(({ kind }) => kind === 'deploy') && { requires: ['deploy'] }),
        ...(trigger !== 'night' && { filters: FILTERS[trigger] }),
      },
    }));
    const triggers = [{ schedule: { cron: NIGHTLY, filters: ONLY } }];
    workflows[idOf(own[0]!)] = { ...(trigger === 'night' && { triggers }), jobs: runs };
  }
  return workflows;
}

/** Checkout, and the cache of what npm downloads. */
const PREPARATION = 2;

function jobNode(job: Job, request: PipelineRequest): object {
  const shards = shardsOf(request);
  const key = `salesforce-cli-${request.cliVersion}`;
  return {
    docker: [{ image: IMAGE }],
    ...(shards > 1 && { parallelism: shards }),
    ...(Object.keys(job.variables).length > 0 && { environment: job.variables }),
    steps: [
      'checkout',
      { restore_cache: { keys: [key] } },
      run(job.install),
      { save_cache: { key, paths: ['~/.npm'] } },
      ...job.steps.map((step) => run(step)),
      ...job.last.map((step) => run(step, 'always')),
    ],
  };
}

const run = (step: Step, when?: string): object => ({
  run: { name: step.name, command: scriptOf(step), ...(when && { when }) },
});

function commentsOfJob(job: Job): Comment[] {
  const steps = ['jobs', idOf(job), 'steps'];
  const comments = commentsOf([...job.steps, ...job.last], steps, PREPARATION + 2);
  if (triggerOf(job.kind) !== 'night') return comments;
  return [...comments, [['workflows', idOf(job), 'triggers', 0], 'comment.night.circleci']];
}

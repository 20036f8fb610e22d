import { idOf, jobsOf, shardsOf, type Job } from './job.js';
import { oneShell } from './last-steps.js';
import type { PipelineRequest } from './request.js';
import { IMAGE, triggerOf } from './surroundings.js';
import { scriptComments, type Comment, type YamlPipeline } from './yaml.js';

const RULES = {
  push: { if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE != "schedule"' },
  pull: { if: '$CI_PIPELINE_SOURCE == "merge_request_event"' },
  night: { if: '$CI_PIPELINE_SOURCE == "schedule"' },
};

/** GitLab CI: `.gitlab-ci.yml`. Variables of the project are in the job's environment by themselves. */
export function gitlabCi(request: PipelineRequest): YamlPipeline {
  const jobs = jobsOf(request);
  const content = Object.fromEntries(jobs.map((job) => [idOf(job), jobNode(job, jobs, request)]));
  return { content, comments: jobs.flatMap(commentsOfJob) };
}

function jobNode(job: Job, jobs: Job[], request: PipelineRequest): object {
  const shards = shardsOf(request);
  const after = job.kind === 'test' && jobs.some(({ kind }) => kind === 'deploy');
  return {
    stage: triggerOf(job.kind) === 'pull' ? 'test' : 'deploy',
    image: IMAGE,
    rules: [RULES[triggerOf(job.kind)]],
    ...(after && { needs: ['deploy'] }),
    ...(shards > 1 && { parallel: shards }),
    ...idTokensOf(job),
    // What is cached has to lie in the project's folder.
    cache: { key: `salesforce-cli-${request.cliVersion}`, paths: ['.npm/'] },
    variables: { npm_config_cache: '$CI_PROJECT_DIR/.npm', ...job.variables },
    script: [...job.install.commands, ...job.steps.flatMap(({ commands }) => commands)],
    after_script: oneShell(job.last),
  };
}

/** The token that a step reads is the whole job's. */
function idTokensOf({ steps }: Job): object {
  const tokens = steps.flatMap(({ idToken }) => (idToken === undefined ? [] : [idToken]));
  if (tokens.length === 0) return {};
  return { id_tokens: Object.fromEntries(tokens.map(({ name, audience }) => [name, { aud: audience }])) };
}

function commentsOfJob(job: Job): Comment[] {
  const comments = [
    ...scriptComments([job.install, ...job.steps], [idOf(job), 'script'], 0),
    ...scriptComments(job.last, [idOf(job), 'after_script'], 0),
  ];
  return triggerOf(job.kind) === 'night'
    ? [[[idOf(job), 'rules', 0], 'comment.night.gitlab-ci'], ...comments]
    : comments;
}

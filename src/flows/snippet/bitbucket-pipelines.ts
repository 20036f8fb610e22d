import { jobsOf, shardsOf, type Job } from './job.js';
import { oneShell } from './last-steps.js';
import type { PipelineRequest } from './request.js';
import { BRANCH, IMAGE, triggerOf } from './surroundings.js';
import { scriptComments, type Comment, type Path, type YamlPipeline } from './yaml.js';

/** Where the steps of a trigger stand. A pipeline for a schedule has a name, by which the schedule calls it. */
const PLACES: Record<ReturnType<typeof triggerOf>, Path> = {
  push: ['branches', BRANCH],
  pull: ['pull-requests', '**'],
  night: ['custom', 'rotate'],
};

/** Bitbucket Pipelines: `bitbucket-pipelines.yml`. Variables of the repository are in the environment by themselves. */
export function bitbucketPipelines(request: PipelineRequest): YamlPipeline {
  const shards = shardsOf(request);
  const pipelines: Record<string, Record<string, object[]>> = {};
  const comments: Comment[] = [];
  for (const job of jobsOf(request)) {
    const [section = '', name = ''] = PLACES[triggerOf(job.kind)] as string[];
    const list = ((pipelines[section] ??= {})[name] ??= []);
    const place = ['pipelines', section, name, list.length, ...(shards > 1 ? ['parallel', 0] : []), 'step'];
    // The same object each time: YAML names it once, and refers to it.
    const step = stepNode(job);
    const steps = Array.from({ length: shards }, () => ({ step }));
    list.push(...(shards > 1 ? [{ parallel: steps }] : steps));
    comments.push(...commentsOfJob(job, place));
    if (triggerOf(job.kind) === 'night') comments.push([place.slice(0, 4), 'comment.night.bitbucket-pipelines']);
  }
  return { content: { image: IMAGE, definitions: { caches: { npm: '~/.npm' } }, pipelines }, comments, anchors: true };
}

function exports({ variables }: Job): string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
}

function stepNode(job: Job): object {
  const script = [...exports(job), ...job.install.commands, ...job.steps.flatMap(({ commands }) => commands)];
  return { 'name': job.name, 'caches': ['npm'], script, 'after-script': oneShell(job.last) };
}

function commentsOfJob(job: Job, step: Path): Comment[] {
  return [
    ...scriptComments([job.install, ...job.steps], [...step, 'script'], exports(job).length),
    ...scriptComments(job.last, [...step, 'after-script'], 0),
  ];
}

import { idOf, jobsOf, shardsOf, type Job, type Step } from './job.js';
import type { PipelineRequest } from './request.js';
import { BRANCH, NIGHTLY, triggerOf } from './surroundings.js';
import { text } from './text.js';
import { commentsOf, scriptOf, type Comment, type YamlPipeline } from './yaml.js';

const ON = {
  push: { push: { branches: [BRANCH] } },
  pull: { pull_request: {} },
  night: { schedule: [{ cron: NIGHTLY }] },
};

/** Pull requests of forks get no secrets. */
const OWN_PULL = 'github.event.pull_request.head.repo.full_name == github.repository';

/** GitHub Actions: a workflow in `.github/workflows/`. */
export function githubActions(request: PipelineRequest): YamlPipeline {
  const jobs = jobsOf(request);
  const names = jobs.map(idOf);
  const triggers = Object.assign({}, ...jobs.map(({ kind }) => ON[triggerOf(kind)])) as object;
  const choice = { job: { description: text('input.job'), required: true, type: 'choice', options: names } };
  const content = {
    name: jobs.length === 1 ? jobs[0]!.name : text('name'),
    on: { ...triggers, workflow_dispatch: jobs.length === 1 ? {} : { inputs: choice } },
    permissions: { contents: 'read' },
    jobs: Object.fromEntries(jobs.map((job) => [idOf(job), jobNode(job, jobs, request)])),
  };
  return { content, comments: jobs.flatMap(commentsOfJob) };
}

/** Checkout, Node.js, and the cache of what npm downloads. */
const PREPARATION = 3;

function jobNode(job: Job, jobs: Job[], request: PipelineRequest): object {
  const shards = shardsOf(request);
  const matrix = { shard: Array.from({ length: shards }, (_, index) => index + 1) };
  const condition = conditionOf(job, jobs);
  const after = job.kind === 'test' && jobs.some(({ kind }) => kind === 'deploy');
  return {
    ...(jobs.length > 1 && { name: job.name }),
    ...(after && { needs: 'deploy' }),
    ...(condition !== undefined && { if: after ? `\${{ !failure() && !cancelled() && (${condition}) }}` : condition }),
    'runs-on': 'ubuntu-latest',
    ...(request.signer && { permissions: { 'contents': 'read', 'id-token': 'write' } }),
    ...(shards > 1 && { strategy: { 'fail-fast': false, matrix } }),
    ...(Object.keys(job.variables).length > 0 && { env: job.variables }),
    'steps': [
      { uses: 'actions/checkout@v5' },
      { uses: 'actions/setup-node@v5', with: { 'node-version': 22 } },
      { uses: 'actions/cache@v5', with: { path: '~/.npm', key: `salesforce-cli-${request.cliVersion}` } },
      stepNode(job.install),
      ...job.steps.map((step) => stepNode(step)),
      ...job.last.map((step) => stepNode(step, 'always()')),
    ],
  };
}

/** A workflow of several jobs says of each what begins it; by hand, the one that was chosen. */
function conditionOf({ kind }: Job, jobs: Job[]): string | undefined {
  const trigger = triggerOf(kind);
  if (jobs.length === 1) return trigger === 'pull' ? `github.event_name != 'pull_request' || ${OWN_PULL}` : undefined;
  const chosen = `inputs.job == '${kind}'`;
  if (trigger === 'pull') return `${OWN_PULL} || ${chosen}`;
  return `github.event_name == '${trigger === 'push' ? 'push' : 'schedule'}' || ${chosen}`;
}

function stepNode(step: Step, condition?: string): object {
  if (step.action !== undefined) return { name: step.name, ...step.action };
  const secrets = Object.entries(step.secrets ?? {});
  const env = Object.fromEntries([
    ...(step.variables ?? []).map((name) => [name, `\${{ vars.${name} }}`]),
    ...secrets.map(([variable, secret]) => [variable, `\${{ secrets.${secret} }}`]),
  ]) as Record<string, string>;
  return {
    name: step.name,
    ...(condition !== undefined && { if: condition }),
    run: scriptOf(step),
    ...(Object.keys(env).length > 0 && { env }),
  };
}

function commentsOfJob(job: Job): Comment[] {
  return commentsOf([job.install, ...job.steps, ...job.last], ['jobs', idOf(job), 'steps'], PREPARATION);
}

import type { Document } from 'yaml';
import { jobOf, SECRET, shardsOf, type Step, type Wish } from './job.js';
import { text } from './text.js';

/** The Docker image of the CIs that run a job in one: Node.js as the CLI and this plugin need it, and git. */
export const IMAGE = 'node:22';

/** The branch that is deployed. */
const BRANCH = 'main';

/** A pipeline as plain data, and what is said above some of its nodes, by their paths. */
type Pipeline = { content: object; comments: Array<[path: Array<string | number>, key: string]> };

const lines = ({ commands }: Step): string => commands.map((command) => `${command}\n`).join('');
const line = ({ commands }: Step): string => commands.join('\n');

/** GitHub Actions: a workflow in `.github/workflows/`. */
function githubActions(wish: Wish): Pipeline {
  const shards = shardsOf(wish);
  const { install, logIn, work, logOut } = jobOf(wish, `\${{ matrix.shard }}/${shards}`);
  const matrix = { shard: Array.from({ length: shards }, (_, index) => index + 1) };
  const content = {
    name: text('name'),
    on: { push: { branches: [BRANCH] }, workflow_dispatch: {} },
    permissions: { contents: 'read' },
    jobs: {
      deploy: {
        'runs-on': 'ubuntu-latest',
        ...(shards > 1 && { strategy: { 'fail-fast': false, matrix } }),
        'steps': [
          { uses: 'actions/checkout@v5' },
          { uses: 'actions/setup-node@v5', with: { 'node-version': 22 } },
          { name: install.name, run: lines(install) },
          { name: logIn.name, run: line(logIn), env: { [SECRET]: `\${{ secrets.${SECRET} }}` } },
          { name: work.name, run: line(work) },
          { name: logOut.name, if: 'always()', run: line(logOut) },
        ],
      },
    },
  };
  const steps = ['jobs', 'deploy', 'steps'];
  return { content, comments: [workComment(wish, [...steps, 4]), [[...steps, 5], 'comment.logOut']] };
}

/** GitLab CI: `.gitlab-ci.yml`. Variables of the project are in the job's environment by themselves. */
function gitlabCi(wish: Wish): Pipeline {
  const shards = shardsOf(wish);
  const { install, logIn, work, logOut } = jobOf(wish, '"$CI_NODE_INDEX/$CI_NODE_TOTAL"');
  const script = [...install.commands, ...logIn.commands, ...work.commands];
  const content = {
    deploy: {
      stage: 'deploy',
      image: IMAGE,
      rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }],
      ...(shards > 1 && { parallel: shards }),
      script,
      after_script: logOut.commands,
    },
  };
  const comments: Pipeline['comments'] = [
    workComment(wish, ['deploy', 'script', script.length - 1]),
    [['deploy', 'after_script', 0], 'comment.logOut.script'],
  ];
  return { content, comments };
}

/** Azure Pipelines: `azure-pipelines.yml`. A secret variable reaches a step only by its `env`. */
function azurePipelines(wish: Wish): Pipeline {
  const shards = shardsOf(wish);
  const { install, logIn, work, logOut } = jobOf(wish, '"$SHARD"');
  const matrix = Object.fromEntries(
    Array.from({ length: shards }, (_, index) => [`shard_${index + 1}`, { SHARD: `${index + 1}/${shards}` }]),
  );
  const content = {
    trigger: { branches: { include: [BRANCH] } },
    pool: { vmImage: 'ubuntu-latest' },
    jobs: [
      {
        job: 'deploy',
        ...(shards > 1 && { strategy: { matrix } }),
        steps: [
          { task: 'UseNode@1', inputs: { version: '22.x' } },
          // A script of several lines goes on after an error, unless it's told not to.
          { bash: `set -e\n${lines(install)}`, displayName: install.name },
          { bash: line(logIn), displayName: logIn.name, env: { [SECRET]: `$(${SECRET})` } },
          { bash: line(work), displayName: work.name },
          { bash: line(logOut), displayName: logOut.name, condition: 'always()' },
        ],
      },
    ],
  };
  const steps = ['jobs', 0, 'steps'];
  return { content, comments: [workComment(wish, [...steps, 3]), [[...steps, 4], 'comment.logOut']] };
}

/** Bitbucket Pipelines: `bitbucket-pipelines.yml`. Variables of the repository are in the environment by themselves. */
function bitbucketPipelines(wish: Wish): Pipeline {
  const shards = shardsOf(wish);
  const shard = '"$((BITBUCKET_PARALLEL_STEP + 1))/$BITBUCKET_PARALLEL_STEP_COUNT"';
  const { install, logIn, work, logOut } = jobOf(wish, shard);
  const script = [...install.commands, ...logIn.commands, ...work.commands];
  const step = { 'name': text('name'), script, 'after-script': logOut.commands };
  // The same object each time: YAML names it once, and refers to it.
  const steps = Array.from({ length: shards }, () => ({ step }));
  const content = { image: IMAGE, pipelines: { branches: { [BRANCH]: shards > 1 ? [{ parallel: steps }] : steps } } };
  const first = ['pipelines', 'branches', BRANCH, 0, ...(shards > 1 ? ['parallel', 0] : []), 'step'];
  const comments: Pipeline['comments'] = [
    workComment(wish, [...first, 'script', script.length - 1]),
    [[...first, 'after-script', 0], 'comment.logOut.script'],
  ];
  return { content, comments };
}

/** The context that holds the secret. */
export const CIRCLECI_CONTEXT = 'salesforce';

/** CircleCI: `.circleci/config.yml`. */
function circleci(wish: Wish): Pipeline {
  const shards = shardsOf(wish);
  const { install, logIn, work, logOut } = jobOf(wish, '"$((CIRCLE_NODE_INDEX + 1))/$CIRCLE_NODE_TOTAL"');
  const run = (step: Step, when?: string) => ({
    run: { name: step.name, command: step.commands.length > 1 ? lines(step) : line(step), ...(when && { when }) },
  });
  const content = {
    version: 2.1,
    jobs: {
      deploy: {
        docker: [{ image: IMAGE }],
        ...(shards > 1 && { parallelism: shards }),
        steps: ['checkout', run(install), run(logIn), run(work), run(logOut, 'always')],
      },
    },
    workflows: {
      deploy: { jobs: [{ deploy: { context: [CIRCLECI_CONTEXT], filters: { branches: { only: [BRANCH] } } } }] },
    },
  };
  const steps = ['jobs', 'deploy', 'steps'];
  return { content, comments: [workComment(wish, [...steps, 3]), [[...steps, 4], 'comment.logOut']] };
}

const PIPELINES = {
  'github-actions': githubActions,
  'gitlab-ci': gitlabCi,
  'azure-pipelines': azurePipelines,
  'bitbucket-pipelines': bitbucketPipelines,
  'circleci': circleci,
};

/** The CIs whose pipelines are YAML. */
export type YamlCi = keyof typeof PIPELINES;

/** The file of a pipeline. Pure but for its texts. */
export async function yamlPipeline(ci: YamlCi, wish: Wish): Promise<string> {
  const { Document } = await import('yaml');
  const { content, comments } = PIPELINES[ci](wish);
  const document = new Document(content);
  document.commentBefore = asComment(text('comment.header', [text(`place.${ci}`)]));
  for (const [path, key] of comments) comment(document, path, text(key));
  return document.toString({ lineWidth: 0 });
}

function comment(document: Document, path: Array<string | number>, words: string): void {
  const node = document.getIn(path, true) as { commentBefore?: string };
  node.commentBefore = asComment(words);
}

const asComment = (words: string): string => words.replace(/^/gm, ' ');

function workComment({ fleet }: Wish, path: Array<string | number>): [Array<string | number>, string] {
  return [path, fleet === undefined ? 'comment.deploy' : 'comment.work'];
}

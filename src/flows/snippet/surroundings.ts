import type { Ci, JobKind } from './request.js';

/** The Docker image of the CIs that run a job in one: Node.js as the CLI and this plugin need it, and git. */
export const IMAGE = 'node:22';

/** The branch that is deployed. */
export const BRANCH = 'main';

/** The context of CircleCI that holds the secrets. */
export const CIRCLECI_CONTEXT = 'salesforce';

/** Every night, at a time at which not everybody's jobs begin. */
export const NIGHTLY = '17 3 * * *';

/** What begins a job: a push to the branch that is deployed, a pull request, the clock. */
export function triggerOf(kind: JobKind | 'fleet'): 'push' | 'pull' | 'night' {
  if (kind === 'rotate') return 'night';
  return kind === 'validate' || kind === 'scratch' ? 'pull' : 'push';
}

/** What the steps of a CI have around them. */
export type Surroundings = {
  /** Folder for what must not outlive the job, as it stands between double quotes of a shell. */
  temporary: string;
  /** Whether every secret is in every step's environment, under its own name; else a step asks for what it needs. */
  secretsEverywhere: boolean;
  /** Which of how many shards a machine takes, as a word that the CI or the shell fills in. */
  shard: (shards: number) => string;
};

const CONTAINER = '${TMPDIR:-/tmp}';

export const SURROUNDINGS: Record<Ci, Surroundings> = {
  'github-actions': {
    temporary: '$RUNNER_TEMP',
    secretsEverywhere: false,
    shard: (shards) => `\${{ matrix.shard }}/${shards}`,
  },
  'gitlab-ci': {
    temporary: CONTAINER,
    secretsEverywhere: true,
    shard: () => '"$CI_NODE_INDEX/$CI_NODE_TOTAL"',
  },
  'azure-pipelines': {
    temporary: '$AGENT_TEMPDIRECTORY',
    secretsEverywhere: false,
    shard: () => '"$SHARD"',
  },
  'bitbucket-pipelines': {
    temporary: CONTAINER,
    secretsEverywhere: true,
    shard: () => '"$((BITBUCKET_PARALLEL_STEP + 1))/$BITBUCKET_PARALLEL_STEP_COUNT"',
  },
  'circleci': {
    temporary: CONTAINER,
    secretsEverywhere: true,
    shard: () => '"$((CIRCLE_NODE_INDEX + 1))/$CIRCLE_NODE_TOTAL"',
  },
  'jenkins': { temporary: CONTAINER, secretsEverywhere: false, shard: (shards) => `"$SHARD/${shards}"` },
  'shell': { temporary: '$HOME', secretsEverywhere: true, shard: (shards) => `"$1/${shards}"` },
};

import { ciOf, parseRemote, type Remote } from '../setup/repository.js';
import type { RunProgram } from '../../machine/program.js';
import type { JobKind } from './request.js';
import type { SignerCi } from './signer.js';
import { BRANCH, triggerOf } from './surroundings.js';

/** Who a CI says that a job is: the `iss` and `sub` of its token. */
export type CiIdentity = {
  /** URL, or a variable of the shell that holds it, as the other two may be */
  issuer: string;
  /** The issuer without its scheme, as AWS names it */
  host: string;
  /** All that the pipeline's jobs may be; words in upper case are to be replaced */
  subjects: string[];
  /** Whether a subject has a `*` in it */
  isPattern: boolean;
  /** What is not known here; a text says where it is found */
  unknown: 'repository' | 'ids' | 'connection' | undefined;
};

/** The repository as GitHub knows it. A job's `sub` has the numbers in it where it was made since that came. */
export type GithubRepository = { owner: number; id: number; createdAt: string };

/** Since then, GitHub puts the numbers into the `sub` of new, renamed and moved repositories. */
const IMMUTABLE_SINCE = '2026-07-15';

const GITHUB = 'github.com';

/** Milliseconds; GitHub answers at once, or the two forms are printed. */
const LIMIT = 15_000;

/**
 * @param remoteUrl of the repository that the pipeline is for
 * @param github what GitHub says of it; undefined: not asked
 */
export function ciIdentity(
  ci: SignerCi,
  jobs: readonly JobKind[],
  remoteUrl: string | undefined,
  github: GithubRepository | undefined,
): CiIdentity {
  const remote = remoteUrl === undefined ? undefined : safeRemote(remoteUrl);
  const triggers = new Set(jobs.map(triggerOf));
  switch (ci) {
    case 'github-actions':
      return githubIdentity(remote !== undefined && ciOf(remote) === ci ? remote : undefined, triggers, github);
    case 'gitlab-ci':
      return gitlabIdentity(remote !== undefined && ciOf(remote) !== 'github-actions' ? remote : undefined, triggers);
    case 'azure-pipelines':
      return { issuer: '$issuer', host: '$host', subjects: ['$subject'], isPattern: false, unknown: 'connection' };
  }
}

/** The same, where GitHub can be asked. */
export async function identityOf(
  ci: SignerCi,
  jobs: readonly JobKind[],
  remoteUrl: string | undefined,
  run: RunProgram,
): Promise<CiIdentity> {
  return ciIdentity(ci, jobs, remoteUrl, ci === 'github-actions' ? await askGithub(remoteUrl, run) : undefined);
}

/** One whose path is made of letters that a command takes as they are. */
function safeRemote(url: string): Remote | undefined {
  const remote = parseRemote(url);
  return remote !== undefined && /^\w[\w.-]*(\/\w[\w.-]*)+$/.test(remote.path) ? remote : undefined;
}

type Triggers = ReadonlySet<ReturnType<typeof triggerOf>>;

function githubIdentity(
  remote: Remote | undefined,
  triggers: Triggers,
  github: GithubRepository | undefined,
): CiIdentity {
  const host = remote?.host ?? GITHUB;
  const server = host === GITHUB ? 'token.actions.githubusercontent.com' : `${host}/_services/token`;
  const [owner = '', name = ''] = (remote?.path ?? 'OWNER/REPOSITORY').split('/');
  const plain = `repo:${owner}/${name}`;
  const immutable = `repo:${owner}@${github?.owner ?? 'OWNER_ID'}/${name}@${github?.id ?? 'REPOSITORY_ID'}`;
  const isNew = github !== undefined && github.createdAt >= IMMUTABLE_SINCE;
  // GitHub Enterprise Server has the numbers in none.
  const repositories = host !== GITHUB ? [plain] : isNew ? [immutable] : [plain, immutable];
  const contexts = [
    ...(triggers.has('push') || triggers.has('night') ? [`ref:refs/heads/${BRANCH}`] : []),
    ...(triggers.has('pull') ? ['pull_request'] : []),
  ];
  return {
    issuer: `https://${server}`,
    host: server,
    subjects: repositories.flatMap((repository) => contexts.map((context) => `${repository}:${context}`)),
    isPattern: false,
    unknown: remote === undefined ? 'repository' : host === GITHUB && github === undefined ? 'ids' : undefined,
  };
}

/** A merge request's job has the name of its own branch in the `sub`. */
function gitlabIdentity(remote: Remote | undefined, triggers: Triggers): CiIdentity {
  const project = `project_path:${remote?.path ?? 'GROUP/PROJECT'}:ref_type:branch:ref:`;
  const isPattern = triggers.has('pull');
  const host = remote?.host ?? 'gitlab.com';
  return {
    issuer: `https://${host}`,
    host,
    subjects: [`${project}${isPattern ? '*' : BRANCH}`],
    isPattern,
    unknown: remote === undefined ? 'repository' : undefined,
  };
}

/**
 * Asks GitHub for the numbers of a repository, by its own tool. Undefined: the tool isn't there, nobody is logged in, or it
 * can't see the repository.
 */
export async function askGithub(remoteUrl: string | undefined, run: RunProgram): Promise<GithubRepository | undefined> {
  const remote = remoteUrl === undefined ? undefined : safeRemote(remoteUrl);
  if (remote?.host !== GITHUB) return undefined;
  const end = await run('gh', ['api', `repos/${remote.path}`], { timeout: LIMIT });
  if (end?.status !== 0) return undefined;
  try {
    const { id, owner, created_at: createdAt } = JSON.parse(end.stdout) as Record<string, unknown>;
    const { id: ownerId } = owner as { id?: unknown };
    if (typeof id !== 'number' || typeof ownerId !== 'number' || typeof createdAt !== 'string') return undefined;
    return { owner: ownerId, id, createdAt };
  } catch {
    // An answer of another shape says no more than none.
    return undefined;
  }
}

import { Failure } from '../../failure.js';
import type { Ci } from '../snippet/request.js';

/** A repository as the address of a Git remote names it. `path` has no `.git` at its end, as `acme/app`. */
export type Remote = { host: string; path: string };

const AZURE_SSH = /^v\d\//;

/** What `git remote get-url` gives out: an address with a scheme, or `user@host:path`. Users and tokens in it are dropped. */
export function parseRemote(address: string): Remote | undefined {
  const scp = /^(?:[^@/\s]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(address);
  const url = scp === null ? URL.parse(address) : null;
  const host = scp?.[1] ?? url?.hostname ?? '';
  const path = (scp?.[2] ?? decoded(url?.pathname ?? '')).replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return host === '' || path === '' ? undefined : { host: host.toLowerCase(), path };
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

const HOSTS: ReadonlyArray<[host: RegExp, ci: Ci]> = [
  [/^(.*\.)?github\./, 'github-actions'],
  [/^(.*\.)?gitlab\./, 'gitlab-ci'],
  [/^(ssh\.)?dev\.azure\.com$|\.visualstudio\.com$/, 'azure-pipelines'],
  [/^(.*\.)?bitbucket\.org$/, 'bitbucket-pipelines'],
];

/** The CI that belongs to the host of a repository; undefined where that says nothing. */
export function ciOf({ host }: Remote): Ci | undefined {
  return HOSTS.find(([pattern]) => pattern.test(host))?.[1];
}

/** A pattern of names, none of which is a flag or leads up a folder. */
const pathOf = (shape: string): RegExp =>
  new RegExp(`^${shape.replaceAll('NAME', '\\w[\\w.-]*').replaceAll('WORDS', '\\w[\\w. -]*')}$`);

/** How a repository is named for each CI's own tool, and an example. A CI that isn't listed needs none. */
const NAMES: Partial<Record<Ci, { pattern: RegExp; example: string }>> = {
  'github-actions': { pattern: pathOf('NAME(/NAME){1,2}'), example: 'acme/app' },
  'gitlab-ci': { pattern: pathOf('(https://[\\w.:-]+/)?NAME(/NAME)+'), example: 'acme/app' },
  'azure-pipelines': { pattern: pathOf('NAME/WORDS/WORDS'), example: 'organization/project/pipeline' },
  'bitbucket-pipelines': { pattern: pathOf('NAME/NAME'), example: 'workspace/app' },
  'circleci': { pattern: pathOf('(gh|bb|github|bitbucket|circleci)(/NAME){1,2}'), example: 'gh/acme/app' },
};

/** Whether a CI's secrets are kept by repository, so that it has to be named. */
export const needsRepository = (ci: Ci): boolean => NAMES[ci] !== undefined;

/** How the repository of a CI is named, for a question. */
export const exampleRepository = (ci: Ci): string => NAMES[ci]?.example ?? '';

/** The repository behind a remote as the CI's tool wants it named; undefined where the remote is none of this CI's. */
export function repositoryFor(ci: Ci, remote: Remote | undefined): string | undefined {
  if (remote === undefined) return undefined;
  const name = nameFor(ci, remote);
  return name !== undefined && NAMES[ci]?.pattern.test(name) === true ? name : undefined;
}

function nameFor(ci: Ci, { host, path }: Remote): string | undefined {
  switch (ci) {
    case 'github-actions':
      if (ciOf({ host, path }) !== ci) return undefined;
      return host === 'github.com' ? path : `${host}/${path}`;
    case 'gitlab-ci':
      return host === 'gitlab.com' ? path : `https://${host}/${path}`;
    case 'azure-pipelines':
      return azureName(host, path);
    case 'bitbucket-pipelines':
      return host === 'bitbucket.org' ? path : undefined;
    case 'circleci':
      return host === 'bitbucket.org' ? `bb/${path}` : host === 'github.com' ? `gh/${path}` : undefined;
    case 'jenkins':
    case 'shell':
      return undefined;
  }
}

/** The address of a repository that is named as the CI's tool wants it, for CIs whose repositories have one by their name. */
export function addressOf(ci: Ci | 'none', repository: string): string | undefined {
  if (repository === '' || (ci !== 'github-actions' && ci !== 'gitlab-ci')) return undefined;
  if (repository.startsWith('https://')) return repository;
  const host = ci === 'gitlab-ci' ? 'gitlab.com/' : repository.split('/').length === 3 ? '' : 'github.com/';
  return `https://${host}${repository}`;
}

/** `ORG/PROJECT/_git/REPO`, with `ORG` in the host of older ones, and `v3/ORG/PROJECT/REPO` for SSH. */
function azureName(host: string, path: string): string {
  const parts = path
    .replace(AZURE_SSH, '')
    .split('/')
    .filter((part) => part !== '_git');
  const [older] = /^[\w-]+(?=\.visualstudio\.com$)/.exec(host) ?? [];
  return (older === undefined ? parts : [older, ...parts]).join('/');
}

/**
 * @returns the repository as the CI's tool wants it named: also the address of a remote is taken
 * @throws Failure `repository_malformed`
 */
export function requireRepository(ci: Ci, given: string): string {
  const remote = /[:@]/.test(given) ? parseRemote(given) : undefined;
  const name = repositoryFor(ci, remote) ?? given.replace(/\.git$/, '');
  const known = NAMES[ci];
  if (known === undefined || known.pattern.test(name)) return name;
  const byName = ci === 'circleci' && pathOf('NAME/NAME').test(name) ? `gh/${name}` : undefined;
  if (byName !== undefined) return byName;
  const repository = given.replace(/\/\/[^/@]*@/, '//');
  throw new Failure('repository_malformed', { repository, ci, example: known.example });
}

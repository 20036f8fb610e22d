import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ci } from '../snippet/request.js';
import { ciOf, type Remote } from './repository.js';

/** What shows that a repository uses a CI. */
const SIGNS: ReadonlyArray<[ci: Ci, path: string]> = [
  ['github-actions', '.github/workflows'],
  ['gitlab-ci', '.gitlab-ci.yml'],
  ['azure-pipelines', 'azure-pipelines.yml'],
  ['bitbucket-pipelines', 'bitbucket-pipelines.yml'],
  ['circleci', '.circleci/config.yml'],
  ['jenkins', 'Jenkinsfile'],
];

/** The CI of a repository by the files of one, else by its host; undefined where neither says. */
export function detectCi(root: string, remote: Remote | undefined): Ci | undefined {
  const [found, ...others] = SIGNS.filter(([, path]) => existsSync(join(root, path))).map(([ci]) => ci);
  if (found !== undefined && others.length === 0) return found;
  return remote === undefined ? found : (ciOf(remote) ?? found);
}

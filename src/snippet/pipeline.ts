import { jenkinsfile } from './jenkins.js';
import type { Wish } from './job.js';
import { shellScript } from './shell.js';
import { checkPrintable } from './word.js';
import { yamlPipeline, type YamlCi } from './yaml-pipelines.js';

/** The CIs that there are pipelines for. */
export type Ci = YamlCi | 'jenkins' | 'shell';

export const CIS: Ci[] = [
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'bitbucket-pipelines',
  'circleci',
  'jenkins',
  'shell',
];

/**
 * A pipeline that installs the CLI and this plugin, logs in with the key in the CI's secret, works, and always logs out.
 *
 * @throws Failure `value_unprintable`
 */
export async function pipelineFor(ci: Ci, wish: Wish): Promise<string> {
  if (wish.fleet === undefined) {
    checkPrintable('target-org', wish.login.username);
    checkPrintable('client-id', wish.login.clientId);
    checkPrintable('instance-url', wish.login.instanceUrl);
  } else {
    checkPrintable('fleet', wish.fleet.file);
  }
  if (ci === 'jenkins') return jenkinsfile(wish);
  return ci === 'shell' ? shellScript(wish) : yamlPipeline(ci, wish);
}

import { Failure } from '../../failure.js';
import { azurePipelines } from './azure-pipelines.js';
import { bitbucketPipelines } from './bitbucket-pipelines.js';
import { circleci } from './circleci.js';
import { githubActions } from './github-actions.js';
import { gitlabCi } from './gitlab-ci.js';
import { jenkinsfile } from './jenkins.js';
import { loginWithOf } from './job.js';
import type { Pipeline, PipelineRequest } from './request.js';
import { shellScript } from './shell.js';
import { isSignerCi, SIGNER_CIS } from './signer.js';
import { text } from './text.js';
import { checkPrintable } from './word.js';
import { printYaml } from './yaml.js';

/**
 * A pipeline that installs the CLI and this plugin, each in one version, logs in with the key in the CI's secret, does its
 * jobs, and always logs out. Pure but for its texts: what it needs to know is in the request.
 *
 * @throws Failure `value_unprintable`, `secret_name_illegal`, `snippet_signer_ci`, `snippet_signer_sf`, `snippet_signer_rotate`, and
 *   `plugin_not_installable` where a fleet, a rotation or a signer would have to do without the plugin
 */
export async function pipelineFor(request: PipelineRequest): Promise<Pipeline> {
  check(request);
  const place = placeOf(request);
  const header = [headerOf(request), ...lossOf(request)].join('\n');
  return { content: await contentOf(request, header), place, loginWith: loginWithOf(request) };
}

function headerOf(request: PipelineRequest): string {
  if (request.signer !== undefined) return text('comment.header.signer', [placeText(request), request.signer.uri]);
  return text('comment.header', [placeText(request), request.secretName]);
}

/** Path in the repository at which the CI looks for the pipeline; a workflow and a script are named for their one job. */
export function placeOf({ ci, jobs }: Pick<PipelineRequest, 'ci' | 'jobs'>): string {
  const name = jobs === undefined ? 'deploy' : jobs.length === 1 ? jobs[0]! : 'salesforce';
  switch (ci) {
    case 'github-actions':
      return `.github/workflows/${name}.yml`;
    case 'gitlab-ci':
      return '.gitlab-ci.yml';
    case 'azure-pipelines':
      return 'azure-pipelines.yml';
    case 'bitbucket-pipelines':
      return 'bitbucket-pipelines.yml';
    case 'circleci':
      return '.circleci/config.yml';
    case 'jenkins':
      return 'Jenkinsfile';
    case 'shell':
      return `${name}.sh`;
  }
}

/** The place in words. */
export function placeText(request: PipelineRequest): string {
  const place = placeOf(request);
  return request.ci === 'shell' ? text('place.shell', [place]) : place;
}

/** What a pipeline lacks that logs in by the CLI's own command, and why it does so; nothing where the plugin logs in. */
export function lossOf(request: PipelineRequest): string[] {
  if (loginWithOf(request) === 'jwt') return [];
  const { plugin, loginWith } = request;
  const why = loginWith === 'sf' || plugin.kind !== 'none' ? 'chosen' : plugin.why;
  return [text(`loss.${why}`), text('loss')];
}

function check(request: PipelineRequest): void {
  const { plugin } = request;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(request.secretName) || /^GITHUB_/i.test(request.secretName))
    throw new Failure('secret_name_illegal', { name: request.secretName });
  if (request.fleet === undefined) {
    checkPrintable('target-org', request.login.username);
    checkPrintable('client-id', request.login.clientId);
    checkPrintable('instance-url', request.login.instanceUrl);
  } else {
    checkPrintable('fleet', request.fleet.file);
  }
  checkSigner(request);
  const needs = needOfPlugin(request);
  if (needs !== undefined && (loginWithOf(request) === 'sf' || plugin.kind === 'none'))
    throw new Failure('plugin_not_installable', { needs });
}

/** What a signer rules out. */
function checkSigner({ signer, ci, jobs = [], loginWith }: PipelineRequest): void {
  if (signer === undefined) return;
  if (!isSignerCi(ci)) throw new Failure('snippet_signer_ci', { ci, cis: SIGNER_CIS.join(', ') });
  if (loginWith === 'sf') throw new Failure('snippet_signer_sf', {});
  if (jobs.includes('rotate')) throw new Failure('snippet_signer_rotate', {});
}

/** The flag that asks for what the CLI alone can't do. */
function needOfPlugin({ fleet, jobs, loginWith, signer }: PipelineRequest): string | undefined {
  if (fleet !== undefined) return '--orgs-file';
  if (signer !== undefined) return '--signer';
  if (jobs.includes('rotate')) return '--job rotate';
  return loginWith === 'jwt' ? '--login-with jwt' : undefined;
}

async function contentOf(request: PipelineRequest, header: string): Promise<string> {
  switch (request.ci) {
    case 'github-actions':
      return printYaml(githubActions(request), header);
    case 'gitlab-ci':
      return printYaml(gitlabCi(request), header);
    case 'azure-pipelines':
      return printYaml(azurePipelines(request), header);
    case 'bitbucket-pipelines':
      return printYaml(bitbucketPipelines(request), header);
    case 'circleci':
      return printYaml(circleci(request), header);
    case 'jenkins':
      return jenkinsfile(request, header);
    case 'shell':
      return shellScript(request, header);
  }
}

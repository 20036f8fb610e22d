import { WRITER_SECRET } from './rotation.js';
import type { Ci, PipelineRequest } from './request.js';
import { CIRCLECI_CONTEXT } from './surroundings.js';
import { text } from './text.js';

/** A secret that the pipeline reads, and how it gets into the CI. */
export type Secret = {
  /** Name of the secret. */
  name: string;
  /** What it holds and where it belongs. */
  description: string;
  /** Shell command that creates it, for CIs that have one. Words in upper case are to be replaced. */
  command?: string;
};

/** Most CIs keep or mask a secret of one line only; `grant` takes the key in base64 as well. */
const IN_ONE_LINE = "base64 | tr -d '\\n'";

/**
 * The secrets of a pipeline: the key, and what a rotation needs to write it.
 *
 * @param printKey the command that prints the private key
 */
export function secretsOf(request: PipelineRequest, printKey: string): Secret[] {
  const { ci, secretName: name, signer } = request;
  if (signer !== undefined) return [];
  const command = commandFor(ci, name, printKey);
  const key = { name, description: text(`secret.${ci}`, [name]), ...(command === undefined ? {} : { command }) };
  if (request.fleet !== undefined || !request.jobs.includes('rotate')) return [key];
  const writer = ci === 'shell' ? 'SF_JWT_STORE_KEY' : ci === 'azure-pipelines' ? 'System.AccessToken' : WRITER_SECRET;
  return [key, { name: writer, description: text(`writer.${ci}`) }];
}

/** Each of these commands reads the secret from standard input or the environment, where no other user sees it. */
function commandFor(ci: Ci, name: string, printKey: string): string | undefined {
  switch (ci) {
    case 'github-actions':
      return `${printKey} | gh secret set ${name}`;
    case 'gitlab-ci':
      return `${printKey} | ${IN_ONE_LINE} | glab variable set ${name} --masked`;
    case 'azure-pipelines':
      return [
        `AZURE_DEVOPS_EXT_PIPELINE_VAR_${name}="$(${printKey} | ${IN_ONE_LINE})"`,
        `az pipelines variable create --name ${name} --secret true --pipeline-name PIPELINE`,
      ].join(' ');
    case 'circleci':
      return `${printKey} | ${IN_ONE_LINE} | circleci context store-secret --org-id ORG_ID ${CIRCLECI_CONTEXT} ${name}`;
    case 'shell':
      return `export ${name}="$(${printKey})"`;
    case 'bitbucket-pipelines':
    case 'jenkins':
      return undefined;
  }
}

import { SECRET } from './job.js';
import type { Ci } from './pipeline.js';
import { text } from './text.js';
import { CIRCLECI_CONTEXT } from './yaml-pipelines.js';

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
 * @param printKey the command that prints the private key
 */
export function secretsOf(ci: Ci, printKey: string): Secret[] {
  const command = commandFor(ci, printKey);
  return [{ name: SECRET, description: text(`secret.${ci}`), ...(command === undefined ? {} : { command }) }];
}

/** Each of these commands reads the secret from standard input or the environment, where no other user sees it. */
function commandFor(ci: Ci, printKey: string): string | undefined {
  switch (ci) {
    case 'github-actions':
      return `${printKey} | gh secret set ${SECRET}`;
    case 'gitlab-ci':
      return `${printKey} | ${IN_ONE_LINE} | glab variable set ${SECRET} --masked`;
    case 'azure-pipelines':
      return [
        `AZURE_DEVOPS_EXT_PIPELINE_VAR_${SECRET}="$(${printKey} | ${IN_ONE_LINE})"`,
        `az pipelines variable create --name ${SECRET} --secret true --pipeline-name PIPELINE`,
      ].join(' ');
    case 'circleci':
      return `${printKey} | ${IN_ONE_LINE} | circleci context store-secret --org-id ORG_ID ${CIRCLECI_CONTEXT} ${SECRET}`;
    case 'shell':
      return `export ${SECRET}="$(${printKey})"`;
    case 'bitbucket-pipelines':
    case 'jenkins':
      return undefined;
  }
}

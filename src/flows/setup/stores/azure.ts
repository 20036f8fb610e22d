import { shellQuote } from '../../../terminal/shell-quote.js';
import { IN_ONE_LINE, type SecretStore, type StoreDependencies, type StoreRequest } from './store.js';
import { isRecord, jsonOf, runTool, type Tool } from './tool.js';

const AZ: Tool = {
  name: 'az',
  logIn: 'az extension add --name azure-devops && az login',
  url: 'https://learn.microsoft.com/cli/azure/install-azure-cli',
  isLoggedOut: ({ stderr }) => /az login|az devops login|run the login command/i.test(stderr),
  isIncomplete: ({ stderr }) => /'pipelines' is misspelled/i.test(stderr),
};

/**
 * Secret variables of a pipeline in Azure DevOps, by `az` and its extension. It takes the value from the environment, which
 * only the same user can see, and prints values back unless it's told not to.
 *
 * @see https://learn.microsoft.com/cli/azure/pipelines/variable
 */
export function azureStore(
  { repository, secretName }: StoreRequest,
  { run }: Pick<StoreDependencies, 'run'>,
): SecretStore {
  const [organization = '', project = '', pipeline = ''] = repository.split('/');
  const ofPipeline = [
    ...['--organization', `https://dev.azure.com/${organization}`],
    ...['--project', project, '--pipeline-name', pipeline],
  ];
  const variable = `AZURE_DEVOPS_EXT_PIPELINE_VAR_${secretName}`;
  const asSecret = ['--name', secretName, '--secret', 'true', '--output', 'none'];
  return {
    where: repository,
    tool: AZ.name,
    find: async () => {
      const words = ['pipelines', 'variable', 'list', ...ofPipeline, '--output', 'json'];
      const listed = jsonOf(AZ, 'pipelines variable list', await runTool(run, AZ, words));
      const names = isRecord(listed) ? Object.keys(listed) : [];
      const exists = names.some((name) => name.toUpperCase() === secretName.toUpperCase());
      return [{ name: 'pipeline variables', exists, unsaid: listed === undefined }];
    },
    set: async (value, { exists }) => {
      const verb = exists ? ['update', '--prompt-value', 'true'] : ['create'];
      const words = ['pipelines', 'variable', ...verb, ...asSecret, ...ofPipeline];
      await runTool(run, AZ, words, { env: { [variable]: value } });
    },
    byHand: (printKey) => [
      `${variable}="$(${printKey} | ${IN_ONE_LINE})" az pipelines variable create ${[...asSecret, ...ofPipeline]
        .map((word) => shellQuote(word))
        .join(' ')}`,
    ],
  };
}

import { shellQuote } from '../../../terminal/shell-quote.js';
import { IN_ONE_LINE, type SecretStore, type StoreDependencies, type StoreRequest } from './store.js';
import { jsonOf, recordsOf, runTool, textOf, type Tool } from './tool.js';

const GLAB: Tool = {
  name: 'glab',
  logIn: 'glab auth login',
  url: 'https://gitlab.com/gitlab-org/cli',
  isLoggedOut: ({ stderr, stdout }) => /401 Unauthorized|HTTP 401|glab auth login/i.test(stderr + stdout),
};

/**
 * CI/CD variables of a project on GitLab, by `glab`. Masked, so on one line; raw, so that no `$` is expanded.
 *
 * @see https://docs.gitlab.com/cli/variable/set/
 */
export function gitLabStore(
  { repository, secretName }: StoreRequest,
  { run }: Pick<StoreDependencies, 'run'>,
): SecretStore {
  const ofProject = ['--repo', repository];
  return {
    where: repository,
    tool: GLAB.name,
    find: async () => {
      const words = ['variable', 'list', '-F', 'json', '--per-page', '100', ...ofProject];
      const answer = jsonOf(GLAB, 'variable list', await runTool(run, GLAB, words));
      const exists = recordsOf(answer).some(({ key }) => textOf(key) === secretName);
      return [{ name: 'CI/CD variables', exists, unsaid: answer === undefined }];
    },
    set: async (value, { exists }) => {
      const words = ['variable', exists ? 'update' : 'set', secretName, '--masked', '--raw', ...ofProject];
      await runTool(run, GLAB, words, { input: value });
    },
    byHand: (printKey) => [
      `${printKey} | ${IN_ONE_LINE} | glab variable set ${secretName} --masked --raw --repo ${shellQuote(repository)}`,
    ],
  };
}

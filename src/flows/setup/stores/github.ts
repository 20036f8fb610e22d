import { shellQuote } from '../../../terminal/shell-quote.js';
import type { SecretPlace, SecretStore, StoreDependencies, StoreRequest } from './store.js';
import { jsonOf, recordsOf, runTool, textOf, type Tool } from './tool.js';

const GH: Tool = {
  name: 'gh',
  logIn: 'gh auth login',
  url: 'https://cli.github.com',
  isLoggedOut: ({ status, stderr }) => status === 4 || /gh auth login|HTTP 401|Bad credentials/i.test(stderr),
};

const APPS = { actions: 'Actions', dependabot: 'Dependabot' } as const;

/**
 * Secrets of a repository on GitHub, by `gh`. Dependabot has a store of its own, from which alone the workflows take what
 * Dependabot starts.
 *
 * @see https://cli.github.com/manual/gh_secret_set
 */
export function gitHubStore(
  { repository, secretName, dependabot }: StoreRequest,
  { run }: Pick<StoreDependencies, 'run'>,
): SecretStore {
  const apps = dependabot ? (['actions', 'dependabot'] as const) : (['actions'] as const);
  const appOf = ({ name }: SecretPlace) => (name === APPS.dependabot ? 'dependabot' : 'actions');
  const find = async (app: keyof typeof APPS): Promise<SecretPlace> => {
    const words = ['secret', 'list', '--repo', repository, '--app', app, '--json', 'name,updatedAt'];
    const answer = jsonOf(GH, 'secret list', await runTool(run, GH, words));
    if (answer === undefined) return { name: APPS[app], exists: false, unsaid: true };
    const listed = recordsOf(answer);
    const found = listed.find(({ name }) => textOf(name)?.toUpperCase() === secretName.toUpperCase());
    return { name: APPS[app], exists: found !== undefined, updatedAt: textOf(found?.['updatedAt']) };
  };
  return {
    where: repository,
    tool: GH.name,
    find: async () => {
      const places: SecretPlace[] = [];
      for (const app of apps) places.push(await find(app));
      return places;
    },
    set: async (value, place) => {
      await runTool(run, GH, ['secret', 'set', secretName, '--repo', repository, '--app', appOf(place)], {
        input: value,
      });
    },
    byHand: (printKey) =>
      apps.map((app) => `${printKey} | gh secret set ${secretName} --repo ${shellQuote(repository)} --app ${app}`),
  };
}

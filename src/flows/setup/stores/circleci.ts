import { Failure } from '../../../failure.js';
import { keepSecret } from '../../../keys/secrets.js';
import { CIRCLECI_CONTEXT } from '../../snippet/surroundings.js';
import { askApi, PAGES, type Api } from './api.js';
import { IN_ONE_LINE, type SecretStore, type StoreDependencies, type StoreRequest } from './store.js';
import { isRecord, recordsOf, textOf } from './tool.js';

const LOG_IN = 'export CIRCLECI_CLI_TOKEN=…, a personal API token from https://app.circleci.com/settings/user/tokens';

/**
 * A variable in a context of CircleCI, by its API, which unlike its tool says what is there. The context is made where it
 * doesn't exist.
 *
 * @see https://circleci.com/docs/api/v2/#tag/Context
 */
export function circleCiStore(
  { repository, secretName }: StoreRequest,
  { environment, ...network }: Pick<StoreDependencies, 'environment' | 'fetch' | 'timeout'>,
): SecretStore {
  const owner = repository.split('/').slice(0, 2).join('/');
  const ask = (method: 'GET' | 'POST' | 'PUT', path: string, body?: Record<string, unknown>): Promise<unknown> =>
    askApi(apiOf(environment), method, path, network, body);
  const contextId = async (): Promise<string | undefined> => {
    let page = '';
    for (let read = 0; read < PAGES; read += 1) {
      const answer = await ask('GET', `/context?owner-slug=${encodeURIComponent(owner)}${page}`);
      const found = isRecord(answer)
        ? recordsOf(answer['items']).find(({ name }) => name === CIRCLECI_CONTEXT)
        : undefined;
      const next = isRecord(answer) ? textOf(answer['next_page_token']) : undefined;
      if (found !== undefined || !next) return textOf(found?.['id']);
      page = `&page-token=${encodeURIComponent(next)}`;
    }
    return undefined;
  };
  return {
    where: `${owner}, ${CIRCLECI_CONTEXT}`,
    tool: 'CircleCI',
    find: async () => {
      const id = await contextId();
      const name = 'context';
      if (id === undefined) return [{ name, exists: false }];
      const answer = await ask('GET', `/context/${encodeURIComponent(id)}/environment-variable`);
      const listed = isRecord(answer) ? recordsOf(answer['items']) : [];
      const found = listed.find(({ variable }) => variable === secretName);
      return [{ name, exists: found !== undefined, updatedAt: textOf(found?.['updated_at']), id }];
    },
    set: async (value, place) => {
      const owned = { slug: owner, type: 'organization' };
      const made = async () => ask('POST', '/context', { name: CIRCLECI_CONTEXT, owner: owned });
      const id = place.id ?? idOf(await made());
      const path = `/context/${encodeURIComponent(id)}/environment-variable/${encodeURIComponent(secretName)}`;
      await ask('PUT', path, { value });
    },
    byHand: (printKey) => [
      `${printKey} | ${IN_ONE_LINE} | circleci context store-secret --org-id ORG_ID ${CIRCLECI_CONTEXT} ${secretName}`,
    ],
  };
}

function idOf(context: unknown): string {
  const id = isRecord(context) ? textOf(context['id']) : undefined;
  if (id === undefined)
    throw new Failure('ci_tool_refused', { tool: 'CircleCI', command: 'POST /context', words: '-' });
  return id;
}

/** @throws Failure `ci_tool_not_logged_in` */
function apiOf({ CIRCLECI_CLI_TOKEN, CIRCLE_TOKEN, CIRCLECI_CLI_HOST }: NodeJS.ProcessEnv): Api {
  const token = CIRCLECI_CLI_TOKEN || CIRCLE_TOKEN;
  if (!token) throw new Failure('ci_tool_not_logged_in', { tool: 'CircleCI', logIn: LOG_IN, words: '-' });
  keepSecret(token);
  const host = (CIRCLECI_CLI_HOST || 'https://circleci.com').replace(/\/+$/, '');
  return { name: 'CircleCI', url: `${host}/api/v2`, headers: { 'circle-token': token }, logIn: LOG_IN };
}

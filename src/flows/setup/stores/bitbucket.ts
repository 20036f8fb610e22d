import { Failure } from '../../../failure.js';
import { keepSecret } from '../../../keys/secrets.js';
import { askApi, PAGES, type Api } from './api.js';
import type { SecretPlace, SecretStore, StoreDependencies, StoreRequest } from './store.js';
import { isRecord, recordsOf, textOf } from './tool.js';

const API = 'https://api.bitbucket.org/2.0';
const LOG_IN = 'export BITBUCKET_TOKEN=…, or BITBUCKET_USERNAME=… and BITBUCKET_APP_PASSWORD=…';

/**
 * Secured variables of a repository on Bitbucket, by its API: it has no tool. The token needs the scopes for variables of
 * pipelines.
 *
 * @see https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pipelines/
 */
export function bitbucketStore(
  { repository, secretName }: StoreRequest,
  { environment, ...network }: Pick<StoreDependencies, 'environment' | 'fetch' | 'timeout'>,
): SecretStore {
  const variables = `/repositories/${repository}/pipelines_config/variables/`;
  const ask = (method: 'GET' | 'POST' | 'PUT', path: string, body?: Record<string, unknown>): Promise<unknown> =>
    askApi(apiOf(environment), method, path, network, body);
  return {
    where: repository,
    tool: 'Bitbucket',
    find: async () => {
      for (let page = 1; page <= PAGES; page++) {
        const answer = await ask('GET', `${variables}?pagelen=100&page=${page}`);
        const values = isRecord(answer) ? recordsOf(answer['values']) : [];
        const found = values.find(({ key }) => textOf(key) === secretName);
        if (found !== undefined) return [placeOf(true, textOf(found['uuid']))];
        if (!isRecord(answer) || textOf(answer['next']) === undefined) break;
      }
      return [placeOf(false)];
    },
    set: async (value, { exists, id }) => {
      const variable = { key: secretName, value, secured: true };
      if (exists && id !== undefined) await ask('PUT', `${variables}${encodeURIComponent(id)}`, variable);
      else await ask('POST', variables, variable);
    },
    byHand: () => [],
  };
}

const placeOf = (exists: boolean, id?: string): SecretPlace => ({
  name: 'repository variables',
  exists,
  ...(id === undefined ? {} : { id }),
});

/** @throws Failure `ci_tool_not_logged_in` */
function apiOf(environment: NodeJS.ProcessEnv): Api {
  const { BITBUCKET_TOKEN: token, BITBUCKET_USERNAME: user, BITBUCKET_APP_PASSWORD: password } = environment;
  const secret = token || password;
  if (!secret || (!token && !user)) {
    throw new Failure('ci_tool_not_logged_in', { tool: 'Bitbucket', logIn: LOG_IN, words: '-' });
  }
  keepSecret(secret);
  const authorization = token
    ? `Bearer ${token}`
    : `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`;
  keepSecret(authorization);
  return { name: 'Bitbucket', url: API, headers: { authorization }, logIn: LOG_IN };
}

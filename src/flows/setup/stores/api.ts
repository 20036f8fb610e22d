import { Failure } from '../../../failure.js';
import { reasonOf, startOf } from '../../../salesforce/token/endpoint.js';
import type { StoreDependencies } from './store.js';

/** Bytes of an answer that are read: a page of a hundred variables has some ten thousand. */
const LONGEST_ANSWER = 1024 * 1024;

/** Pages of a list that are read; whoever has more of it has something else to mend. */
export const PAGES = 50;

/** An API of a CI, and who asks it. */
export type Api = {
  /** As messages name it */
  name: string;
  /** Without a slash at its end */
  url: string;
  headers: Record<string, string>;
  /** Which variables hold the token, for whoever has none */
  logIn: string;
};

/**
 * One request, and the body of its answer.
 *
 * @param path begins with a slash; a whole URL is taken where the API named one itself
 * @throws Failure `ci_tool_not_logged_in` for 401, `ci_tool_refused`
 */
export async function askApi(
  { name, url, headers, logIn }: Api,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  { fetch, timeout }: Pick<StoreDependencies, 'fetch' | 'timeout'>,
  body?: Record<string, unknown>,
): Promise<unknown> {
  const refused = (words: string): Failure =>
    new Failure('ci_tool_refused', { tool: name, command: `${method} ${path}`, words });
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, 'accept': 'application/json', 'content-type': 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await startOf(response.body, LONGEST_ANSWER);
  } catch (error) {
    throw refused(reasonOf(error));
  }
  const words = `HTTP ${response.status} ${text.slice(0, 300)}`.trim();
  if (response.status === 401) throw new Failure('ci_tool_not_logged_in', { tool: name, logIn, words });
  if (!response.ok) throw refused(words);
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    throw refused(words);
  }
}

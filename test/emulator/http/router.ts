import type { Deployments } from '../metadata/deployments.js';
import type { Retrievals } from '../metadata/retrievals.js';
import type { Session, User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { type HttpReply, type HttpRequest, json, restError } from './message.js';

export interface Call {
  state: OrgState;
  deployments: Deployments;
  retrievals: Retrievals;
  request: HttpRequest;
  /** Named groups of the route's pattern. */
  params: Record<string, string>;
}

export interface AuthorizedCall extends Call {
  session: Session;
  user: User;
  /** `62.0` */
  apiVersion: string;
}

export interface Route {
  method: string;
  pattern: RegExp;
  handle(call: Call): HttpReply | Promise<HttpReply>;
}

/** `/services/data/v:version/query` and the like; `:name` is one path segment, `*` the rest. */
function compile(path: string): RegExp {
  const source = path
    .replaceAll('.', '\\.')
    .replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}/?$`);
}

export function open(method: string, path: string, handle: Route['handle']): Route {
  return { method, pattern: compile(path), handle };
}

/** A resource of the REST API: below `/services/data/vXX.0`, with a session that may use the API. */
export function rest(
  method: string,
  path: string,
  handle: (call: AuthorizedCall) => HttpReply | Promise<HttpReply>,
): Route {
  return open(method, `/services/data/v:version${path}`, (call) => {
    const authorized = authorize(call);
    return 'status' in authorized ? authorized : handle(authorized);
  });
}

function authorize(call: Call): AuthorizedCall | HttpReply {
  const { state, params } = call;
  const apiVersion = params['version'] ?? '';
  if (!isServed(state, apiVersion)) return restError(404, 'NOT_FOUND', 'The requested resource does not exist');
  const session = bearerSession(call);
  const user = session && state.userById(session.userId);
  if (!session || !user) return restError(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
  if (!session.scopes.some((scope) => scope === 'api' || scope === 'full')) {
    return restError(403, 'INVALID_SESSION_ID', 'This session is not valid for use with the REST API');
  }
  if (!state.hasPermission(user, 'ApiEnabled')) {
    return restError(403, 'API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner');
  }
  return { ...call, session, user, apiVersion };
}

export function isServed(state: OrgState, version: string): boolean {
  return /^\d+\.0$/.test(version) && Number(version) >= 20 && Number(version) <= state.switches.maxApiVersion;
}

export function bearerSession({ state, request }: Call): Session | undefined {
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
  return /^(bearer|oauth)$/i.test(scheme) ? state.liveSession(token) : undefined;
}

/** The first route that fits; a request without one is a gap in this org, not an answer of the platform. */
export async function dispatch(routes: readonly Route[], call: Omit<Call, 'params'>): Promise<HttpReply | undefined> {
  const { method, path } = call.request;
  for (const route of routes) {
    const match = route.method === method || route.method === '*' ? route.pattern.exec(path) : null;
    if (!match) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    return route.handle({ ...call, params });
  }
  return undefined;
}

export function notImplemented({ method, path }: HttpRequest): HttpReply {
  return json(501, [
    { errorCode: 'LOCAL_ORG_UNKNOWN_REQUEST', message: `The local org does not implement ${method} ${path}` },
  ]);
}

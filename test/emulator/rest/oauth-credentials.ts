import { newConsumerKey, newConsumerSecret } from '../metadata/consumer-key.js';
import { Draft } from '../metadata/draft.js';
import { empty, type HttpReply, json, jsonBody, ReplyError, restError } from '../http/message.js';
import { type AuthorizedCall, rest, type Route } from '../http/router.js';
import { type App, appsOf, satellite } from '../model/apps.js';
import type { Consumer } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { consumerOf } from '../model/reconcile.js';

const BASE = '/apps/oauth/credentials/:identifier';

interface Staged {
  id: string;
  key: string;
  secret: string;
}

const staged = new WeakMap<Consumer, Staged>();

/** "External Client App OAuth Credentials" of the REST API; off unless the org setting and the permissions are there. */
export const oauthCredentialRoutes: readonly Route[] = [
  rest('GET', '/apps/oauth/usage', (call) => guarded(call, () => json(200, { apps: ecas(call.state).map(usage) }))),
  rest('GET', BASE, (call) =>
    guarded(call, () => {
      const { app, consumer } = find(call);
      const url = `${path(call, app)}/${consumer.id}`;
      const entry = { id: consumer.id, key: null, name: app.label, stagedCredentialsUrl: `${url}/staged`, url };
      return json(200, { consumers: [entry], currentPageUrl: path(call, app), nextPageUrl: null });
    }),
  ),
  rest('GET', `${BASE}/:consumer`, (call) =>
    guarded(call, () => {
      const { app, consumer } = find(call);
      const shown =
        call.request.query.get('part') === 'keyandsecret' ? { key: consumer.key, secret: consumer.secret } : {};
      return json(200, { ...shown, id: consumer.id, url: `${path(call, app)}/${consumer.id}` });
    }),
  ),
  rest('GET', `${BASE}/:consumer/staged`, (call) =>
    guarded(call, () =>
      json(200, { stagedCredentials: [staged.get(find(call).consumer)].filter((entry) => entry !== undefined) }),
    ),
  ),
  rest('POST', `${BASE}/:consumer/staged`, (call) => guarded(call, () => stage(find(call).consumer, call.state))),
  rest('PATCH', `${BASE}/:consumer/staged/:staged`, (call) => guarded(call, () => rotate(call))),
  rest('DELETE', `${BASE}/:consumer/staged/:staged`, (call) =>
    guarded(call, () => empty(staged.delete(find(call).consumer) ? 204 : 404)),
  ),
];

function guarded(call: AuthorizedCall, answer: () => HttpReply): HttpReply {
  const { state, user } = call;
  if (state.switches.oauthCredentialsApi === 'disabled') {
    return restError(403, 'FUNCTIONALITY_NOT_ENABLED', 'This feature is not currently enabled for this user.');
  }
  if (!state.hasPermission(user, 'ViewClientSecret')) {
    return restError(403, 'FUNCTIONALITY_NOT_ENABLED', 'This feature is not enabled for this user.');
  }
  return answer();
}

function ecas(state: OrgState): App[] {
  return appsOf(state).filter(({ kind }) => kind === 'external-client-app');
}

const usage = ({ name, id, label }: App): object => ({ developerName: name, identifier: id, label });

function find(call: AuthorizedCall): { app: App; consumer: Consumer } {
  const app = ecas(call.state).find(({ id }) => id === call.params['identifier']);
  const consumer = app && consumerOf(call.state, app);
  const wanted = call.params['consumer'];
  if (!app || !consumer || (wanted !== undefined && wanted !== consumer.id)) {
    throw new ReplyError(restError(404, 'NOT_FOUND', 'The requested resource does not exist'));
  }
  return { app, consumer };
}

function path({ apiVersion }: AuthorizedCall, app: App): string {
  return `/services/data/v${apiVersion}/apps/oauth/credentials/${app.id}`;
}

function stage(consumer: Consumer, state: OrgState): HttpReply {
  if (staged.has(consumer))
    return restError(400, 'DUPLICATE_VALUE', 'Only one staged credential is allowed at a time.');
  const credential = { id: state.ids.next('stagedCredentials'), key: newConsumerKey(), secret: newConsumerSecret() };
  staged.set(consumer, credential);
  return json(201, credential);
}

function rotate(call: AuthorizedCall): HttpReply {
  const { app, consumer } = find(call);
  const credential = staged.get(consumer);
  if (!credential || credential.id !== call.params['staged'] || jsonBody(call.request)['command'] !== 'rotate') {
    return restError(404, 'NOT_FOUND', 'The requested resource does not exist');
  }
  const settings = satellite(call.state, 'ExtlClntAppGlobalOauthSettings', app.name);
  if (!settings) return restError(404, 'NOT_FOUND', 'The requested resource does not exist');
  const draft = new Draft(call.state, call.user);
  const { key: consumerKey, secret: consumerSecret } = credential;
  draft.save(settings.type, settings.fullName, { ...settings.fields, consumerKey, consumerSecret });
  draft.commit();
  staged.delete(consumer);
  return json(200, { id: consumer.id, key: consumerKey });
}

import { type App, appsOf } from '../model/apps.js';
import type { Consumer } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import type { PropagationAnswer } from '../switches.js';
import { type OauthError, refusal } from './errors.js';
import type { TokenHost } from './hosts.js';

export interface KnownClient {
  state: OrgState;
  consumer: Consumer;
  app: App;
}

/** Finds the client at an org's own hosts. A key that belongs to another org's External Client App is told apart. */
export function findClient(state: OrgState, clientId: string): KnownClient {
  const consumer = state.consumers.find(({ key }) => key === clientId);
  const app = consumer && appOf(state, consumer);
  if (!consumer || !app) {
    const owner = state.registry.ownerOf(clientId);
    throw owner?.kind === 'external-client-app' ? foreign(state) : refusal.clientIdentifier();
  }
  const pending = propagationAnswer(state, consumer);
  if (pending) throw pending;
  return { state, consumer, app };
}

function foreign({ switches: { foreignApp } }: OrgState): OauthError {
  return foreignApp === 'app_not_found' ? refusal.appNotFound() : refusal.crossOrg();
}

/**
 * The generic hosts know Connected Apps of every org of their kind. Of External Client Apps, login.salesforce.com knows
 * those of orgs that are neither sandboxes nor scratch orgs.
 */
export function findClientAnywhere(orgs: readonly OrgState[], host: TokenHost, clientId: string): KnownClient {
  const state = orgs.find(({ consumers }) => consumers.some(({ key }) => key === clientId));
  const owner = orgs.map(({ registry }) => registry.ownerOf(clientId)).find((entry) => entry !== undefined);
  if (owner?.kind === 'external-client-app') return findExternalClientApp(state, host, clientId);
  if (!state || state.isSandboxLike !== (host.kind === 'test')) throw refusal.clientIdentifier();
  return findClient(state, clientId);
}

function findExternalClientApp(state: OrgState | undefined, host: TokenHost, clientId: string): KnownClient {
  if (state === undefined || host.kind !== 'login' || state.switches.ecaAtLoginHosts === 'nowhere') {
    throw refusal.appNotFound();
  }
  if (state.identity.kind === 'scratch') throw refusal.notApproved();
  if (state.isSandboxLike) throw refusal.appNotFound();
  return findClient(state, clientId);
}

function appOf(state: OrgState, consumer: Consumer): App | undefined {
  return appsOf(state).find(({ kind, name }) => kind === consumer.kind && name === consumer.appName);
}

const ANSWERS: Record<PropagationAnswer, () => OauthError> = {
  invalid_client_id: refusal.clientIdentifier,
  app_not_found: refusal.appNotFound,
  not_approved: refusal.notApproved,
  invalid_app_access: refusal.notAdminApproved,
};

/** While a new app spreads, its answers change one after the other over the whole delay. */
function propagationAnswer(state: OrgState, { createdAt, visibleAt }: Consumer): OauthError | undefined {
  const now = state.clock.elapsed();
  if (now >= visibleAt) return undefined;
  const answers = state.switches.propagationAnswers;
  const index = Math.floor(((now - createdAt) / (visibleAt - createdAt)) * answers.length);
  const answer = answers[Math.min(Math.max(index, 0), answers.length - 1)] ?? 'invalid_client_id';
  return ANSWERS[answer]();
}

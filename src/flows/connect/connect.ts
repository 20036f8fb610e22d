import type { Connection } from '@salesforce/core';
import { adapterFor } from '../../salesforce/app/app-adapter.js';
import { appByClientId } from '../../salesforce/app/app-by-client-id.js';
import { readCertificate } from '../../keys/credential/certificate.js';
import { Failure, isFailure } from '../../failure.js';
import { steady } from '../../salesforce/app/read.js';
import { missingPermissions, speaksOfAccess } from '../../salesforce/org/permissions.js';
import type { StoredLogin } from '../../machine/store/stored-logins.js';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import type { AskedOrg } from '../../salesforce/org/refusal.js';
import { outdatedLogins } from '../outdated-logins.js';
import { apply, deployChanges } from './apply.js';
import type { Connected, Reconciled } from './connected.js';
import type { ApplyState, ConnectDependencies } from './dependencies.js';
import { confirmLockout } from './lockout.js';
import { clientIdUnreadable, expectedOf, outcomeOf, unconfirmedChanges } from './outcome.js';
import { planChanges } from './plan.js';
import { prove, worthTheWait } from './prove.js';
import { readCurrentState } from './read.js';
import type { ConnectRequest } from './request.js';
import { afterRecordedDeployment, afterRunningDeployments, type Compared } from './wait.js';

/**
 * Reads the current state of the org, plans the difference to the desired one, and applies it: one deployment, then the
 * assignments, then a login as each user. A second run finds no difference and deploys nothing.
 *
 * @throws Failure for all that can be known before the deployment; what `deploy` throws; `client_id_unreadable`,
 *   `access_row_refused`, `app_vanished`, what `lastMeaningOfFailure` knows
 */
export async function connect(request: ConnectRequest, dependencies: ConnectDependencies): Promise<Connected> {
  const state: ApplyState = { name: request.app.name, deployId: undefined, deployed: false, clientId: undefined };
  try {
    const named = await withNameOfApp(request, dependencies.connection);
    state.name = named.app.name;
    const reconciled = await reconcile(named, dependencies, state);
    if (!request.dryRun) dependencies.record.remove();
    return { ...reconciled, appType: named.appType, outdated: await outdatedOf(reconciled, request, dependencies) };
  } catch (error) {
    const { connection } = dependencies;
    const org = { instanceUrl: connection.instanceUrl, username: connection.getUsername() ?? '' };
    const meaning = lastMeaningOfFailure(error, org);
    if (state.deployId !== undefined && !request.dryRun && !TELL_THE_STATE.some((code) => isFailure(meaning, code))) {
      dependencies.onPartlyApplied(state);
    }
    throw await withMissingPermissions(meaning, org, connection);
  }
}

async function outdatedOf(
  { name, clientId, status }: Reconciled,
  { app }: Pick<ConnectRequest, 'app'>,
  { connection, logIn }: Pick<ConnectDependencies, 'connection' | 'logIn'>,
): Promise<StoredLogin[]> {
  // No login is older than a new app.
  if (clientId === null || status === 'created') return [];
  const { orgId = '' } = connection.getAuthInfoFields();
  const certificates = [readCertificate(app.certificate.pem, app.name)];
  return outdatedLogins({ name, clientId, orgId, certificates }, (login) => logIn(login, 'nothing'));
}

/** Failures whose own text tells what became of the deployment. */
const TELL_THE_STATE = ['client_id_unreadable', 'deployment_lost', 'deployment_unfinished'] as const;

/** A client id alone names the app; its API name and its type are the org's to tell. */
async function withNameOfApp(request: ConnectRequest, connection: Connection): Promise<ConnectRequest> {
  const { nameGiven, clientId, app } = request;
  const found = nameGiven || clientId === undefined ? undefined : await appByClientId(connection, clientId);
  return found === undefined ? request : { ...request, appType: found.type, app: { ...app, name: found.name } };
}

async function reconcile(
  request: ConnectRequest,
  dependencies: ConnectDependencies,
  state: ApplyState,
): Promise<Reconciled> {
  const { connection } = dependencies;
  const adapter = adapterFor(request.appType);
  const readAndPlan = async (): Promise<Compared> => {
    const current = await steady(() => readCurrentState(request, adapter, dependencies));
    return { current, plan: await planChanges(request, adapter, current, dependencies) };
  };
  await afterRecordedDeployment(request, dependencies);
  const { current, plan, running } = await afterRunningDeployments(readAndPlan, request, dependencies);
  state.name = plan.wanted.name;
  await dependencies.onPlan(plan.changes, plan.whole);
  if (plan.changes.length > 0 && !request.dryRun && (await dependencies.confirm?.(plan.wanted.name)) === false)
    throw new Failure('change_declined', { name: plan.wanted.name });
  await confirmLockout(current, plan, request.usernames, dependencies);
  if (request.dryRun) {
    const check = running.length === 0 ? await deployChanges(plan, request, dependencies, state) : undefined;
    return expectedOf({ current, plan, running, deployId: check?.id }, request);
  }
  const applied = await apply({ current, plan, adapter }, request, dependencies, state);
  const { clientId, assignments, deployId } = applied;
  if (clientId === undefined) throw clientIdUnreadable({ current, plan }, assignments);
  const waitsFor = worthTheWait(current, plan, deployId);
  const users = await prove({ assignments, clientId, waitsFor }, request, dependencies);
  const refusedAccess = users.some(({ error }) => error !== undefined && speaksOfAccess(error));
  return {
    ...outcomeOf({ current, plan, deployId }),
    clientId,
    unconfirmed: deployId === undefined ? [] : unconfirmedChanges(plan, adapter, applied.app),
    profiles: applied.app.profiles,
    users,
    missingPermissions: refusedAccess ? await missingPermissions(connection) : [],
  };
}

/** A refusal for want of a permission, with the name of that permission where the org tells. */
async function withMissingPermissions(meaning: unknown, org: AskedOrg, connection: Connection): Promise<unknown> {
  const refused = isFailure(meaning, 'admin_permission_missing');
  const blamed = isFailure(meaning, 'deployment_failed') && speaksOfAccess(meaning.data.words);
  if (!refused && !blamed) return meaning;
  const missing = await missingPermissions(connection);
  if (missing.length === 0) return meaning;
  const words = meaning.data.words.replaceAll('\n', '; ');
  return new Failure('admin_permission_missing', { ...org, words, missing: missing.join(', ') }, { cause: meaning });
}

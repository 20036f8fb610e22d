import { parseCertificate } from '../metadata/certificate.js';
import { type App, appsOf } from './apps.js';
import type { Consumer } from './domain.js';
import { isValidId, sameId } from './ids.js';
import type { OrgState } from './org-state.js';

/**
 * Brings what metadata alone does not hold in line with it, after every committed change: OAuth consumers with the
 * certificates they accept (and from when), and the SetupEntityAccess rows that policies create.
 */
export function reconcile(state: OrgState): void {
  const apps = appsOf(state);
  dropOrphans(state, apps);
  for (const app of apps) {
    syncConsumer(state, app);
    syncAccess(state, app);
  }
}

function dropOrphans(state: OrgState, apps: App[]): void {
  const alive = (consumer: Consumer): boolean =>
    apps.some((app) => app.kind === consumer.kind && app.name === consumer.appName && app.consumerKey !== undefined);
  for (const consumer of state.consumers.filter((candidate) => !alive(candidate))) {
    state.consumers.splice(state.consumers.indexOf(consumer), 1);
    for (const { token, clientId } of [...state.sessions.values()]) {
      if (clientId === consumer.key) state.sessions.delete(token);
    }
  }
  const entities = new Set(apps.map(({ id }) => id));
  const permissionSets = new Set(state.componentsOf('PermissionSet').map(({ id }) => id));
  for (const { permissionSetId } of state.profiles) permissionSets.add(permissionSetId);
  state.accesses = state.accesses.filter(
    ({ entityId, parentId }) => entities.has(entityId) && permissionSets.has(parentId),
  );
  const kept = state.assignments.filter(({ permissionSetId }) => permissionSets.has(permissionSetId));
  state.assignments.splice(0, state.assignments.length, ...kept);
}

export function consumerOf(state: OrgState, app: Pick<App, 'kind' | 'name'>): Consumer | undefined {
  return state.consumers.find(({ kind, appName }) => kind === app.kind && appName === app.name);
}

function syncConsumer(state: OrgState, app: App): void {
  if (app.consumerKey === undefined) return;
  const now = state.clock.elapsed();
  let consumer = consumerOf(state, app);
  if (!consumer) {
    consumer = {
      id: state.ids.next('oauthConsumer'),
      kind: app.kind,
      appName: app.name,
      key: app.consumerKey,
      secret: app.consumerSecret ?? '',
      createdAt: now,
      visibleAt: now + state.switches.propagationMs,
      certificates: [],
    };
    state.consumers.push(consumer);
  }
  consumer.key = app.consumerKey;
  consumer.secret = app.consumerSecret ?? consumer.secret;
  state.registry.claim(consumer.key, state.orgId, app.kind);
  syncCertificate(state, consumer, app.certificate, now);
}

function syncCertificate(state: OrgState, consumer: Consumer, certificate: string | undefined, now: number): void {
  if (certificate === undefined) {
    consumer.certificates = [];
    return;
  }
  const x509 = parseCertificate(certificate);
  const latest = consumer.certificates.at(-1);
  if (latest?.x509.fingerprint256 === x509.fingerprint256) return;
  const activeFrom = latest ? now + state.switches.propagationMs : now;
  consumer.certificates.push({ text: certificate, x509, activeFrom });
}

function syncAccess(state: OrgState, app: App): void {
  const profiles = profileParents(state, app);
  const permissionSets = permissionSetParents(state, app);
  const named = new Set([...profiles, ...permissionSets]);
  state.accesses = state.accesses.filter(
    ({ entityId, parentId, fromPolicy }) => entityId !== app.id || !fromPolicy || named.has(parentId),
  );
  for (const parentId of state.switches.accessRowCreated ? named : profiles) {
    if (state.accesses.some((row) => row.entityId === app.id && row.parentId === parentId)) continue;
    addAccess(state, parentId, app.id, true);
  }
}

export function addAccess(state: OrgState, parentId: string, entityId: string, fromPolicy: boolean): string {
  const id = state.ids.next('setupEntityAccess');
  const effectiveAt = state.clock.elapsed() + state.switches.propagationMs;
  state.accesses.push({ id, parentId, entityId, fromPolicy, effectiveAt, createdAt: state.clock.now() });
  return id;
}

export function findPermissionSetId(state: OrgState, nameOrId: string): string | undefined {
  const byName = state.component('PermissionSet', nameOrId);
  if (byName) return byName.id;
  if (!isValidId(nameOrId)) return undefined;
  return state.componentsOf('PermissionSet').find(({ id }) => sameId(id, nameOrId))?.id;
}

function permissionSetParents(state: OrgState, app: App): string[] {
  return app.permissionSets.map((name) => findPermissionSetId(state, name)).filter((id) => id !== undefined);
}

function profileParents(state: OrgState, app: App): string[] {
  return state.profiles.filter(({ name }) => app.profiles.includes(name)).map(({ permissionSetId }) => permissionSetId);
}

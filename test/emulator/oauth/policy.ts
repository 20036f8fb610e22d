import { isExpired } from '../metadata/certificate.js';
import type { App } from '../model/apps.js';
import type { Consumer, User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { API_INTEGRATION, licenseOf } from '../sobjects/permission-set-objects.js';
import { type Assertion, isSignedBy } from './assertion.js';
import { refusal } from './errors.js';
import type { KnownClient } from './lookup.js';
import { oauthScopes, REFRESH_TOKEN } from './scopes.js';

const HOUR = 60 * 60 * 1000;

/** The certificate in force: a newer one replaces it only when it has propagated. */
export function checkSignature({ state, consumer, app }: KnownClient, assertion: Assertion): void {
  const now = state.clock.elapsed();
  const certificate = consumer.certificates.filter(({ activeFrom }) => activeFrom <= now).at(-1);
  if (!certificate && state.switches.appWithoutCertificate === 'unsupported_grant_type') throw refusal.grantType();
  const stale = certificate && isExpired(certificate.x509, state.clock.now());
  if (stale && state.switches.expiredCertificateGrant === 'refused') throw mismatch(state, app);
  if (!certificate || !isSignedBy(assertion, certificate.x509)) throw mismatch(state, app);
}

function mismatch(state: OrgState, app: App): Error {
  const { signatureMismatch } = state.switches;
  const asClient =
    signatureMismatch === 'by-type' ? app.kind === 'external-client-app' : signatureMismatch === 'invalid_client';
  return asClient ? refusal.invalidClientCredentials() : refusal.invalidAssertion();
}

export function checkUser(state: OrgState, user: User): void {
  if (!user.active || user.frozen) throw refusal.inactiveUser();
  if (user.locked) throw refusal.lockedUser();
  if (state.switches.orgLoginLimitReached) throw refusal.orgLoginLimit();
  const since = state.clock.now() - HOUR;
  const recent = state.loginHistory.filter(({ userId, time }) => userId === user.id && time > since);
  if (recent.length >= state.switches.loginsPerUserAndHour) throw refusal.loginRate();
}

export function checkAppPolicy(client: KnownClient, user: User): void {
  const { state, consumer, app } = client;
  if (!app.enabled) throw refusal.appBlocked();
  checkScopes(state, app);
  if (app.adminApproved) checkPreauthorized(client, user);
  else if (!state.approvals.has(approvalKey(user, consumer))) throw refusal.notApproved();
  if (app.blockedByHighAssurance) throw refusal.highAssurance();
}

export const approvalKey = (user: User, consumer: Consumer): string => `${user.id}|${consumer.id}`;

/** `refresh_token` must be there, and at least one other scope, or no token is issued. */
function checkScopes(state: OrgState, app: App): void {
  const scopes = oauthScopes(app.scopes);
  if (!scopes.includes(REFRESH_TOKEN)) throw refusal.refreshScope();
  if (scopes.length === 1 && state.switches.onlyRefreshScope === 'refused') throw refusal.noValidScopes();
}

/**
 * Admin-approved users have the app through a permission set or their profile. A permission set with the API
 * Integration license cannot hold apps: its row is no use, and the answer is that of a missing approval.
 */
function checkPreauthorized({ state, app }: KnownClient, user: User): void {
  const now = state.clock.elapsed();
  const parents = new Set(
    state.accesses.filter((row) => row.entityId === app.id && row.effectiveAt <= now).map(({ parentId }) => parentId),
  );
  if (parents.has(state.profileOf(user).permissionSetId)) return;
  const assigned = state.assignments.filter((row) => row.userId === user.id && row.effectiveAt <= now);
  const granting = assigned.filter(({ permissionSetId }) => parents.has(permissionSetId));
  if (granting.length === 0) throw refusal.notAdminApproved();
  if (granting.every(({ permissionSetId }) => isApiIntegration(state, permissionSetId))) throw refusal.notApproved();
}

function isApiIntegration(state: OrgState, permissionSetId: string): boolean {
  const component = state.componentsOf('PermissionSet').find(({ id }) => id === permissionSetId);
  return component !== undefined && licenseOf(state, component)?.name === API_INTEGRATION;
}

export function checkRestrictions({ state, app }: KnownClient, user: User): void {
  if (state.switches.ipRanges === 'closed' && !app.bypassesIpRanges) throw refusal.ipRestricted();
  if (user.loginHours === 'closed') throw refusal.loginHours();
}

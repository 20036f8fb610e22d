import type { Facts, OrgFacts } from '../facts.js';
import { finding, type Finding } from '../finding.js';
import type { Reading } from '../reading.js';

/** What couldn't be read of the admin's org. */
export function checkView({ org, admin = '' }: Facts): Finding[] {
  if (org === undefined) return [];
  if (!org.read) return [finding('warning', 'target_org_unreadable', { admin, reason: org.reason })];
  const parts = Object.entries(partsOf(org.value)).flatMap(([part, reading]) =>
    reading === undefined || reading.read ? [] : [{ part, reason: reading.reason }],
  );
  const { kind, search, user, isDevHub } = org.value;
  // Where not even these can be read, it's a matter of the session or the network, and one reason stands for all.
  if (!kind.read && !search.read && !user.read && !isDevHub.read)
    return [finding('warning', 'target_org_unreadable', { admin, reason: kind.reason })];
  return parts.map(({ part, reason }) => finding('warning', 'view_incomplete', { part, reason, admin }));
}

/** An admin's view of another org says nothing about this login. */
export function checkTargetOrg(facts: Facts): Finding[] {
  const { org, login } = facts;
  if (!isOtherOrg(facts) || org?.read !== true || !org.value.kind.read || login.state !== 'granted') return [];
  const { admin, kind } = org.value;
  return [finding('warning', 'target_org_other', { admin, orgId: kind.value.orgId, loginOrgId: login.orgId })];
}

/** Whether the admin's org is known to be another one than that of the login. */
export function isOtherOrg({ org, login }: Facts): boolean {
  if (org?.read !== true || !org.value.kind.read || login.state !== 'granted') return false;
  return org.value.kind.value.orgId.slice(0, 15) !== login.orgId.slice(0, 15);
}

function partsOf(org: OrgFacts): Record<string, Reading<unknown> | undefined> {
  const { kind, search, user, userState, access, lastLogin, isDevHub } = org;
  return { kind, search, user, userState, access, lastLogin, isDevHub };
}

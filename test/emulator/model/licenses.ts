import type { Component, Fields, License, User } from './domain.js';
import { sameId } from './ids.js';
import type { OrgState } from './org-state.js';

/** "Salesforce Integration": 5 come with Enterprise, Unlimited, Performance and Developer editions. */
export const INTEGRATION = 'Salesforce Integration';
export const INTEGRATION_PSL = 'SalesforceAPIIntegrationPsl';

/** What a user of that license may hold without a permission set license. */
const OF_INTEGRATION_ALONE = ['ApiEnabled', 'ApiUserOnly'];

/** What its permission set license never offers. */
const NEVER = ['ImportLeads', 'RunReports', 'EmailSingle', 'ManageLetterheads', 'ManageUsers'];

/** As Setup names them. */
const LABELS: Readonly<Record<string, string>> = {
  ApiEnabled: 'API Enabled',
  AuthorApex: 'Author Apex',
  CustomizeApplication: 'Customize Application',
  ManageUsers: 'Manage Users',
  ModifyAllData: 'Modify All Data',
  ModifyMetadata: 'Modify Metadata Through Metadata API Functions',
  ViewAllData: 'View All Data',
  ViewSetup: 'View Setup and Configuration',
};

/** Active users count; one that is switched off gives its license back. */
export function usedLicenses({ users, profiles }: OrgState, license: License): number {
  const own = profiles.filter(({ licenseId }) => licenseId === license.id).map(({ id }) => id);
  return users.filter(({ active, profileId }) => active && own.includes(profileId)).length;
}

export function usedPermissionSetLicenses({ licenseAssignments }: OrgState, license: License): number {
  return licenseAssignments.filter(({ licenseId }) => licenseId === license.id).length;
}

/** Whether sets with this license, or of users who have it, may hold a permission: `MaximumPermissions…` of the license. */
export function mayHold({ switches }: OrgState, permission: string): boolean {
  if (NEVER.includes(permission)) return false;
  const ofDeploying = ['AuthorApex', 'CustomizeApplication', 'ModifyMetadata', 'ModifyAllData'];
  return switches.integrationMayDeploy || !ofDeploying.includes(permission);
}

const asList = (value: Fields[string] | undefined): Fields[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).filter(
    (each): each is Fields => typeof each === 'object' && !Array.isArray(each),
  );

/** The user permissions that a permission set switches on. */
export function permissionsOf({ fields }: Component): string[] {
  const enabled = asList(fields['userPermissions']).filter((each) => each['enabled'] === 'true');
  return enabled.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}

/** The first permission of a set that the licenses of a user don't allow, as an org names it. */
export function forbiddenTo(state: OrgState, user: User, set: Component): string | undefined {
  const license = state.licenses.find(({ id }) => id === state.profileOf(user).licenseId);
  if (license?.name !== INTEGRATION) return undefined;
  const psl = state.permissionSetLicenses.find(({ key }) => key === INTEGRATION_PSL);
  const hasPsl = state.licenseAssignments.some(
    ({ userId, licenseId }) => sameId(userId, user.id) && licenseId === psl?.id,
  );
  const allowed = (permission: string): boolean =>
    OF_INTEGRATION_ALONE.includes(permission) || (hasPsl && mayHold(state, permission));
  const permission = permissionsOf(set).find((each) => !allowed(each));
  if (permission !== undefined) return LABELS[permission] ?? permission;
  const [object] = hasPsl ? [] : asList(set.fields['objectPermissions']).map((each) => each['object']);
  return typeof object === 'string' ? `Read ${object}` : undefined;
}

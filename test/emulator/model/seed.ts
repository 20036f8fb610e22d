import type { OrgState } from './org-state.js';
import type { Language, Profile, User } from './domain.js';

const EVERYTHING = [
  'ApiEnabled',
  'ModifyAllData',
  'ModifyMetadata',
  'CustomizeApplication',
  'ViewSetup',
  'ManageUsers',
  'AssignPermissionSets',
  'ViewClientSecret',
  'ExternalClientAppAdmin',
  'ExternalClientAppDeveloper',
];

const LICENSES: ReadonlyArray<[name: string, key: string, total: number]> = [
  ['Salesforce', 'SFDC', 10_000],
  ['Salesforce Integration', 'PID_Salesforce_Integration', 5],
  ['Identity', 'PID_IDENTITY', 100],
  ['Customer Community Plus', 'PID_Customer_Community_Plus', 100],
];

const PROFILES: ReadonlyArray<[name: string, license: string, permissions: readonly string[]]> = [
  ['System Administrator', 'Salesforce', EVERYTHING],
  ['Standard User', 'Salesforce', ['ApiEnabled']],
  ['Minimum Access - Salesforce', 'Salesforce', ['ApiEnabled']],
  ['Minimum Access - API Only Integrations', 'Salesforce Integration', ['ApiEnabled', 'ApiUserOnly']],
  ['Salesforce API Only System Integrations', 'Salesforce Integration', ['ApiEnabled', 'ApiUserOnly']],
  ['Customer Community Plus User', 'Customer Community Plus', ['ApiEnabled']],
];

export interface NewUser {
  username: string;
  firstName?: string;
  lastName?: string;
  email?: string;
  active?: boolean;
  frozen?: boolean;
  locked?: boolean;
  loginHours?: 'any' | 'closed';
  /** Profile name; default `Standard User`. An unknown one is created, with the user license named by `license`. */
  profile?: string;
  /** User license of a profile that does not exist yet. */
  license?: string;
  /** User permissions on top of the profile's, for example `ModifyMetadata`. */
  permissions?: string[];
  /** API names of permission sets that exist. */
  permissionSets?: string[];
}

/** What standard profiles are called in orgs of another language. */
const PROFILE_NAMES: Record<Language, Record<string, string>> = {
  en_US: {},
  nl_NL: { 'System Administrator': 'Systeembeheerder', 'Standard User': 'Standaardgebruiker' },
};

/** What every org has on its first day. */
export function seedOrg(state: OrgState): void {
  for (const [name, key, total] of LICENSES)
    state.licenses.push({ id: state.ids.next('userLicense'), name, key, total });
  state.permissionSetLicenses.push({
    id: state.ids.next('permissionSetLicense'),
    name: 'Salesforce API Integration',
    key: 'SalesforceAPIIntegrationPsl',
    total: 5,
  });
  const names = PROFILE_NAMES[state.identity.language];
  for (const [name, license, permissions] of PROFILES) addProfile(state, names[name] ?? name, license, permissions);
  for (const name of ['Sample Account for Entitlements', "O'Brien & Sons", 'Burlington Textiles Corp of America']) {
    state.accounts.push({ Id: state.ids.next('account'), Name: name, Industry: null, NumberOfEmployees: name.length });
  }
}

export function addProfile(state: OrgState, name: string, license: string, permissions: readonly string[]): Profile {
  const licenseId = state.licenses.find((entry) => entry.name === license)?.id;
  if (!licenseId) throw new Error(`No user license named ${license}`);
  const profile = { id: state.ids.next('profile'), name, licenseId, permissions };
  const complete = { ...profile, permissionSetId: state.ids.next('permissionSet') };
  state.profiles.push(complete);
  return complete;
}

export function addUser(state: OrgState, details: NewUser): User {
  if (state.userByName(details.username)) throw new Error(`User ${details.username} exists`);
  const asked = details.profile ?? 'Standard User';
  const name = PROFILE_NAMES[state.identity.language][asked] ?? asked;
  const profile =
    state.profiles.find((entry) => entry.name === name) ??
    addProfile(state, name, details.license ?? 'Salesforce', ['ApiEnabled']);
  const user: User = {
    id: state.ids.next('user'),
    username: details.username,
    firstName: details.firstName ?? 'User',
    lastName: details.lastName ?? 'User',
    email: details.email ?? details.username,
    active: details.active ?? true,
    frozen: details.frozen ?? false,
    locked: details.locked ?? false,
    loginHours: details.loginHours ?? 'any',
    profileId: profile.id,
    permissions: new Set(details.permissions),
    createdAt: state.clock.now(),
  };
  state.users.push(user);
  for (const permissionSet of details.permissionSets ?? []) assignByName(state, user, permissionSet);
  return user;
}

function assignByName(state: OrgState, user: User, permissionSet: string): void {
  const component = state.component('PermissionSet', permissionSet);
  if (!component) throw new Error(`No permission set named ${permissionSet}`);
  const now = state.clock.elapsed();
  state.assignments.push({
    id: state.ids.next('permissionSetAssignment'),
    userId: user.id,
    permissionSetId: component.id,
    effectiveAt: now,
    createdAt: state.clock.now(),
  });
}

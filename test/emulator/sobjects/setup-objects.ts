import { restDateTime } from '../model/clock.js';
import type { User } from '../model/domain.js';
import { rePrefixed } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { RecordError, type Row, type SObjectType } from './types.js';

const organization: SObjectType = {
  name: 'Organization',
  label: 'Organization',
  keyPrefix: '00D',
  fields: {
    Id: 'id',
    Name: 'string',
    InstanceName: 'string',
    IsSandbox: 'boolean',
    TrialExpirationDate: 'datetime',
    NamespacePrefix: 'string',
    OrganizationType: 'string',
    LanguageLocaleKey: 'string',
    CreatedDate: 'datetime',
  },
  rows: (state) => [organizationRow(state)],
};

/**
 * Scratch orgs live on Hyperforce. Its instance names end in `S`, and the CLI takes that for the sign that an org is
 * reached at its LoginUrl and not at a host named after the instance.
 */
export function instanceName({ identity: { kind } }: OrgState): string {
  if (kind === 'scratch') return 'USA1052S';
  return kind === 'sandbox' ? 'CS420' : 'SWE64';
}

/** Scratch orgs are sandboxes with a trial date; sandboxes have none (recorded Organization rows show both). */
function organizationRow(state: OrgState): Row {
  const { kind, name, namespace } = state.identity;
  const { edition, durationDays = 7 } = state.identity;
  const trialEnd = restDateTime(state.createdAt + durationDays * 24 * 60 * 60 * 1000);
  return {
    Id: state.orgId,
    Name: name,
    InstanceName: instanceName(state),
    IsSandbox: state.isSandboxLike,
    TrialExpirationDate: kind === 'scratch' ? trialEnd : null,
    NamespacePrefix: namespace,
    OrganizationType: `${edition ?? (kind === 'developer' || kind === 'scratch' ? 'Developer' : 'Enterprise')} Edition`,
    LanguageLocaleKey: 'en_US',
    CreatedDate: restDateTime(state.createdAt),
  };
}

const user: SObjectType = {
  name: 'User',
  label: 'User',
  keyPrefix: '005',
  fields: {
    Id: 'id',
    Username: 'string',
    Name: 'string',
    FirstName: 'string',
    LastName: 'string',
    Email: 'string',
    Alias: 'string',
    IsActive: 'boolean',
    ProfileId: 'reference',
    UserType: 'string',
    TimeZoneSidKey: 'string',
    LocaleSidKey: 'string',
    LanguageLocaleKey: 'string',
    CreatedDate: 'datetime',
  },
  parents: { Profile: { object: 'Profile', key: 'ProfileId' } },
  rows: (state) => state.users.map(userRow),
  update: ({ state }, id, values) => {
    const target = userOf(state, id);
    for (const [field, value] of Object.entries(values)) {
      if (field === 'IsActive') target.active = value === true;
      else if (field === 'Email') target.email = String(value);
      else
        throw new RecordError('INVALID_FIELD_FOR_INSERT_UPDATE', `Unable to create/update fields: ${field}.`, [field]);
    }
  },
};

function userRow(entry: User): Row {
  return {
    Id: entry.id,
    Username: entry.username,
    Name: `${entry.firstName} ${entry.lastName}`,
    FirstName: entry.firstName,
    LastName: entry.lastName,
    Email: entry.email,
    Alias: entry.username.slice(0, 8),
    IsActive: entry.active,
    ProfileId: entry.profileId,
    UserType: 'Standard',
    TimeZoneSidKey: 'America/Los_Angeles',
    LocaleSidKey: 'en_US',
    LanguageLocaleKey: 'en_US',
    CreatedDate: restDateTime(entry.createdAt),
  };
}

function userOf(state: OrgState, id: string): User {
  const found = state.userById(id);
  if (!found) throw new RecordError('NOT_FOUND', 'The requested resource does not exist', [], 404);
  return found;
}

/** One row per user under an id of its own; `IsFrozen` is where freezing shows. */
const userLogin: SObjectType = {
  name: 'UserLogin',
  label: 'User Login',
  keyPrefix: '0Yw',
  fields: { Id: 'id', UserId: 'reference', IsFrozen: 'boolean', IsPasswordLocked: 'boolean' },
  rows: (state) =>
    state.users.map((entry) => ({
      Id: loginId(entry),
      UserId: entry.id,
      IsFrozen: entry.frozen,
      IsPasswordLocked: entry.locked,
    })),
  update: ({ state }, id, values) => {
    const target = state.users.find((entry) => loginId(entry) === id);
    if (!target) throw new RecordError('NOT_FOUND', 'The requested resource does not exist', [], 404);
    if (typeof values['IsFrozen'] === 'boolean') target.frozen = values['IsFrozen'];
    if (typeof values['IsPasswordLocked'] === 'boolean') target.locked = values['IsPasswordLocked'];
  },
};

const loginId = (entry: User): string => rePrefixed(entry.id, '0Yw');

const profile: SObjectType = {
  name: 'Profile',
  label: 'Profile',
  keyPrefix: '00e',
  fields: { Id: 'id', Name: 'string', UserLicenseId: 'reference', UserType: 'string' },
  parents: { UserLicense: { object: 'UserLicense', key: 'UserLicenseId' } },
  rows: (state) =>
    state.profiles.map(({ id, name, licenseId }) => ({
      Id: id,
      Name: name,
      UserLicenseId: licenseId,
      UserType: 'Standard',
    })),
};

const userLicense: SObjectType = {
  name: 'UserLicense',
  label: 'User License',
  keyPrefix: '100',
  fields: { Id: 'id', Name: 'string', LicenseDefinitionKey: 'string', MasterLabel: 'string' },
  rows: (state) =>
    state.licenses.map(({ id, name, key }) => ({ Id: id, Name: name, LicenseDefinitionKey: key, MasterLabel: name })),
};

const loginHistory: SObjectType = {
  name: 'LoginHistory',
  label: 'Login History',
  keyPrefix: '0Ya',
  fields: {
    Id: 'id',
    UserId: 'reference',
    LoginTime: 'datetime',
    LoginType: 'string',
    Status: 'string',
    Application: 'string',
    SourceIp: 'string',
    LoginUrl: 'string',
    Browser: 'string',
    Platform: 'string',
  },
  rows: (state) =>
    state.loginHistory.map((attempt) => ({
      Id: attempt.id,
      UserId: attempt.userId,
      LoginTime: restDateTime(attempt.time),
      LoginType: 'Remote Access 2.0',
      Status: attempt.status,
      Application: attempt.application,
      SourceIp: attempt.sourceIp,
      LoginUrl: attempt.loginUrl,
      Browser: 'Unknown',
      Platform: 'Unknown',
    })),
};

const account: SObjectType = {
  name: 'Account',
  label: 'Account',
  keyPrefix: '001',
  fields: { Id: 'id', Name: 'string', Industry: 'string', NumberOfEmployees: 'int' },
  rows: (state) => state.accounts,
  create: ({ state }, values) => {
    if (typeof values['Name'] !== 'string' || values['Name'] === '') {
      throw new RecordError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [Name]', ['Name']);
    }
    const id = state.ids.next('account');
    state.accounts.push({ Industry: null, NumberOfEmployees: null, ...values, Id: id });
    return id;
  },
  update: ({ state }, id, values) => {
    const row = state.accounts.find((entry) => entry.Id === id);
    if (!row) throw new RecordError('NOT_FOUND', 'The requested resource does not exist', [], 404);
    Object.assign(row, values);
  },
  remove: ({ state }, id) => {
    state.accounts.splice(
      state.accounts.findIndex((entry) => entry.Id === id),
      1,
    );
  },
};

export const setupObjects: readonly SObjectType[] = [
  organization,
  user,
  userLogin,
  profile,
  userLicense,
  loginHistory,
  account,
];

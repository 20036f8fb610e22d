import { restDateTime } from '../model/clock.js';
import type { User } from '../model/domain.js';
import { rePrefixed } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { createUser } from './new-user.js';
import { organization } from './organization.js';
import { RecordError, type Row, type SObjectType } from './types.js';

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
    EmailEncodingKey: 'string',
    CommunityNickname: 'string',
    FederationIdentifier: 'string',
    CreatedDate: 'datetime',
  },
  parents: { Profile: { object: 'Profile', key: 'ProfileId' } },
  rows: (state) => state.users.map(userRow),
  create: createUser,
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
    Name: `${entry.firstName} ${entry.lastName}`.trim(),
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
    EmailEncodingKey: 'UTF-8',
    CommunityNickname: entry.username.split('@')[0] ?? '',
    FederationIdentifier: entry.federationId ?? null,
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
    if (typeof values['IsPasswordLocked'] !== 'boolean') return;
    // An admin can unlock a user, not lock one. The words are assumed.
    if (values['IsPasswordLocked'])
      throw new RecordError('INVALID_FIELD_FOR_INSERT_UPDATE', 'A user can only be unlocked.', ['IsPasswordLocked']);
    target.locked = false;
  },
};

const loginId = (entry: User): string => rePrefixed(entry.id, '0Yw');

/** Each of these is a column `Permissions…`. */
const OF_PROFILES = ['ApiEnabled', 'ApiUserOnly', 'ModifyAllData', 'ModifyMetadata', 'ManageUsers', 'ViewAllData'];

const profile: SObjectType = {
  name: 'Profile',
  label: 'Profile',
  keyPrefix: '00e',
  fields: {
    Id: 'id',
    Name: 'string',
    UserLicenseId: 'reference',
    UserType: 'string',
    ...Object.fromEntries(OF_PROFILES.map((name) => [`Permissions${name}`, 'boolean' as const])),
  },
  parents: { UserLicense: { object: 'UserLicense', key: 'UserLicenseId' } },
  rows: (state) =>
    state.profiles.map(({ id, name, licenseId, permissions }) => ({
      Id: id,
      Name: name,
      UserLicenseId: licenseId,
      UserType: 'Standard',
      ...Object.fromEntries(OF_PROFILES.map((each) => [`Permissions${each}`, permissions.includes(each)])),
    })),
};

/** "Manage Users" shows everybody's; since API 37 the others see their own. */
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
  unfilterable: ['Application', 'Status', 'SourceIp', 'Browser', 'Platform'],
  rows: (state, caller) =>
    state.loginHistory
      .filter(({ userId }) => maySeeLogins(state, caller, userId))
      .map((attempt) => ({
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

function maySeeLogins(state: OrgState, caller: User | undefined, userId: string): boolean {
  return caller === undefined || caller.id === userId || state.hasPermission(caller, 'ManageUsers');
}

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

export const setupObjects: readonly SObjectType[] = [organization, user, userLogin, profile, loginHistory, account];

import { INTEGRATION_PSL, mayHold, usedLicenses, usedPermissionSetLicenses } from '../model/licenses.js';
import { sameId } from '../model/ids.js';
import { RecordError, type SObjectType, type Value } from './types.js';

export const userLicense: SObjectType = {
  name: 'UserLicense',
  label: 'User License',
  keyPrefix: '100',
  fields: {
    Id: 'id',
    Name: 'string',
    LicenseDefinitionKey: 'string',
    MasterLabel: 'string',
    Status: 'string',
    TotalLicenses: 'int',
    UsedLicenses: 'int',
  },
  rows: (state) =>
    state.licenses.map((license) => ({
      Id: license.id,
      Name: license.name,
      LicenseDefinitionKey: license.key,
      MasterLabel: license.name,
      Status: 'Active',
      TotalLicenses: license.total,
      UsedLicenses: usedLicenses(state, license),
    })),
};

/** Each of these is a column `MaximumPermissions…`. */
const MAXIMA = [
  ...['ApiEnabled', 'AuthorApex', 'CustomizeApplication', 'ManageUsers', 'ModifyAllData', 'ModifyMetadata'],
  ...['ViewAllData', 'ViewSetup'],
];

export const permissionSetLicense: SObjectType = {
  name: 'PermissionSetLicense',
  label: 'Permission Set License',
  keyPrefix: '0PL',
  fields: {
    Id: 'id',
    DeveloperName: 'string',
    MasterLabel: 'string',
    Status: 'string',
    TotalLicenses: 'int',
    UsedLicenses: 'int',
    ...Object.fromEntries(MAXIMA.map((name) => [`MaximumPermissions${name}`, 'boolean' as const])),
  },
  rows: (state) =>
    state.permissionSetLicenses.map((license) => ({
      Id: license.id,
      DeveloperName: license.key,
      MasterLabel: license.name,
      Status: 'Active',
      TotalLicenses: license.total,
      UsedLicenses: usedPermissionSetLicenses(state, license),
      ...Object.fromEntries(
        MAXIMA.map((name) => [
          `MaximumPermissions${name}`,
          license.key === INTEGRATION_PSL && (name === 'ApiEnabled' || mayHold(state, name)),
        ]),
      ),
    })),
};

/** It can be made and taken away, and not changed. */
const permissionSetLicenseAssign: SObjectType = {
  name: 'PermissionSetLicenseAssign',
  label: 'Permission Set License Assignment',
  keyPrefix: '2LA',
  fields: { Id: 'id', AssigneeId: 'reference', PermissionSetLicenseId: 'reference' },
  parents: {
    Assignee: { object: 'User', key: 'AssigneeId' },
    PermissionSetLicense: { object: 'PermissionSetLicense', key: 'PermissionSetLicenseId' },
  },
  rows: (state) =>
    state.licenseAssignments.map(({ id, userId, licenseId }) => ({
      Id: id,
      AssigneeId: userId,
      PermissionSetLicenseId: licenseId,
    })),
  create: ({ state, user: caller }, values) => {
    const { AssigneeId: assignee = null, PermissionSetLicenseId: licensed = null } = values;
    if (!state.hasPermission(caller, 'ManageUsers'))
      throw new RecordError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', []);
    const user = state.userById(text(assignee));
    const license = state.permissionSetLicenses.find(({ id }) => sameId(id, text(licensed)));
    if (user === undefined || license === undefined)
      throw new RecordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
    const taken = state.licenseAssignments.some(
      ({ userId, licenseId }) => userId === user.id && licenseId === license.id,
    );
    if (taken) throw new RecordError('DUPLICATE_VALUE', 'Duplicate PermissionSetLicenseAssign', ['AssigneeId']);
    if (usedPermissionSetLicenses(state, license) >= license.total)
      throw new RecordError('LICENSE_LIMIT_EXCEEDED', `License Limit Exceeded - ${license.name}`);
    const id = state.ids.next('permissionSetLicenseAssign');
    state.licenseAssignments.push({ id, userId: user.id, licenseId: license.id });
    return id;
  },
  remove: ({ state }, id) => {
    const index = state.licenseAssignments.findIndex((entry) => sameId(entry.id, id));
    state.licenseAssignments.splice(index, 1);
  },
};

const text = (value: Value): string => (typeof value === 'string' ? value : '');

export const licenseObjects: readonly SObjectType[] = [userLicense, permissionSetLicense, permissionSetLicenseAssign];

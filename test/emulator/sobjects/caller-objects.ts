import { restDateTime } from '../model/clock.js';
import type { SObjectType } from './types.js';

/** User permissions that this org knows, by their API names. */
const PERMISSIONS = [
  'ApiEnabled',
  'AssignPermissionSets',
  'CustomizeApplication',
  'ExternalClientAppAdmin',
  'ExternalClientAppDeveloper',
  'ManageUsers',
  'ModifyAllData',
  'ModifyMetadata',
  'ViewClientSecret',
  'ViewSetup',
];

/**
 * One row: the permissions of whoever asks. The Object Reference offers it to users without "View Setup and
 * Configuration" in particular. A permission that the org does not have is no column.
 */
const userPermissionAccess: SObjectType = {
  name: 'UserPermissionAccess',
  label: 'User Permission Access',
  keyPrefix: '000',
  fields: {
    Id: 'id',
    LastCacheUpdate: 'datetime',
    ...Object.fromEntries(PERMISSIONS.map((name) => [`Permissions${name}`, 'boolean' as const])),
  },
  rows: (state, caller) =>
    caller === undefined
      ? []
      : [
          {
            Id: '000000000000000AAA',
            LastCacheUpdate: restDateTime(state.createdAt),
            ...Object.fromEntries(PERMISSIONS.map((name) => [`Permissions${name}`, state.hasPermission(caller, name)])),
          },
        ],
};

export const callerObjects: readonly SObjectType[] = [userPermissionAccess];

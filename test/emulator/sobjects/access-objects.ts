import { appsOf, text } from '../model/apps.js';
import { restDateTime } from '../model/clock.js';
import type { Component, User } from '../model/domain.js';
import { forbiddenTo } from '../model/licenses.js';
import { isValidId, rePrefixed, sameId } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { addAccess } from '../model/reconcile.js';
import { licenseOf, mayViewSetup, permissionSet } from './permission-set-objects.js';
import { RecordError, type Row, type SObjectType, type Value, type WriteContext } from './types.js';

const permissionSetAssignment: SObjectType = {
  name: 'PermissionSetAssignment',
  label: 'Permission Set Assignment',
  keyPrefix: '0Pa',
  readableBy: mayViewSetup,
  fields: {
    Id: 'id',
    AssigneeId: 'reference',
    PermissionSetId: 'reference',
    PermissionSetGroupId: 'reference',
    ExpirationDate: 'datetime',
    IsActive: 'boolean',
    SystemModstamp: 'datetime',
  },
  parents: {
    Assignee: { object: 'User', key: 'AssigneeId' },
    PermissionSet: { object: 'PermissionSet', key: 'PermissionSetId' },
  },
  rows: (state) => [
    ...state.assignments.map((entry) => assignmentRow(entry.id, entry.userId, entry.permissionSetId, entry.createdAt)),
    // Every user is assigned the hidden permission set of their profile.
    ...state.users.map((user) =>
      assignmentRow(rePrefixed(user.id, '0Pa'), user.id, state.profileOf(user).permissionSetId, user.createdAt),
    ),
  ],
  create: createAssignment,
  remove: ({ state }, id) => {
    const index = state.assignments.findIndex((entry) => sameId(entry.id, id));
    if (index < 0) throw new RecordError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');
    state.assignments.splice(index, 1);
  },
};

function assignmentRow(id: string, userId: string, permissionSetId: string, createdAt: number): Row {
  return {
    Id: id,
    AssigneeId: userId,
    PermissionSetId: permissionSetId,
    PermissionSetGroupId: null,
    ExpirationDate: null,
    IsActive: true,
    SystemModstamp: restDateTime(createdAt),
  };
}

function createAssignment({ state, user: caller }: WriteContext, values: Row): string {
  const user = state.userById(reference(values, 'AssigneeId'));
  const component = state
    .componentsOf('PermissionSet')
    .find(({ id }) => sameId(id, reference(values, 'PermissionSetId')));
  requirePermission(state, caller, ['AssignPermissionSets', 'ManageUsers']);
  if (!user || !component) {
    throw new RecordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [
      user ? 'PermissionSetId' : 'AssigneeId',
    ]);
  }
  if (!user.active)
    throw new RecordError('INACTIVE_OWNER_OR_USER', `User ${user.username} is inactive.`, ['AssigneeId']);
  if (state.assignments.some((entry) => entry.userId === user.id && entry.permissionSetId === component.id)) {
    throw new RecordError(
      'DUPLICATE_VALUE',
      `Duplicate PermissionSetAssignment. Assignee: ${user.id}; Permission Set: ${component.id}`,
      ['AssigneeId', 'PermissionSetId'],
    );
  }
  checkLicense(state, user, component);
  const id = state.ids.next('permissionSetAssignment');
  const effectiveAt = state.clock.elapsed() + state.switches.propagationMs;
  state.assignments.push({
    id,
    userId: user.id,
    permissionSetId: component.id,
    effectiveAt,
    createdAt: state.clock.now(),
  });
  return id;
}

/** A permission set with a user license goes only to users of that license. */
function checkLicense(state: OrgState, user: User, component: Component): void {
  const forbidden = forbiddenTo(state, user, component);
  if (forbidden !== undefined)
    throw new RecordError('FIELD_INTEGRITY_EXCEPTION', `The user license doesn't allow the permission: ${forbidden}`);
  const license = licenseOf(state, component);
  if (!license || !state.licenses.some(({ id }) => id === license.id)) return;
  const own = state.licenses.find(({ id }) => id === state.profileOf(user).licenseId);
  if (own?.id === license.id) return;
  throw new RecordError(
    'FIELD_INTEGRITY_EXCEPTION',
    `Can't assign permission set ${text(component.fields, 'label') ?? component.fullName} to user ${user.firstName} ` +
      `${user.lastName}. The user license doesn't allow the permission set's license: ${license.name}`,
    ['PermissionSetId'],
  );
}

const setupEntityAccess: SObjectType = {
  name: 'SetupEntityAccess',
  label: 'Setup Entity Access',
  keyPrefix: '0J0',
  readableBy: mayViewSetup,
  fields: {
    Id: 'id',
    ParentId: 'reference',
    SetupEntityId: 'reference',
    SetupEntityType: 'string',
    SystemModstamp: 'datetime',
  },
  parents: { Parent: { object: 'PermissionSet', key: 'ParentId' } },
  rows: (state) =>
    state.accesses.map((access) => ({
      Id: access.id,
      ParentId: access.parentId,
      SetupEntityId: access.entityId,
      SetupEntityType: access.entityId.startsWith('0xI') ? 'ExternalClientApplication' : 'ConnectedApplication',
      SystemModstamp: restDateTime(access.createdAt),
    })),
  create: ({ state, user }, values) => {
    requirePermission(state, user, ['ManageUsers', 'ModifyAllData', 'CustomizeApplication']);
    const parent = reference(values, 'ParentId');
    const entity = reference(values, 'SetupEntityId');
    const parentId = permissionSet.rows(state).find(({ Id }) => sameId(String(Id), parent))?.['Id'];
    const app = appsOf(state).find(({ id }) => sameId(id, entity));
    if (typeof parentId !== 'string' || !app) {
      throw new RecordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [
        app ? 'ParentId' : 'SetupEntityId',
      ]);
    }
    if (state.accesses.some((row) => row.parentId === parentId && row.entityId === app.id)) {
      throw new RecordError('DUPLICATE_VALUE', 'duplicate value found: ParentId duplicates value on record', [
        'ParentId',
      ]);
    }
    return addAccess(state, parentId, app.id, false);
  },
  remove: ({ state }, id) => {
    state.accesses = state.accesses.filter((row) => !sameId(row.id, id));
  },
};

function reference(values: Row, field: string): string {
  const value: Value | undefined = values[field];
  if (typeof value !== 'string' || value === '') {
    throw new RecordError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${field}]`, [field]);
  }
  if (!isValidId(value)) {
    throw new RecordError('MALFORMED_ID', `${field}: id value of incorrect type: ${value}`, [field]);
  }
  return value;
}

function requirePermission(state: OrgState, user: User, anyOf: string[]): void {
  if (anyOf.some((permission) => state.hasPermission(user, permission))) return;
  throw new RecordError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on cross-reference id', [], 403);
}

export const accessObjects: readonly SObjectType[] = [permissionSetAssignment, setupEntityAccess];

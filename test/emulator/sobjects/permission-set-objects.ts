import { Draft } from '../metadata/draft.js';
import { saveComponent } from '../metadata/rules.js';
import { ComponentProblem } from '../metadata/validate.js';
import { text } from '../model/apps.js';
import { restDateTime } from '../model/clock.js';
import type { Component, User } from '../model/domain.js';
import { sameId } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { RecordError, type Row, type SObjectType, type WriteContext } from './types.js';

/** The permission set license that cannot hold "Assigned Connected Apps". */
export const API_INTEGRATION = 'Salesforce API Integration';

export function licenseOf(state: OrgState, component: Component): { id: string; name: string } | undefined {
  const name = text(component.fields, 'license');
  return [...state.licenses, ...state.permissionSetLicenses].find((license) => license.name === name);
}

export const permissionSet: SObjectType = {
  name: 'PermissionSet',
  label: 'Permission Set',
  keyPrefix: '0PS',
  readableBy: mayViewSetup,
  fields: {
    Id: 'id',
    Name: 'string',
    Label: 'string',
    Description: 'string',
    LicenseId: 'reference',
    ProfileId: 'reference',
    IsOwnedByProfile: 'boolean',
    IsCustom: 'boolean',
    Type: 'string',
    NamespacePrefix: 'string',
    CreatedDate: 'datetime',
  },
  // `License` is polymorphic (user license or permission set license).
  parents: {
    License: { object: 'UserLicenseOrPermissionSetLicense', key: 'LicenseId' },
    Profile: { object: 'Profile', key: 'ProfileId' },
  },
  rows: (state) => [
    ...state.componentsOf('PermissionSet').map((entry) => customRow(state, entry)),
    ...profileRows(state),
  ],
  create: (context, values) => createPermissionSet(context, values),
  update: (context, id, values) => {
    const before = context.state.componentsOf('PermissionSet').find((entry) => sameId(entry.id, id));
    if (!before) throw new RecordError('NOT_FOUND', 'The requested resource does not exist', [], 404);
    const fields = {
      ...(typeof values['Label'] === 'string' ? { label: values['Label'] } : {}),
      ...(typeof values['Description'] === 'string' ? { description: values['Description'] } : {}),
    };
    savePermissionSet(context, before.fullName, fields);
  },
  remove: ({ state, user }, id) => {
    const target = state.componentsOf('PermissionSet').find((entry) => sameId(entry.id, id));
    if (!target) throw new RecordError('NOT_FOUND', 'The requested resource does not exist', [], 404);
    const draft = new Draft(state, user);
    draft.remove('PermissionSet', target.fullName);
    draft.commit();
  },
};

/** Since Spring '20 it takes "View Setup and Configuration" to query permission sets, their assignments and accesses. */
export function mayViewSetup(state: OrgState, caller: User): boolean {
  return state.hasPermission(caller, 'ViewSetup');
}

function customRow(state: OrgState, component: Component): Row {
  return {
    Id: component.id,
    Name: component.fullName,
    Label: text(component.fields, 'label') ?? component.fullName,
    Description: text(component.fields, 'description') ?? null,
    LicenseId: licenseOf(state, component)?.id ?? null,
    ProfileId: null,
    IsOwnedByProfile: false,
    IsCustom: true,
    Type: 'Regular',
    NamespacePrefix: null,
    CreatedDate: restDateTime(component.createdAt),
  };
}

function profileRows(state: OrgState): Row[] {
  return state.profiles.map(({ id, name, permissionSetId, licenseId }) => ({
    Id: permissionSetId,
    Name: `X00e${id.slice(3)}`,
    Label: `00e${id.slice(3)} ${name}`,
    Description: null,
    LicenseId: licenseId,
    ProfileId: id,
    IsOwnedByProfile: true,
    IsCustom: false,
    Type: 'Profile',
    NamespacePrefix: null,
    CreatedDate: restDateTime(state.createdAt),
  }));
}

function createPermissionSet(context: WriteContext, values: Row): string {
  const { Name: name, Label: label, Description: description, LicenseId: licenseId } = values;
  if (typeof name !== 'string' || typeof label !== 'string') {
    throw new RecordError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [Name, Label]', ['Name', 'Label']);
  }
  if (context.state.component('PermissionSet', name)) {
    throw new RecordError('DUPLICATE_DEVELOPER_NAME', `The name ${name} is already in use.`, ['Name']);
  }
  const license = [...context.state.licenses, ...context.state.permissionSetLicenses].find(
    ({ id }) => id === licenseId,
  );
  return savePermissionSet(context, name, {
    label,
    ...(typeof description === 'string' ? { description } : {}),
    ...(license ? { license: license.name } : {}),
  });
}

function savePermissionSet({ state, user }: WriteContext, fullName: string, fields: Record<string, string>): string {
  const draft = new Draft(state, user);
  try {
    const saved = saveComponent(draft, 'PermissionSet', { fullName, fields, ignoreWarnings: true, merge: true });
    draft.commit();
    return saved.component.id;
  } catch (error) {
    if (error instanceof ComponentProblem) throw new RecordError(error.statusCode, error.message);
    throw error;
  }
}

/** Target of the polymorphic `License` relationship; not an object one can query by name on the platform. */
const anyLicense: SObjectType = {
  name: 'UserLicenseOrPermissionSetLicense',
  label: 'License',
  keyPrefix: '100',
  fields: { Id: 'id', Name: 'string' },
  rows: (state) => [...state.licenses, ...state.permissionSetLicenses].map(({ id, name }) => ({ Id: id, Name: name })),
};

export const permissionSetObjects: readonly SObjectType[] = [permissionSet, anyLicense];

import type { OrgState } from '../model/org-state.js';
import { findObject } from '../sobjects/catalog.js';
import type { FieldType, Row, SObjectType, Value } from '../sobjects/types.js';
import { SoqlError } from './errors.js';

export function objectNamed(state: OrgState, name: string): SObjectType {
  const object = findObject(state, name);
  if (object) return object;
  throw new SoqlError('INVALID_TYPE', `sObject type '${name}' is not supported.`);
}

export interface Column {
  /** Field names in their real spelling, relationships first. */
  path: string[];
  type: FieldType;
  read: (row: Row) => Value;
}

/** Finds a field such as `Name` or `PermissionSet.License.Name`, in any case. */
export function resolve(state: OrgState, object: SObjectType, field: string): Column {
  const [head = '', ...rest] = field.split('.');
  if (rest.length === 0) {
    const name = Object.keys(object.fields).find((candidate) => candidate.toLowerCase() === head.toLowerCase());
    if (name === undefined) throw noSuchColumn(object, head);
    return { path: [name], type: object.fields[name] ?? 'string', read: (row) => row[name] ?? null };
  }
  if (head.toLowerCase() === object.name.toLowerCase()) return resolve(state, object, rest.join('.'));
  const relation = Object.entries(object.parents ?? {}).find(([name]) => name.toLowerCase() === head.toLowerCase());
  if (!relation) throw new SoqlError('INVALID_FIELD', `Didn't understand relationship '${head}' in field path.`);
  const [name, { object: parentName, key }] = relation;
  const parent = objectNamed(state, parentName);
  const inner = resolve(state, parent, rest.join('.'));
  return {
    path: [name, ...inner.path],
    type: inner.type,
    read: (row) => {
      const parentRow = parentOf(state, parent, row[key]);
      return parentRow ? inner.read(parentRow) : null;
    },
  };
}

export function parentOf(state: OrgState, parent: SObjectType, id: Value | undefined): Row | undefined {
  if (typeof id !== 'string') return undefined;
  return parent.rows(state).find((row) => row['Id'] === id);
}

function noSuchColumn(object: SObjectType, name: string): SoqlError {
  return new SoqlError(
    'INVALID_FIELD',
    `No such column '${name}' on entity '${object.name}'. If you are attempting to use a custom field, be sure to ` +
      "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the " +
      'appropriate names.',
  );
}

import type { User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { mayRead, type FieldType, type Row, type SObjectType, type Value } from '../sobjects/types.js';
import { aggregated, type AggregateRecord, isAggregate } from './aggregate.js';
import { compile } from './conditions.js';
import { unsupported } from './errors.js';
import { parseQuery, type Query } from './parser.js';
import { findObject } from '../sobjects/catalog.js';
import { type Column, objectNamed, parentOf, resolve } from './resolve.js';

export interface ResultRecord {
  attributes: { type: string; url: string };
  [field: string]: Value | ResultRecord | { type: string; url: string };
}

export interface QueryResult {
  totalSize: number;
  records: Array<ResultRecord | AggregateRecord>;
}

/** Who asks, and where. */
export interface Asker {
  caller: User;
  tooling: boolean;
}

/** Runs a query against the org's objects and shapes its records as the REST API does. */
export function runQuery(state: OrgState, soql: string, apiVersion: string, asker: Asker): QueryResult {
  const query = parseQuery(soql, state.clock.now());
  requireReadable(state, query.from, soql, asker);
  if (isAggregate(query)) {
    const { object, rows } = select(state, { ...query, orderBy: [], limit: undefined, offset: 0 }, asker.caller);
    const records = aggregated(state, object, query, rows);
    return { totalSize: records.length, records };
  }
  const { object, rows } = select(state, query, asker.caller);
  const columns = query.fields.map((field) => resolve(state, object, field));
  const records = query.countOnly ? [] : rows.map((row) => shape(state, object, row, columns, apiVersion));
  return { totalSize: rows.length, records };
}

/** An object that the caller may not query is to them as one that does not exist. */
function requireReadable(state: OrgState, name: string, soql: string, { caller, tooling }: Asker): void {
  const object = findObject(state, name);
  const known = object !== undefined && (object.api !== 'tooling' || tooling);
  if (!known || !mayRead(state, object, caller)) throw unsupported(soql, object?.name ?? name);
}

function select(state: OrgState, query: Query, caller?: User): { object: SObjectType; rows: Row[] } {
  const object = objectNamed(state, query.from);
  const test = query.where
    ? compile(state, object, query.where, (inner) => subselect(state, inner))
    : (): boolean => true;
  const keys = query.orderBy.map((key) => ({ ...key, column: resolve(state, object, key.field) }));
  const rows = object.rows(state, caller).filter(test);
  // Rows come as they were made. What has the same value, such as the same millisecond, goes on in the direction of the sort.
  if (keys.at(-1)?.descending === true) rows.reverse();
  rows.sort((a, b) => {
    for (const { column, descending, nullsLast } of keys) {
      const order = compareForOrder(column.read(a), column.read(b), descending, nullsLast);
      if (order !== 0) return order;
    }
    return 0;
  });
  const end = query.limit === undefined ? undefined : query.offset + query.limit;
  return { object, rows: rows.slice(query.offset, end) };
}

function subselect(state: OrgState, query: Query): Value[] {
  const { object, rows } = select(state, query);
  const column = resolve(state, object, query.fields[0] ?? 'Id');
  return rows.map((row) => column.read(row));
}

function compareForOrder(a: Value, b: Value, descending: boolean, nullsLast: boolean): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === nullsLast ? 1 : -1;
  }
  const order = typeof a === 'string' ? a.localeCompare(String(b), 'en') : Number(a) - Number(b);
  return descending ? -order : order;
}

function shape(state: OrgState, object: SObjectType, row: Row, columns: Column[], apiVersion: string): ResultRecord {
  const record: ResultRecord = { attributes: attributesOf(object, row, apiVersion) };
  for (const { path, read } of columns) place(state, record, object, row, path, read(row), apiVersion);
  return record;
}

function place(
  state: OrgState,
  record: ResultRecord,
  object: SObjectType,
  row: Row,
  [name = '', ...rest]: string[],
  value: Value,
  apiVersion: string,
): void {
  const relation = object.parents?.[name];
  if (rest.length === 0 || !relation) {
    record[name] = value;
    return;
  }
  const parent = objectNamed(state, relation.object);
  const parentRow = parentOf(state, parent, row[relation.key]);
  if (!parentRow) {
    record[name] = null;
    return;
  }
  const nested = (record[name] ??= { attributes: attributesOf(parent, parentRow, apiVersion) }) as ResultRecord;
  place(state, nested, parent, parentRow, rest, value, apiVersion);
}

export function attributesOf(object: SObjectType, row: Row, apiVersion: string): { type: string; url: string } {
  return { type: object.name, url: `/services/data/v${apiVersion}/sobjects/${object.name}/${String(row['Id'])}` };
}

interface ColumnMetadata {
  aggregate: boolean;
  booleanType: boolean;
  columnName: string;
  displayName: string;
  joinColumns: ColumnMetadata[];
  numberType: boolean;
  textType: boolean;
}

/** What `columns=true` adds to the query resource: the selected columns, without rows. The sf CLI draws tables from it. */
export function describeColumns(
  state: OrgState,
  soql: string,
): { columnMetadata: ColumnMetadata[]; entityName: string } {
  const query = parseQuery(soql, state.clock.now());
  const object = objectNamed(state, query.from);
  const columns = query.fields.map((field) => resolve(state, object, field));
  return { columnMetadata: columns.map(({ path, type }) => columnMetadata(path, type)), entityName: object.name };
}

function columnMetadata([name = '', ...rest]: string[], type: FieldType): ColumnMetadata {
  const nested = rest.length > 0;
  return {
    aggregate: false,
    booleanType: !nested && type === 'boolean',
    columnName: name,
    displayName: name,
    joinColumns: nested ? [columnMetadata(rest, type)] : [],
    numberType: !nested && type === 'int',
    textType: !nested && type !== 'boolean' && type !== 'int',
  };
}

import type { OrgState } from '../model/org-state.js';
import type { Row, SObjectType, Value } from '../sobjects/types.js';
import { malformed, SoqlError } from './errors.js';
import type { Query, SelectItem } from './parser.js';
import { type Column, resolve } from './resolve.js';

/** A record of an aggregate query; one without a name of its own is `expr0`, `expr1`, … */
export type AggregateRecord = { attributes: { type: 'AggregateResult' }; [field: string]: Value | object };

export const AGGREGATES = ['COUNT', 'COUNT_DISTINCT', 'MAX', 'MIN'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** An aggregate query brings no more rows than this, and has no second page. */
const MOST_ROWS = 2000;

/** Whether a query brings groups in the place of records. */
export function isAggregate({ select, groupBy }: Query): boolean {
  return groupBy.length > 0 || select.some(({ aggregate }) => aggregate !== undefined);
}

/**
 * The groups of the rows that a query selects.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_groupby.htm
 */
export function aggregated(state: OrgState, object: SObjectType, query: Query, rows: Row[]): AggregateRecord[] {
  const keys = query.groupBy.map((field) => resolve(state, object, field));
  for (const { field, aggregate } of query.select) {
    if (aggregate === undefined && !query.groupBy.some((each) => each.toLowerCase() === field.toLowerCase()))
      throw malformed(`Field must be grouped or aggregated: ${field}`);
  }
  const groups = [...Map.groupBy(rows, (row) => JSON.stringify(keys.map(({ read }) => read(row)))).values()];
  if (keys.length === 0 && groups.length === 0) groups.push([]);
  const sorted = inOrder(state, object, query, groups);
  const end = query.limit === undefined ? undefined : query.offset + query.limit;
  const taken = sorted.slice(query.offset, end);
  if (taken.length > MOST_ROWS)
    throw new SoqlError(
      'EXCEEDED_ID_LIMIT',
      'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
    );
  return taken.map((group) => recordOf(state, object, query.select, group));
}

function inOrder(state: OrgState, object: SObjectType, { orderBy }: Query, groups: Row[][]): Row[][] {
  const keys = orderBy.map(({ field, aggregate, descending }) => ({
    value: (group: Row[]) => valueOf(aggregate, resolve(state, object, field), group),
    sign: descending ? -1 : 1,
  }));
  return groups.sort((one, other) => {
    for (const { value, sign } of keys) {
      const order = sign * String(value(one) ?? '').localeCompare(String(value(other) ?? ''), 'en', { numeric: true });
      if (order !== 0) return order;
    }
    return 0;
  });
}

function recordOf(state: OrgState, object: SObjectType, select: SelectItem[], group: Row[]): AggregateRecord {
  let unnamed = 0;
  const cells = select.map(({ field, aggregate, alias }) => {
    const column = field === '' ? undefined : resolve(state, object, field);
    const name = alias ?? (aggregate === undefined ? (column?.path.at(-1) ?? field) : `expr${unnamed++}`);
    return [name, column === undefined ? group.length : valueOf(aggregate, column, group)] as const;
  });
  return { attributes: { type: 'AggregateResult' }, ...Object.fromEntries(cells) };
}

function valueOf(aggregate: Aggregate | undefined, { read }: Column, group: Row[]): Value {
  const values = group.map(read).filter((value) => value !== null);
  if (aggregate === undefined) return group[0] === undefined ? null : read(group[0]);
  if (aggregate === 'COUNT') return values.length;
  if (aggregate === 'COUNT_DISTINCT') return new Set(values).size;
  const sorted = values.sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  return (aggregate === 'MAX' ? sorted.at(-1) : sorted[0]) ?? null;
}

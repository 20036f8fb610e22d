import { isValidId, to15 } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import type { FieldType, Row, SObjectType, Value } from '../sobjects/types.js';
import { SoqlError } from './errors.js';
import { plainText, WILDCARD_ESCAPE } from './lexer.js';
import type { Condition, Operand, Query } from './parser.js';
import { type Column, resolve } from './resolve.js';

/** The rows of a query inside `IN ( … )`, as the one column it selects. */
export type Subselect = (query: Query) => Value[];

/** A condition as a test of one row; bad fields and values are refused before any row is looked at. */
export function compile(
  state: OrgState,
  object: SObjectType,
  condition: Condition,
  subselect: Subselect,
): (row: Row) => boolean {
  if (condition.kind === 'not') {
    const inner = compile(state, object, condition.condition, subselect);
    return (row) => !inner(row);
  }
  if (condition.kind === 'and' || condition.kind === 'or') {
    const left = compile(state, object, condition.left, subselect);
    const right = compile(state, object, condition.right, subselect);
    return condition.kind === 'and' ? (row) => left(row) && right(row) : (row) => left(row) || right(row);
  }
  const column = resolve(state, object, condition.field);
  if (object.unfilterable?.includes(column.path.join('.')) === true)
    throw new SoqlError('INVALID_FIELD', `field '${column.path.join('.')}' can not be filtered in a query call`);
  if (condition.kind === 'in') {
    if (Array.isArray(condition.operands)) for (const operand of condition.operands) checkOperand(column.type, operand);
    const operands = Array.isArray(condition.operands) ? condition.operands : literals(subselect(condition.operands));
    return (row) => operands.some((operand) => matches(column, row, '=', operand)) !== condition.negated;
  }
  checkOperand(column.type, condition.operand);
  return (row) => matches(column, row, condition.operator, condition.operand);
}

function literals(values: Value[]): Operand[] {
  return values.map((value) => ({ kind: 'literal', value }));
}

function matches({ type, read }: Column, row: Row, operator: string, operand: Operand): boolean {
  const value = read(row);
  if (operand.kind === 'date') {
    return value !== null && inRange(Date.parse(String(value)), operator, operand);
  }
  if (operand.value === null || value === null) {
    if (operator === '=') return value === operand.value;
    return operator === '!=' && value !== operand.value;
  }
  if (operator === 'like') return like(String(value), String(operand.value));
  return compares(order(type, value, operand.value), operator);
}

/** Refuses values of the wrong type before any row is looked at. */
function checkOperand(type: FieldType, operand: Operand): void {
  if (operand.kind === 'date') {
    if (type !== 'datetime') throw new SoqlError('INVALID_FIELD', 'value of filter criterion must not be a date');
    return;
  }
  const { value } = operand;
  if (value === null) return;
  const isId = type === 'id' || type === 'reference';
  const expected = type === 'boolean' ? 'boolean' : type === 'int' ? 'number' : 'string';
  if (typeof value !== expected || type === 'datetime') {
    const shown = typeof value === 'string' ? `'${plainText(value)}'` : String(value);
    throw new SoqlError('INVALID_FIELD', `value of filter criterion ${shown} must be of type ${type}`);
  }
  if (isId && !isValidId(plainText(String(value)))) {
    throw new SoqlError('INVALID_FIELD', `invalid ID field: ${plainText(String(value))}`);
  }
}

function order(type: FieldType, value: Value, operand: Value): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value) - Number(operand);
  const [left, right] = [String(value), plainText(String(operand))];
  if (type === 'id' || type === 'reference') {
    return to15(left) === to15(right) ? 0 : to15(left) < to15(right) ? -1 : 1;
  }
  // Text compares without case.
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  return a === b ? 0 : a < b ? -1 : 1;
}

function compares(order: number, operator: string): boolean {
  if (operator === '=') return order === 0;
  if (operator === '!=') return order !== 0;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function inRange(ms: number, operator: string, { from, to }: { from: number; to: number }): boolean {
  if (operator === '=') return ms >= from && ms <= to;
  if (operator === '!=') return ms < from || ms > to;
  if (operator === '<') return ms < from;
  if (operator === '<=') return ms <= to;
  return operator === '>' ? ms > to : ms >= from;
}

/** `%` any text, `_` one character; escaped ones stand for themselves. */
function like(value: string, pattern: string): boolean {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern.charAt(index);
    if (char === WILDCARD_ESCAPE) {
      index += 1;
      source += quote(pattern.charAt(index));
    } else source += char === '%' ? '[^]*' : char === '_' ? '[^]' : quote(char);
  }
  return new RegExp(`^${source}$`, 'i').test(value);
}

const quote = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

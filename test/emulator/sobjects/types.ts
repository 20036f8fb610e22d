import type { User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';

export type Value = string | number | boolean | null;
export type Row = Record<string, Value>;
export type FieldType = 'id' | 'reference' | 'string' | 'boolean' | 'int' | 'datetime';

/** A write the org refuses, as REST reports it. */
export class RecordError extends Error {
  public constructor(
    public readonly code: string,
    message: string,
    public readonly fields: string[] = [],
    public readonly status = 400,
  ) {
    super(message);
  }
}

export interface WriteContext {
  state: OrgState;
  user: User;
}

/** An sObject as this org knows it: a view on its state, with the writes the platform allows. */
export interface SObjectType {
  name: string;
  label: string;
  keyPrefix: string;
  fields: Record<string, FieldType>;
  /** Fields without the property "Filter" in the Object Reference: no condition may name them. */
  unfilterable?: readonly string[];
  /** Relationship name → the object and the foreign key. */
  parents?: Record<string, { object: string; key: string }>;
  available?(state: OrgState): boolean;
  /** The only API that knows the object; without it, both do. */
  api?: 'tooling';
  /** "Special Access Rules" of the object's page; without it, everybody with access to the API may query it. */
  readableBy?(state: OrgState, caller: User): boolean;
  /** Some objects tell each caller only about themselves. */
  rows(state: OrgState, caller?: User): Row[];
  create?(context: WriteContext, values: Row): string;
  update?(context: WriteContext, id: string, values: Row): void;
  remove?(context: WriteContext, id: string): void;
}

export function mayRead(state: OrgState, object: SObjectType, caller: User): boolean {
  return object.readableBy?.(state, caller) ?? true;
}

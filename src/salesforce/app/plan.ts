import type { AppPlan, AppReading, Change } from './app.js';
import type { Component, ComponentType, FieldStructure, FieldValue } from './component.js';
import { isStructure } from './field.js';

/** One thing that an app shall have: where it stands in the metadata, and how it compares. */
export type DesiredField = {
  key: Change['key'];
  type: ComponentType;
  /** The way to the field, as `['oauthConfig', 'certificate']` */
  path: string[];
  /** The value that the field shall have; undefined leaves it alone. */
  value: (current: FieldValue | undefined) => FieldValue | undefined;
  same: (current: FieldValue | undefined, value: FieldValue) => boolean;
  /** The value as a person reads it; empty for none. */
  text: (value: FieldValue | undefined) => string;
  /** Where the component lacks the field, it's sent with the component, though it's no reason to send it. */
  sentAlways?: boolean;
};

/** An app whole and new, the desired fields of one that exists, and the fields of a read that must not be sent back. */
export type DesiredState = {
  name: string;
  creation: 'createConnectedApp' | 'createExternalClientApp';
  blank: Component[];
  desired: DesiredField[];
  neverSent: Partial<Record<ComponentType, string[][]>>;
};

/**
 * The difference between an app as it stands (undefined: none) and its desired state. A component that exists is sent as it
 * was read, with only the differing fields laid over; one that doesn't differ isn't sent. Pure.
 */
export function planFrom(
  { name, creation, blank, desired, neverSent }: DesiredState,
  reading: AppReading | undefined,
): AppPlan {
  const changes: Change[] = reading === undefined ? [{ key: creation, to: name }] : [];
  const existing = (type: ComponentType): Component | undefined =>
    reading?.components.find((component) => component.type === type);
  const touched = new Map<ComponentType, Component>();
  for (const component of blank) if (existing(component.type) === undefined) touched.set(component.type, component);
  for (const field of desired) {
    const before = existing(field.type);
    if (before === undefined) {
      // A new app is one change; what an app that exists lacks is told field by field.
      const made = reading && fieldAt(touched.get(field.type)?.fields, field.path);
      if (made !== undefined) changes.push({ key: field.key, to: field.text(made) });
      continue;
    }
    const current = fieldAt(before.fields, field.path);
    const value = field.value(current);
    if (value === undefined || field.same(current, value)) continue;
    const { fields, ...component } = touched.get(field.type) ?? sendable(before, neverSent[field.type] ?? []);
    touched.set(field.type, { ...component, fields: withField(fields, field.path, value) });
    const from = field.text(current);
    changes.push({ key: field.key, ...(from === '' ? {} : { from }), to: field.text(value) });
  }
  const whole = blank.map(({ type }) => touched.get(type) ?? sendable(existing(type)!, neverSent[type] ?? []));
  const complete = (component: Component): Component => withFieldsSentAlways(component, desired);
  return { components: [...touched.values()].map(complete), changes, whole: whole.map(complete) };
}

/** The component with the fields that it lacks and that have to go along. */
function withFieldsSentAlways(component: Component, desired: DesiredField[]): Component {
  return desired
    .filter(({ type, sentAlways }) => sentAlways === true && type === component.type)
    .reduce(({ fields, ...rest }, { path, value }) => {
      const missing = fieldAt(fields, path) === undefined ? value(undefined) : undefined;
      return { ...rest, fields: missing === undefined ? fields : withField(fields, path, missing) };
    }, component);
}

/** A field for a plain value, compared as it is. */
export function plainField(
  key: Change['key'],
  type: ComponentType,
  path: string[],
  value: string | boolean | undefined,
): DesiredField {
  return {
    key,
    type,
    path,
    value: () => value,
    same: (current, wanted) => current === wanted,
    text: (given) => (typeof given === 'string' || typeof given === 'boolean' ? String(given) : ''),
  };
}

/** The values that a list lacks, each once. Names differ in more than case. */
export function missingFrom(existing: string[], values: string[]): string[] {
  return [...new Set(values)].filter((value) => !existing.some((item) => isSameName(item, value)));
}

export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

export function fieldAt(fields: FieldStructure | undefined, path: string[]): FieldValue | undefined {
  return path.reduce<FieldValue | undefined>((value, field) => (isStructure(value) ? value[field] : undefined), fields);
}

function withField(fields: FieldStructure, [field, ...rest]: string[], value: FieldValue): FieldStructure {
  const inner = fields[field!];
  return { ...fields, [field!]: rest.length === 0 ? value : withField(isStructure(inner) ? inner : {}, rest, value) };
}

function sendable(component: Component, neverSent: string[][]): Component {
  return { ...component, fields: neverSent.reduce(withoutField, component.fields) };
}

function withoutField(fields: FieldStructure, [field, ...rest]: string[]): FieldStructure {
  const { [field!]: inner, ...others } = fields;
  if (inner === undefined || rest.length === 0) return others;
  return { ...others, [field!]: isStructure(inner) ? withoutField(inner, rest) : inner };
}

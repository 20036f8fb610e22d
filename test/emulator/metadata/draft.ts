import type { Component, Fields, User } from '../model/domain.js';
import { componentKey, type OrgState } from '../model/org-state.js';
import { reconcile } from '../model/reconcile.js';
import { metadataType } from './types.js';

export interface Saved {
  component: Component;
  created: boolean;
  changed: boolean;
}

/** The org's components with the changes of one transaction on top; nothing is real before `commit`. */
export class Draft {
  private readonly components: Map<string, Component>;

  public constructor(
    public readonly state: OrgState,
    private readonly user: User,
  ) {
    this.components = new Map(state.components);
  }

  public component(type: string, fullName: string): Component | undefined {
    return this.components.get(componentKey(type, fullName));
  }

  public componentsOf(type: string): Component[] {
    return [...this.components.values()].filter((component) => component.type === type);
  }

  /** What was there before the transaction began. */
  public original(type: string, fullName: string): Component | undefined {
    return this.state.component(type, fullName);
  }

  public save(type: string, fullName: string, fields: Fields): Saved {
    const before = this.component(type, fullName);
    const original = this.original(type, fullName);
    const definition = metadataType(type);
    if (!definition) throw new Error(`Unknown metadata type ${type}`);
    const now = this.state.clock.now();
    const changed = original === undefined || !sameFields(original.fields, fields);
    const component: Component = {
      type,
      fullName: before?.fullName ?? fullName,
      id: before?.id ?? this.state.ids.next(definition.idKind),
      fields,
      createdAt: before?.createdAt ?? now,
      createdBy: before?.createdBy ?? this.user.id,
      modifiedAt: changed ? now : (before?.modifiedAt ?? now),
      modifiedBy: changed ? this.user.id : (before?.modifiedBy ?? this.user.id),
    };
    this.components.set(componentKey(type, fullName), component);
    return { component, created: original === undefined, changed };
  }

  public restore(type: string, fullName: string): void {
    const original = this.original(type, fullName);
    if (original) this.components.set(componentKey(type, fullName), original);
    else this.components.delete(componentKey(type, fullName));
  }

  /** Deletes a component; the satellites of an External Client App go with their header. */
  public remove(type: string, fullName: string): boolean {
    const component = this.component(type, fullName);
    if (!component) return false;
    this.components.delete(componentKey(type, fullName));
    if (type !== 'ExternalClientApplication') return true;
    for (const [key, { fields }] of this.components) {
      if (fields['externalClientApplication'] === component.fullName) this.components.delete(key);
    }
    return true;
  }

  public commit(): void {
    this.state.components = this.components;
    reconcile(this.state);
  }
}

function sameFields(a: Fields, b: Fields): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

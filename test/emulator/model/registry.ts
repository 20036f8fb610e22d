import type { OrgState } from './org-state.js';

/**
 * What every org of the world shares: consumer keys are unique across all orgs, and stay taken after their app is
 * deleted (Metadata API Developer Guide, ConnectedApp `consumerKey`). Orgs that should see each other get the same one.
 */
export class Registry {
  private readonly owners = new Map<string, { orgId: string; kind: AppKind }>();
  private readonly members: OrgState[] = [];
  private orgCounter = 0;

  public nextOrgNumber(): number {
    this.orgCounter += 1;
    return this.orgCounter;
  }

  public join(org: OrgState): void {
    this.members.push(org);
  }

  public leave(org: OrgState): void {
    const index = this.members.indexOf(org);
    if (index >= 0) this.members.splice(index, 1);
  }

  public get orgs(): readonly OrgState[] {
    return this.members;
  }

  public isTaken(consumerKey: string): boolean {
    return this.owners.has(consumerKey);
  }

  /** The first owner stays: a sign-up puts a Connected App into a scratch org under the key that it has. */
  public claim(consumerKey: string, orgId: string, kind: AppKind): void {
    if (!this.owners.has(consumerKey)) this.owners.set(consumerKey, { orgId, kind });
  }

  /** Which org owns the key, also when the app is gone by now. */
  public ownerOf(consumerKey: string): { orgId: string; kind: AppKind } | undefined {
    return this.owners.get(consumerKey);
  }
}

export type AppKind = 'external-client-app' | 'connected-app';

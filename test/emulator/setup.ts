import { Draft } from './metadata/draft.js';
import { newConsumerKey, newConsumerSecret } from './metadata/consumer-key.js';
import { saveComponent } from './metadata/rules.js';
import { addDefaultPolicies } from './metadata/rules-eca.js';
import * as types from './metadata/types.js';
import { type App, appsOf, nested, satellite } from './model/apps.js';
import type { Component, Fields, User } from './model/domain.js';
import type { OrgState } from './model/org-state.js';
import { addProfile } from './model/seed.js';
import { consumerOf } from './model/reconcile.js';
import { approvalKey } from './oauth/policy.js';

export interface SetupApp {
  name: string;
  label?: string;
  contactEmail?: string;
  callbackUrl?: string;
  /** PEM; none leaves the JWT bearer flow off. */
  certificate?: string;
  /** Metadata names, default Api, Web, RefreshToken. */
  scopes?: string[];
  adminApproved?: boolean;
  permissionSets?: string[];
  profiles?: string[];
}

const DEFAULT_SCOPES = ['Api', 'Web', 'RefreshToken'];
const DEFAULT_CALLBACK = 'http://localhost:1717/OauthRedirect';

/** What a human admin does by hand in Setup. Nothing here asks the rules that only deployments have. */
export class Setup {
  public constructor(
    private readonly state: OrgState,
    private readonly admin: () => User,
  ) {}

  /** Setup gives the satellites names of its own, unlike a deployment. Returns the consumer key. */
  public createExternalClientApp(app: SetupApp): string {
    const { name, label = app.name } = app;
    const parent = { externalClientApplication: name };
    const consumerKey = newConsumerKey();
    const draft = this.draft();
    const save = (type: string, fullName: string, fields: Fields): void =>
      void saveComponent(draft, type, { fullName, fields, ignoreWarnings: true, merge: false });
    save(types.ECA, name, { label, contactEmail: app.contactEmail ?? 'admin@example.com', distributionState: 'Local' });
    save(types.ECA_OAUTH, `${name}_oauth`, {
      ...parent,
      label: `${name}_oauth`,
      commaSeparatedOauthScopes: (app.scopes ?? DEFAULT_SCOPES).join(', '),
    });
    draft.remove(types.ECA_OAUTH_POLICY, `${name}_oauth_defaultPolicy`);
    save(types.ECA_OAUTH_POLICY, `${name}_oauthPlcy`, { ...parent, label: `${name}_oauthPlcy`, ...oauthPolicy(app) });
    draft.save(types.ECA_GLOBAL, `${name}_glbloauth`, {
      ...parent,
      label: `${name}_glbloauth`,
      callbackUrl: app.callbackUrl ?? DEFAULT_CALLBACK,
      ...(app.certificate === undefined ? {} : { certificate: app.certificate }),
      consumerKey,
      consumerSecret: newConsumerSecret(),
      isPkceRequired: 'true',
      isSecretRequiredForRefreshToken: 'true',
      shouldRotateConsumerKey: 'false',
      shouldRotateConsumerSecret: 'false',
    });
    save(types.ECA_POLICY, `${name}_plcy`, { ...parent, label: `${name}_plcy`, isEnabled: 'true' });
    addDefaultPolicies(draft);
    draft.commit();
    return consumerKey;
  }

  /** An External Client App whose OAuth settings nobody has enabled: a header and the policy that every app has. */
  public createAppWithoutOauth(name: string): void {
    const draft = this.draft();
    const fields = { label: name, contactEmail: 'admin@example.com', distributionState: 'Local' };
    saveComponent(draft, types.ECA, { fullName: name, fields, ignoreWarnings: true, merge: false });
    addDefaultPolicies(draft);
    draft.commit();
  }

  /** Works whatever `connectedAppCreation` says: for apps from before the restriction. Returns the consumer key. */
  public createConnectedApp(app: SetupApp): string {
    const consumerKey = newConsumerKey();
    const draft = this.draft();
    draft.save(types.CONNECTED_APP, app.name, {
      contactEmail: app.contactEmail ?? 'admin@example.com',
      label: app.label ?? app.name,
      oauthConfig: {
        callbackUrl: app.callbackUrl ?? DEFAULT_CALLBACK,
        ...(app.certificate === undefined ? {} : { certificate: app.certificate }),
        consumerKey,
        consumerSecret: newConsumerSecret(),
        isAdminApproved: String(app.adminApproved ?? false),
        isConsumerSecretOptional: 'false',
        isIntrospectAllTokens: 'false',
        isSecretRequiredForRefreshToken: 'true',
        scopes: app.scopes ?? DEFAULT_SCOPES,
      },
      oauthPolicy: { ipRelaxation: 'ENFORCE', refreshTokenPolicy: 'infinite' },
      ...(app.permissionSets ? { permissionSetName: app.permissionSets } : {}),
      ...(app.profiles ? { profileName: app.profiles } : {}),
    });
    draft.commit();
    return consumerKey;
  }

  /** "Install" in Connected Apps OAuth Usage: somebody else's app, of which the org has no metadata. */
  public installFromElsewhere(label: string, { adminApproved = false } = {}): void {
    const id = this.state.ids.next('connectedApplication');
    this.state.installedApps.push({ id, label, adminApproved });
  }

  /**
   * "Create External Client App" on a Connected App: it takes the app's place under the same name. That it keeps the client
   * id is reported, and the contrary too. Returns the consumer key.
   */
  public convertToExternalClientApp(name: string, { keepsClientId }: { keepsClientId: boolean }): string {
    const { label, certificate, scopes, adminApproved, permissionSets, profiles, consumerKey } = this.app(name);
    const { contactEmail, oauthConfig } = this.component(types.CONNECTED_APP, name).fields;
    const callbackUrl = nested({ oauthConfig: oauthConfig ?? '' }, 'oauthConfig')?.['callbackUrl'];
    this.deleteApp(name);
    const made = this.createExternalClientApp({
      name,
      label,
      scopes,
      adminApproved,
      ...(permissionSets.length === 0 ? {} : { permissionSets }),
      ...(profiles.length === 0 ? {} : { profiles }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(typeof contactEmail === 'string' ? { contactEmail } : {}),
      ...(typeof callbackUrl === 'string' ? { callbackUrl } : {}),
    });
    if (!keepsClientId || consumerKey === undefined) return made;
    this.change(this.satellite(types.ECA_GLOBAL, this.app(name)), { consumerKey });
    return consumerKey;
  }

  public createPermissionSet(name: string, fields: Fields = {}): string {
    const draft = this.draft();
    const saved = draft.save(types.PERMISSION_SET, name, { hasActivationRequired: 'false', label: name, ...fields });
    draft.commit();
    return saved.component.id;
  }

  /** An Experience Cloud site, below the org's own origin. Returns its URL. */
  public createSite(name: string): string {
    this.state.sites.push({ name, id: this.state.ids.next('network') });
    return `${this.state.origin}/${name}`;
  }

  /** Changes elements of the app's OAuth policy (ECA), or of the component (Connected App). */
  public changePolicy(appName: string, changes: Fields): void {
    const app = this.app(appName);
    if (app.kind === 'connected-app') this.change(this.component(types.CONNECTED_APP, appName), changes);
    else this.change(this.satellite(types.ECA_OAUTH_POLICY, app), changes);
  }

  /** Enables or disables an External Client App ("App Status"). */
  public setEnabled(appName: string, enabled: boolean): void {
    this.change(this.satellite(types.ECA_POLICY, this.app(appName)), { isEnabled: String(enabled) });
  }

  public changeScopes(appName: string, scopes: string[]): void {
    const app = this.app(appName);
    if (app.kind === 'connected-app') this.changeOauthConfig(appName, { scopes });
    else this.change(this.satellite(types.ECA_OAUTH, app), { commaSeparatedOauthScopes: scopes.join(', ') });
  }

  public changeCertificate(appName: string, certificate: string): void {
    const app = this.app(appName);
    if (app.kind === 'connected-app') this.changeOauthConfig(appName, { certificate });
    else this.change(this.satellite(types.ECA_GLOBAL, app), { certificate });
  }

  /** Changes elements of an External Client App's global OAuth settings. */
  public changeGlobalSettings(appName: string, changes: Fields): void {
    this.change(this.satellite(types.ECA_GLOBAL, this.app(appName)), changes);
  }

  public deleteApp(appName: string): void {
    const { kind, name } = this.app(appName);
    const draft = this.draft();
    draft.remove(kind === 'connected-app' ? types.CONNECTED_APP : types.ECA, name);
    draft.commit();
  }

  public addPermissionSetToApp(appName: string, permissionSet: string): void {
    const app = this.app(appName);
    const names = [...new Set([...app.permissionSets, permissionSet])];
    if (app.kind === 'connected-app') this.changePolicy(appName, { permissionSetName: names });
    else this.changePolicy(appName, { commaSeparatedPermissionSet: names.join(',') });
  }

  public removePermissionSetFromApp(appName: string, permissionSet: string): void {
    const app = this.app(appName);
    const names = app.permissionSets.filter((name) => name !== permissionSet);
    if (app.kind === 'connected-app') this.changePolicy(appName, { permissionSetName: names });
    else this.changePolicy(appName, { commaSeparatedPermissionSet: names.join(',') });
    const id = this.component(types.PERMISSION_SET, permissionSet).id;
    this.state.accesses = this.state.accesses.filter((row) => row.entityId !== app.id || row.parentId !== id);
  }

  public assignPermissionSet(username: string, permissionSet: string): void {
    const now = this.state.clock.elapsed();
    this.state.assignments.push({
      id: this.state.ids.next('permissionSetAssignment'),
      userId: this.user(username).id,
      permissionSetId: this.component(types.PERMISSION_SET, permissionSet).id,
      effectiveAt: now,
      createdAt: this.state.clock.now(),
    });
  }

  public removeAssignment(username: string, permissionSet: string): void {
    const userId = this.user(username).id;
    const { id } = this.component(types.PERMISSION_SET, permissionSet);
    const index = this.state.assignments.findIndex((row) => row.userId === userId && row.permissionSetId === id);
    if (index < 0) throw new Error(`${username} does not have ${permissionSet}`);
    this.state.assignments.splice(index, 1);
  }

  /** The user went through the browser flow of a self-authorized app once. */
  public approve(username: string, appName: string): void {
    const consumer = consumerOf(this.state, this.app(appName));
    if (!consumer) throw new Error(`App ${appName} has no OAuth settings`);
    this.state.approvals.add(approvalKey(this.user(username), consumer));
  }

  public changeUser(
    username: string,
    changes: Partial<Pick<User, 'active' | 'frozen' | 'locked' | 'loginHours'>>,
  ): void {
    Object.assign(this.user(username), changes);
  }

  /** The user gets a profile of their own, which is the one they had without these user permissions. */
  public takePermissions(username: string, ...names: string[]): void {
    const user = this.user(username);
    const { name, licenseId, permissions } = this.state.profileOf(user);
    const license = this.state.licenses.find(({ id }) => id === licenseId)?.name ?? 'Salesforce';
    const left = permissions.filter((permission) => !names.includes(permission));
    user.profileId = addProfile(this.state, `${name} of ${username}, less ${names.join(' and ')}`, license, left).id;
    for (const permission of names) user.permissions.delete(permission);
  }

  private changeOauthConfig(appName: string, changes: Fields): void {
    const component = this.component(types.CONNECTED_APP, appName);
    this.change(component, { oauthConfig: { ...nested(component.fields, 'oauthConfig'), ...changes } });
  }

  private change(component: Component, changes: Fields): void {
    const draft = this.draft();
    draft.save(component.type, component.fullName, { ...component.fields, ...changes });
    draft.commit();
  }

  private satellite(type: string, app: App): Component {
    const found = satellite(this.state, type, app.name);
    if (!found) throw new Error(`App ${app.name} has no ${type}`);
    return found;
  }

  private component(type: string, fullName: string): Component {
    const found = this.state.component(type, fullName);
    if (!found) throw new Error(`No ${type} named ${fullName}`);
    return found;
  }

  private app(name: string): App {
    const found = appsOf(this.state).find((app) => app.name === name);
    if (!found) throw new Error(`No app named ${name}`);
    return found;
  }

  private user(username: string): User {
    const found = this.state.userByName(username);
    if (!found) throw new Error(`No user named ${username}`);
    return found;
  }

  private draft(): Draft {
    return new Draft(this.state, this.admin());
  }
}

function oauthPolicy(app: SetupApp): Fields {
  return {
    permittedUsersPolicyType: app.adminApproved ? 'AdminApprovedPreAuthorized' : 'AllSelfAuthorized',
    ...(app.permissionSets ? { commaSeparatedPermissionSet: app.permissionSets.join(',') } : {}),
    ...(app.profiles ? { commaSeparatedProfile: app.profiles.join(',') } : {}),
  };
}

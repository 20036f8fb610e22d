import type { Component, Fields, FieldValue } from './domain.js';
import type { OrgState } from './org-state.js';
import type { AppKind } from './registry.js';

/** One app with what the token endpoint and Setup need to know, whichever metadata types it is made of. */
export interface App {
  kind: AppKind;
  name: string;
  label: string;
  /** Id of the header (`0xI…`, `0H4…`), the SetupEntityId of access rows. */
  id: string;
  enabled: boolean;
  components: Component[];
  consumerKey: string | undefined;
  consumerSecret: string | undefined;
  certificate: string | undefined;
  scopes: string[];
  adminApproved: boolean;
  permissionSets: string[];
  profiles: string[];
  bypassesIpRanges: boolean;
  issuesJwtTokens: boolean;
  blockedByHighAssurance: boolean;
  sessionTimeoutMinutes: number | undefined;
}

export function text(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function nested(fields: Fields | undefined, name: string): Fields | undefined {
  const value: FieldValue | undefined = fields?.[name];
  return value !== undefined && typeof value !== 'string' && !Array.isArray(value) ? value : undefined;
}

export function textList(fields: Fields | undefined, name: string): string[] {
  const value = fields?.[name];
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((entry): entry is string => typeof entry === 'string' && entry !== '');
}

export function commaList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

export function satellite(state: Pick<OrgState, 'componentsOf'>, type: string, appName: string): Component | undefined {
  return state
    .componentsOf(type)
    .find(({ fields }) => text(fields, 'externalClientApplication')?.toLowerCase() === appName.toLowerCase());
}

export function externalClientApp(state: OrgState, header: Component): App {
  const global = satellite(state, 'ExtlClntAppGlobalOauthSettings', header.fullName);
  const oauth = satellite(state, 'ExtlClntAppOauthSettings', header.fullName);
  const oauthPolicy = satellite(state, 'ExtlClntAppOauthConfigurablePolicies', header.fullName);
  const policy = satellite(state, 'ExtlClntAppConfigurablePolicies', header.fullName);
  const timeout = text(oauthPolicy?.fields, 'sessionTimeoutInMinutes');
  return {
    kind: 'external-client-app',
    name: header.fullName,
    label: text(header.fields, 'label') ?? header.fullName,
    id: header.id,
    enabled: text(policy?.fields, 'isEnabled') !== 'false',
    components: [header, oauth, global, oauthPolicy, policy].filter((component) => component !== undefined),
    consumerKey: text(global?.fields, 'consumerKey'),
    consumerSecret: text(global?.fields, 'consumerSecret'),
    certificate: text(global?.fields, 'certificate'),
    scopes: commaList(text(oauth?.fields, 'commaSeparatedOauthScopes')),
    adminApproved: text(oauthPolicy?.fields, 'permittedUsersPolicyType') === 'AdminApprovedPreAuthorized',
    permissionSets: commaList(text(oauthPolicy?.fields, 'commaSeparatedPermissionSet')),
    profiles: commaList(text(oauthPolicy?.fields, 'commaSeparatedProfile')),
    bypassesIpRanges: text(oauthPolicy?.fields, 'ipRelaxationPolicyType') === 'Bypass',
    issuesJwtTokens: text(global?.fields, 'isNamedUserJwtEnabled') === 'true',
    blockedByHighAssurance:
      text(oauthPolicy?.fields, 'requiredSessionLevel') === 'HIGH_ASSURANCE' &&
      text(oauthPolicy?.fields, 'policyAction') !== undefined,
    sessionTimeoutMinutes: timeout === undefined ? undefined : Number(timeout),
  };
}

export function connectedApp(component: Component): App {
  const { fields } = component;
  const config = nested(fields, 'oauthConfig');
  const policy = nested(fields, 'oauthPolicy');
  const session = nested(fields, 'sessionPolicy');
  const timeout = text(session, 'sessionTimeout');
  return {
    kind: 'connected-app',
    name: component.fullName,
    label: text(fields, 'label') ?? component.fullName,
    id: component.id,
    enabled: true,
    components: [component],
    consumerKey: text(config, 'consumerKey'),
    consumerSecret: text(config, 'consumerSecret'),
    certificate: text(config, 'certificate'),
    scopes: textList(config, 'scopes'),
    adminApproved: text(config, 'isAdminApproved') === 'true',
    permissionSets: textList(fields, 'permissionSetName'),
    profiles: textList(fields, 'profileName'),
    bypassesIpRanges: text(policy, 'ipRelaxation') === 'BYPASS',
    issuesJwtTokens: text(config, 'isNamedUserJwtEnabled') === 'true',
    blockedByHighAssurance: text(session, 'sessionLevel') === 'HIGH_ASSURANCE',
    sessionTimeoutMinutes: timeout === undefined ? undefined : Number(timeout),
  };
}

/** All apps of the org, External Client Apps first. */
export function appsOf(state: OrgState): App[] {
  const headers = state.componentsOf('ExternalClientApplication');
  return [
    ...headers.map((header) => externalClientApp(state, header)),
    ...state.componentsOf('ConnectedApp').map(connectedApp),
  ];
}

import type { AppType } from './app.js';
import type { Component, FieldStructure, FieldValue } from './component.js';
import { commaListOf, isStructure, isTrue, listOf } from './field.js';
import { certificateDer } from './read.js';

/** How an app looks at the address of a login, whichever type it is of. */
export type IpPolicy = 'enforce' | 'enforce-but-relax-refresh' | 'bypass-with-second-factor' | 'bypass';

/** What an app's metadata says of logins with it. */
export type AppSettings = {
  type: AppType;
  /** API name */
  name: string;
  label: string;
  /** Of the package that has brought it */
  namespace: string | undefined;
  /** Salesforce id, `0xI…` or `0H4…` */
  id: string;
  /** Undefined where the org doesn't give it out. */
  clientId: string | undefined;
  /** It has OAuth settings; without them nobody can log in with it. */
  hasOauth: boolean;
  /** DER; undefined: it has none, or the org doesn't give it out. */
  certificate: Buffer | undefined;
  /** Metadata names, as `RefreshToken` */
  scopes: string[];
  enabled: boolean;
  adminApproved: boolean;
  permissionSets: string[];
  profiles: string[];
  ipPolicy: IpPolicy;
  requiresHighAssurance: boolean;
  /** Minutes; undefined: that of the profile or the org. */
  sessionTimeout: number | undefined;
  /** It issues access tokens as JWTs, which SOAP refuses. */
  issuesJwtTokens: boolean;
};

/** The parts of an External Client App; what is undefined it doesn't have. */
export type ExternalClientAppParts = {
  header: Component;
  global: Component | undefined;
  settings: Component | undefined;
  policy: Component | undefined;
  /** Says whether it's enabled; only Setup changes it. */
  status: Component | undefined;
};

const IP_POLICIES: Record<string, IpPolicy> = {
  enforce: 'enforce',
  enforce_relaxrefresh: 'enforce-but-relax-refresh',
  bypass_2factor: 'bypass-with-second-factor',
  bypass: 'bypass',
};

export function externalClientAppSettings(
  { header, global, settings, policy, status }: ExternalClientAppParts,
  id: string,
): AppSettings {
  const rules = policy?.fields ?? {};
  const credentials = global?.fields ?? {};
  return {
    ...namesOf(header),
    type: 'external-client-app',
    id,
    clientId: textAt(credentials, 'consumerKey'),
    hasOauth: global !== undefined,
    certificate: certificateOf(credentials),
    scopes: commaListOf(settings?.fields['commaSeparatedOauthScopes']),
    enabled: textAt(status?.fields ?? {}, 'isEnabled') !== 'false',
    adminApproved: rules['permittedUsersPolicyType'] === 'AdminApprovedPreAuthorized',
    permissionSets: commaListOf(rules['commaSeparatedPermissionSet']),
    profiles: commaListOf(rules['commaSeparatedProfile']),
    ipPolicy: ipPolicyOf(rules['ipRelaxationPolicyType']),
    requiresHighAssurance: rules['requiredSessionLevel'] === 'HIGH_ASSURANCE' && rules['policyAction'] !== undefined,
    sessionTimeout: numberAt(rules, 'sessionTimeoutInMinutes'),
    issuesJwtTokens: isTrue(credentials['isNamedUserJwtEnabled']),
  };
}

export function connectedAppSettings(component: Component, id: string): AppSettings {
  const { fields } = component;
  const config = structureAt(fields, 'oauthConfig');
  const session = structureAt(fields, 'sessionPolicy');
  return {
    ...namesOf(component),
    type: 'connected-app',
    id,
    clientId: textAt(config, 'consumerKey'),
    hasOauth: isStructure(fields['oauthConfig']),
    certificate: certificateOf(config),
    scopes: listOf(config['scopes']),
    enabled: true,
    adminApproved: isTrue(config['isAdminApproved']),
    permissionSets: listOf(fields['permissionSetName']),
    profiles: listOf(fields['profileName']),
    ipPolicy: ipPolicyOf(structureAt(fields, 'oauthPolicy')['ipRelaxation']),
    requiresHighAssurance: session['sessionLevel'] === 'HIGH_ASSURANCE',
    sessionTimeout: numberAt(session, 'sessionTimeout'),
    issuesJwtTokens: isTrue(config['isNamedUserJwtEnabled']),
  };
}

function namesOf({ fullName, fields }: Component): Pick<AppSettings, 'name' | 'label' | 'namespace'> {
  return {
    name: fullName,
    label: textAt(fields, 'label') ?? fullName,
    namespace: /^([A-Za-z]\w*?)__/.exec(fullName)?.[1],
  };
}

function ipPolicyOf(value: FieldValue | undefined): IpPolicy {
  return (typeof value === 'string' ? IP_POLICIES[value.toLowerCase()] : undefined) ?? 'enforce';
}

function certificateOf(fields: FieldStructure): Buffer | undefined {
  const certificate = textAt(fields, 'certificate');
  return certificate === undefined ? undefined : certificateDer(certificate);
}

/** A plain value as text; undefined where there is none. */
export function textAt(fields: FieldStructure, field: string): string | undefined {
  const value = fields[field];
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberAt(fields: FieldStructure, field: string): number | undefined {
  const number = Number(fields[field]);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

export function structureAt(fields: FieldStructure, field: string): FieldStructure {
  const value = fields[field];
  return isStructure(value) ? value : {};
}

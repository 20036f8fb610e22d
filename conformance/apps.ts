import type { Component, Elements } from './metadata.js';

/** What is particular about an External Client App of a probe. */
export interface AppOptions {
  /** PEM, or another form of it; `none` leaves it out. */
  certificate?: string;
  clientId?: string;
  /** Metadata names, comma-separated. */
  scopes?: string;
  /** Who may log in with it, by the name of a permission set of the package; none: everybody who approved it once. */
  permissionSet?: string;
  /** Elements of its own for a component; they go before what is usual. */
  header?: Elements;
  oauth?: Elements;
  global?: Elements;
  policy?: Elements;
  /** Full name of the OAuth policy; `none` leaves that to the server. */
  policyName?: string;
}

export const CALLBACK = 'http://localhost:1717/OauthRedirect';

/** Of a domain that nobody has (RFC 2606). */
export const CONTACT_EMAIL = 'conformance@example.com';

export const PREFIX = 'JwtConformance';

/** An External Client App as a CI would have it: header, scopes, credentials and policy. */
export function externalClientApp(name: string, options: AppOptions = {}): Component[] {
  const { scopes = 'Api, Web, RefreshToken', policyName = `${name}_oauth_defaultPolicy` } = options;
  const parts = [
    component('ExternalClientApplication', name, {
      contactEmail: CONTACT_EMAIL,
      distributionState: 'Local',
      isProtected: 'false',
      label: name,
      ...options.header,
    }),
    component('ExtlClntAppOauthSettings', `${name}_oauth`, {
      commaSeparatedOauthScopes: scopes,
      externalClientApplication: name,
      label: `${name}_oauth`,
      ...options.oauth,
    }),
    globalSettings(name, options),
  ];
  return policyName === 'none' ? parts : [...parts, oauthPolicy(name, { ...options, policyName })];
}

export function globalSettings(name: string, { certificate, clientId, global }: AppOptions): Component {
  return component('ExtlClntAppGlobalOauthSettings', `${name}_glbloauth`, {
    callbackUrl: CALLBACK,
    ...(certificate === undefined || certificate === 'none' ? {} : { certificate }),
    ...(clientId === undefined ? {} : { consumerKey: clientId }),
    externalClientApplication: name,
    isConsumerSecretOptional: 'true',
    isPkceRequired: 'false',
    isSecretRequiredForRefreshToken: 'false',
    label: `${name}_glbloauth`,
    shouldRotateConsumerKey: 'false',
    shouldRotateConsumerSecret: 'false',
    ...global,
  });
}

export function oauthPolicy(name: string, { permissionSet, policy, policyName }: AppOptions): Component {
  return component('ExtlClntAppOauthConfigurablePolicies', policyName ?? `${name}_oauth_defaultPolicy`, {
    ...(permissionSet === undefined ? {} : { commaSeparatedPermissionSet: permissionSet }),
    externalClientApplication: name,
    ipRelaxationPolicyType: 'Bypass',
    label: policyName ?? `${name}_oauth_defaultPolicy`,
    permittedUsersPolicyType: permissionSet === undefined ? 'AllSelfAuthorized' : 'AdminApprovedPreAuthorized',
    ...policy,
  });
}

/** Whether the app takes logins at all. */
export function appPolicy(name: string, enabled: boolean): Component {
  return component('ExtlClntAppConfigurablePolicies', `${name}_defaultPolicy`, {
    externalClientApplication: name,
    isEnabled: String(enabled),
    label: `${name}_defaultPolicy`,
  });
}

export function permissionSet(name: string, elements: Elements = {}): Component {
  return component('PermissionSet', name, { label: name, ...elements });
}

export function connectedApp(name: string, config: Elements, elements: Elements = {}): Component {
  return component('ConnectedApp', name, {
    contactEmail: CONTACT_EMAIL,
    label: name,
    oauthConfig: { callbackUrl: CALLBACK, scopes: ['Api', 'Web', 'RefreshToken'], ...config },
    ...elements,
  });
}

export function component(type: string, fullName: string, elements: Elements): Component {
  return { type, fullName, elements };
}

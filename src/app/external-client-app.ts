import type { Connection } from '@salesforce/core';
import { CALLBACK_URL, type AppPlan, type AppReading, type Change, type NewApp, type WantedApp } from './app.js';
import { Failure } from '../failure.js';
import type { Component, ComponentType, FieldStructure } from './component.js';
import { certificateWish } from './certificate-wish.js';
import { commaListOf } from './field.js';
import { isSameName, missingFrom, plainWish, planFrom, type Wish } from './plan.js';
import { listComponents, readComponents, type Listing } from './read.js';

/** The header's satellites: each app has at most one of each, under any name. */
const SATELLITES = [
  'ExtlClntAppOauthSettings',
  'ExtlClntAppGlobalOauthSettings',
  'ExtlClntAppOauthConfigurablePolicies',
] as const satisfies ComponentType[];

/** Fields that a read brings but that only the server may set, or that the type has lost since. */
const NEVER_SENT = {
  ExternalClientApplication: [['orgScopedExternalApp']],
  ExtlClntAppGlobalOauthSettings: [['consumerKey'], ['consumerSecret']],
  ExtlClntAppOauthConfigurablePolicies: [['isNamedUserJwtEnabled']],
  ExtlClntAppOauthSettings: [['oauthLink']],
};

/**
 * Reads an External Client App. Its satellites are found by the app that they name, since Setup and other tools name
 * them differently.
 *
 * @returns undefined if the org has no such app
 * @throws Failure `app_settings_unreadable`
 */
export async function readExternalClientApp(
  metadata: Connection['metadata'],
  name: string,
): Promise<AppReading | undefined> {
  const headers = await listComponents(metadata, ['ExternalClientApplication']);
  const header = headers.find(({ fullName }) => isSameName(fullName, name));
  if (header === undefined) return undefined;
  const { id, fullName } = header;
  const listed = await listComponents(metadata, [...SATELLITES]);
  const [own, ...satellites] = await Promise.all([
    readComponents(metadata, 'ExternalClientApplication', [fullName]),
    ...SATELLITES.map((type) => satelliteOf(metadata, fullName, type, listed)),
  ]);
  const components = [...own, ...satellites.filter((component) => component !== undefined)];
  const policy = fieldsOf(components, 'ExtlClntAppOauthConfigurablePolicies');
  const consumerKey = fieldsOf(components, 'ExtlClntAppGlobalOauthSettings')?.['consumerKey'];
  return {
    name: fullName,
    id,
    components,
    clientId: typeof consumerKey === 'string' && consumerKey !== '' ? consumerKey : undefined,
    permissionSets: commaListOf(policy?.['commaSeparatedPermissionSet']),
    profiles: commaListOf(policy?.['commaSeparatedProfile']),
    adminApproved: policy && policy['permittedUsersPolicyType'] === 'AdminApprovedPreAuthorized',
  };
}

async function satelliteOf(
  metadata: Connection['metadata'],
  app: string,
  type: (typeof SATELLITES)[number],
  listed: Listing[],
): Promise<Component | undefined> {
  const names = listed.filter((listing) => listing.type === type).map(({ fullName }) => fullName);
  const components = await readComponents(metadata, type, names);
  const own = components.find(
    ({ fields: { externalClientApplication: owner } }) => typeof owner === 'string' && isSameName(owner, app),
  );
  if (own !== undefined) return own;
  // Settings that can't be read may be this app's, and the server wants no second ones.
  const unread = names.filter((name) => !components.some(({ fullName }) => fullName === name));
  if (unread.length === 0) return undefined;
  throw new Failure('app_settings_unreadable', { name: app, components: `${type} ${unread.join(', ')}` });
}

/** The difference between an app as it stands (undefined: none) and what is wanted. Pure. */
export function planExternalClientApp(wanted: WantedApp, reading: AppReading | undefined, fresh: NewApp): AppPlan {
  const { name } = wanted;
  return planFrom(
    {
      name,
      creation: 'createExternalClientApp',
      blank: newComponents(wanted, fresh),
      wishes: wishesOf(wanted),
      neverSent: NEVER_SENT,
    },
    reading,
  );
}

function wishesOf(wanted: WantedApp): Wish[] {
  const list = (key: Change['key'], type: ComponentType, field: string, values: string[]): Wish => ({
    ...plainWish(key, type, [field], undefined),
    value: (current) => [...commaListOf(current), ...missingFrom(commaListOf(current), values)].join(', '),
    same: (current) => missingFrom(commaListOf(current), values).length === 0,
  });
  const { certificate, adminApproved, ipRelaxation } = wanted;
  const header = 'ExternalClientApplication';
  const policy = 'ExtlClntAppOauthConfigurablePolicies';
  const ipPolicy = ipRelaxation && (ipRelaxation === 'bypass' ? 'Bypass' : 'Enforce');
  return [
    plainWish('label', header, ['label'], wanted.label),
    plainWish('contactEmail', header, ['contactEmail'], wanted.contactEmail),
    plainWish('callbackUrl', 'ExtlClntAppGlobalOauthSettings', ['callbackUrl'], wanted.callbackUrl),
    certificateWish('ExtlClntAppGlobalOauthSettings', ['certificate'], certificate),
    list('scopes', 'ExtlClntAppOauthSettings', 'commaSeparatedOauthScopes', wanted.scopes),
    plainWish('adminApproved', policy, ['permittedUsersPolicyType'], adminApproved && 'AdminApprovedPreAuthorized'),
    plainWish('ipRelaxation', policy, ['ipRelaxationPolicyType'], ipPolicy),
    list('permissionSets', policy, 'commaSeparatedPermissionSet', wanted.permissionSets),
    list('profiles', policy, 'commaSeparatedProfile', wanted.profiles),
  ];
}

/**
 * A new app, whole. The policy carries the name that the server gives to the one it would make by itself: under any
 * other name the deployment is refused as a duplicate.
 */
function newComponents(wanted: WantedApp, fresh: NewApp): Component[] {
  const { name, label = name, certificate, ipRelaxation } = wanted;
  const settings = `${name}_oauth`;
  const externalClientApplication = name;
  const scopes = wanted.scopes.length > 0 ? wanted.scopes : fresh.scopes;
  return [
    component('ExternalClientApplication', name, {
      contactEmail: wanted.contactEmail ?? fresh.contactEmail,
      distributionState: 'Local',
      isProtected: false,
      label,
    }),
    component('ExtlClntAppOauthSettings', settings, {
      commaSeparatedOauthScopes: scopes.join(', '),
      externalClientApplication,
      label,
    }),
    component('ExtlClntAppGlobalOauthSettings', `${name}_glbloauth`, {
      callbackUrl: wanted.callbackUrl ?? CALLBACK_URL,
      certificate: certificate.pem,
      ...(fresh.consumerKey === undefined ? {} : { consumerKey: fresh.consumerKey }),
      externalClientApplication,
      isConsumerSecretOptional: true,
      isNamedUserJwtEnabled: false,
      isSecretRequiredForRefreshToken: false,
      label,
    }),
    component('ExtlClntAppOauthConfigurablePolicies', `${settings}_defaultPolicy`, {
      ...(wanted.permissionSets.length === 0 ? {} : { commaSeparatedPermissionSet: wanted.permissionSets.join(', ') }),
      ...(wanted.profiles.length === 0 ? {} : { commaSeparatedProfile: wanted.profiles.join(', ') }),
      externalClientApplication,
      ipRelaxationPolicyType: ipRelaxation === 'bypass' ? 'Bypass' : 'Enforce',
      label,
      permittedUsersPolicyType: 'AdminApprovedPreAuthorized',
      // what the server itself gives a new policy
      refreshTokenPolicyType: 'SpecificLifetime',
      refreshTokenValidityPeriod: 365,
      refreshTokenValidityUnit: 'Days',
    }),
  ];
}

function component(type: ComponentType, fullName: string, fields: FieldStructure): Component {
  return { type, fullName, fields };
}

function fieldsOf(components: Component[], type: ComponentType): FieldStructure | undefined {
  return components.find((one) => one.type === type)?.fields;
}

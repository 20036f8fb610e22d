import type { Connection } from '@salesforce/core';
import { CALLBACK_URL, type AppPlan, type AppReading, type Change, type NewApp, type WantedApp } from './app.js';
import { Failure } from '../../failure.js';
import { adminOf } from './admin.js';
import type { Component, ComponentType, FieldStructure } from './component.js';
import { certificateField } from './certificate-field.js';
import { commaListOf } from './field.js';
import { isSameName, missingFrom, plainField, planFrom, type DesiredField } from './plan.js';
import { findListed, listComponents, readComponents, readListed, requireAbsent, type Listing } from './read.js';

const HEADER = 'ExternalClientApplication';

/** The header's satellites: each app has at most one of each, under any name. */
const SATELLITES = [
  'ExtlClntAppOauthSettings',
  'ExtlClntAppGlobalOauthSettings',
  'ExtlClntAppOauthConfigurablePolicies',
] as const satisfies ComponentType[];

type Satellite = (typeof SATELLITES)[number];

/** What is added to an app's name, by a deployment or in Setup. */
const USUAL_NAMES: Record<Satellite, string[]> = {
  ExtlClntAppOauthSettings: ['_oauth'],
  ExtlClntAppGlobalOauthSettings: ['_glbloauth'],
  ExtlClntAppOauthConfigurablePolicies: ['_oauthPlcy', '_oauth_defaultPolicy'],
};

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
 * @returns undefined if the org has no such app, and says so twice
 * @throws Failure `app_settings_unreadable`, `app_unreadable`, `app_answers_contradict`, `org_answer_strange`
 */
export async function readExternalClientApp(
  metadata: Connection['metadata'],
  name: string,
): Promise<AppReading | undefined> {
  const header = await findListed(metadata, HEADER, name);
  if (header === undefined) return undefined;
  const { id, fullName } = header;
  const listed = await listComponents(metadata, [...SATELLITES]);
  const [own, ...satellites] = await Promise.all([
    readListed(metadata, header),
    ...SATELLITES.map((type) => satelliteOf(metadata, fullName, type, listed)),
  ]);
  const missing = SATELLITES.filter((_type, index) => satellites[index] === undefined);
  await requireNoSatellites(metadata, fullName, missing, listed);
  const components = [own, ...satellites.filter((component) => component !== undefined)];
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
  type: Satellite,
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
  throw new Failure('app_settings_unreadable', {
    name: app,
    components: `${type} ${unread.join(', ')}`,
    type,
    admin: adminOf(metadata),
  });
}

/**
 * Asks once more, and in another way, for the satellites that an app seems to lack: new ones would take the place of those
 * that it has. They may have any name; these are the names that deployments and Setup give.
 *
 * @throws Failure `app_answers_contradict`, `org_answer_strange`
 */
async function requireNoSatellites(
  metadata: Connection['metadata'],
  app: string,
  types: Satellite[],
  listed: Listing[],
): Promise<void> {
  if (types.length === 0) return;
  const isListed = ({ type, fullName }: Pick<Listing, 'type' | 'fullName'>): boolean =>
    listed.some((listing) => listing.type === type && listing.fullName === fullName);
  const more = (await listComponents(metadata, types)).find((listing) => !isListed(listing));
  if (more !== undefined) {
    throw new Failure('app_answers_contradict', { component: `${more.type} ${more.fullName}` });
  }
  for (const type of types) {
    const names = USUAL_NAMES[type].map((suffix) => `${app}${suffix}`);
    await requireAbsent(
      metadata,
      type,
      names.filter((fullName) => !isListed({ type, fullName })),
    );
  }
}

/** The difference between an app as it stands (undefined: none) and what is wanted. Pure. */
export function planExternalClientApp(wanted: WantedApp, reading: AppReading | undefined, fresh: NewApp): AppPlan {
  const { name } = wanted;
  return planFrom(
    {
      name,
      creation: 'createExternalClientApp',
      blank: newComponents(wanted, fresh).map((each) => withFresh(each, wanted.fresh?.[each.type])),
      desired: desiredFieldsOf(wanted),
      neverSent: NEVER_SENT,
    },
    reading,
  );
}

function desiredFieldsOf(wanted: WantedApp): DesiredField[] {
  const list = (key: Change['key'], type: ComponentType, field: string, values: string[]): DesiredField => ({
    ...plainField(key, type, [field], undefined),
    value: (current) => [...commaListOf(current), ...missingFrom(commaListOf(current), values)].join(', '),
    same: (current) => missingFrom(commaListOf(current), values).length === 0,
  });
  const { certificate, adminApproved, ipRelaxation } = wanted;
  const header = 'ExternalClientApplication';
  const policy = 'ExtlClntAppOauthConfigurablePolicies';
  const ipPolicy = ipRelaxation && (ipRelaxation === 'bypass' ? 'Bypass' : 'Enforce');
  return [
    plainField('label', header, ['label'], wanted.label),
    plainField('contactEmail', header, ['contactEmail'], wanted.contactEmail),
    plainField('callbackUrl', 'ExtlClntAppGlobalOauthSettings', ['callbackUrl'], wanted.callbackUrl),
    certificateField('ExtlClntAppGlobalOauthSettings', ['certificate'], certificate),
    list('scopes', 'ExtlClntAppOauthSettings', 'commaSeparatedOauthScopes', wanted.scopes),
    plainField('adminApproved', policy, ['permittedUsersPolicyType'], adminApproved && 'AdminApprovedPreAuthorized'),
    plainField('ipRelaxation', policy, ['ipRelaxationPolicyType'], ipPolicy),
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

/** An empty list takes a default away. */
function withFresh({ fields, ...each }: Component, fresh: FieldStructure = {}): Component {
  const laid = Object.entries({ ...fields, ...fresh }).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return { ...each, fields: Object.fromEntries(laid) };
}

function component(type: ComponentType, fullName: string, fields: FieldStructure): Component {
  return { type, fullName, fields };
}

function fieldsOf(components: Component[], type: ComponentType): FieldStructure | undefined {
  return components.find((one) => one.type === type)?.fields;
}

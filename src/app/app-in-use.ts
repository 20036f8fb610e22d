import type { Connection } from '@salesforce/core';
import type { AppType } from './app.js';
import type { Component, FieldStructure, FieldValue } from './component.js';
import { commaListOf, isStructure, isTrue, listOf } from './field.js';
import { certificateDer, listComponents, readComponents, type Listing } from './read.js';

/** An app as a login meets it. */
export type AppInUse = {
  type: AppType;
  /** API name */
  name: string;
  /** Salesforce id, `0xI…` or `0H4…` */
  id: string;
  /** By what it was recognized: its client id, or the certificate of the key where the org hides the client id. */
  knownBy: 'clientId' | 'certificate';
  /** DER; undefined: it has none, or the org doesn't give it out. */
  certificate: Buffer | undefined;
  /** Metadata names, as `RefreshToken` */
  scopes: string[];
  enabled: boolean;
  adminApproved: boolean;
  permissionSets: string[];
  profiles: string[];
  /** The IP policy lets logins from every address pass. */
  bypassesIpRanges: boolean;
  requiresHighAssurance: boolean;
  /** It issues access tokens as JWTs, which SOAP refuses. */
  issuesJwtTokens: boolean;
};

/** What a search for a client id found. `hidden`: External Client Apps whose client id the org doesn't give out. */
export type AppSearch = { app: AppInUse | undefined; hidden: string[] };

/** The satellite that says whether an External Client App is enabled; only Setup changes it. */
const STATUS = 'ExtlClntAppConfigurablePolicies';

/**
 * Finds the app that has a client id, among the org's External Client Apps and Connected Apps.
 *
 * @param isOurs whether a certificate (DER) is that of the private key at hand
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_extlclntappglobaloauthsettings.htm
 */
export async function findApp(
  metadata: Connection['metadata'],
  clientId: string,
  isOurs: (certificate: Buffer) => boolean,
): Promise<AppSearch> {
  const listed = await listComponents(metadata, [
    'ConnectedApp',
    'ExternalClientApplication',
    'ExtlClntAppGlobalOauthSettings',
    'ExtlClntAppOauthConfigurablePolicies',
    'ExtlClntAppOauthSettings',
  ]);
  const [globals, connectedApps] = await Promise.all([
    readAll(metadata, listed, 'ExtlClntAppGlobalOauthSettings'),
    readAll(metadata, listed, 'ConnectedApp'),
  ]);
  const hiding = globals.filter(({ fields }) => text(fields, 'consumerKey') === undefined);
  const byKey = globals.find(({ fields }) => text(fields, 'consumerKey') === clientId);
  const byCertificate = hiding.filter(({ fields }) => hasCertificate(fields, isOurs));
  const global = byKey ?? (byCertificate.length === 1 ? byCertificate[0] : undefined);
  const connectedApp = connectedApps.find(
    ({ fields }) => text(structure(fields['oauthConfig']), 'consumerKey') === clientId,
  );
  const hidden = hiding.map(({ fields }) => text(fields, 'externalClientApplication') ?? '');
  // A client id that is known is no guess.
  if (byKey === undefined && connectedApp !== undefined) {
    return { app: connectedAppInUse(connectedApp, idOf(listed, connectedApp)), hidden };
  }
  if (global === undefined) return { app: undefined, hidden };
  const app = await externalClientAppInUse(metadata, listed, global);
  return { app: { ...app, knownBy: byKey === undefined ? 'certificate' : 'clientId' }, hidden };
}

type ReadType = Component['type'];

function readAll(metadata: Connection['metadata'], listed: Listing[], type: ReadType): Promise<Component[]> {
  const names = listed.filter((listing) => listing.type === type).map(({ fullName }) => fullName);
  return readComponents(metadata, type, names);
}

async function externalClientAppInUse(
  metadata: Connection['metadata'],
  listed: Listing[],
  global: Component,
): Promise<AppInUse> {
  const name = text(global.fields, 'externalClientApplication') ?? global.fullName;
  const ofApp = ({ fields }: Component): boolean => text(fields, 'externalClientApplication') === name;
  const [settings, policies, enabled] = await Promise.all([
    readAll(metadata, listed, 'ExtlClntAppOauthSettings'),
    readAll(metadata, listed, 'ExtlClntAppOauthConfigurablePolicies'),
    isEnabled(metadata, name),
  ]);
  const policy = policies.find(ofApp)?.fields ?? {};
  return {
    type: 'external-client-app',
    name,
    id: idOf(listed, { type: 'ExternalClientApplication', fullName: name }),
    knownBy: 'clientId',
    certificate: certificateOf(global.fields),
    scopes: commaListOf(settings.find(ofApp)?.fields['commaSeparatedOauthScopes']),
    enabled,
    adminApproved: policy['permittedUsersPolicyType'] === 'AdminApprovedPreAuthorized',
    permissionSets: commaListOf(policy['commaSeparatedPermissionSet']),
    profiles: commaListOf(policy['commaSeparatedProfile']),
    bypassesIpRanges: policy['ipRelaxationPolicyType'] === 'Bypass',
    requiresHighAssurance: policy['requiredSessionLevel'] === 'HIGH_ASSURANCE' && policy['policyAction'] !== undefined,
    issuesJwtTokens: isTrue(global.fields['isNamedUserJwtEnabled']),
  };
}

async function isEnabled(metadata: Connection['metadata'], app: string): Promise<boolean> {
  const listed = await metadata.list([{ type: STATUS }]);
  const names = listed.map(({ fullName }) => fullName);
  const policies = await readComponents(metadata, STATUS as ReadType, names);
  const own = policies.find(({ fields }) => text(fields, 'externalClientApplication') === app);
  return text(own?.fields ?? {}, 'isEnabled') !== 'false';
}

function connectedAppInUse({ fullName, fields }: Component, id: string): AppInUse {
  const config = structure(fields['oauthConfig']);
  return {
    type: 'connected-app',
    name: fullName,
    id,
    knownBy: 'clientId',
    certificate: certificateOf(config),
    scopes: listOf(config['scopes']),
    enabled: true,
    adminApproved: isTrue(config['isAdminApproved']),
    permissionSets: listOf(fields['permissionSetName']),
    profiles: listOf(fields['profileName']),
    bypassesIpRanges: structure(fields['oauthPolicy'])['ipRelaxation'] === 'BYPASS',
    requiresHighAssurance: structure(fields['sessionPolicy'])['sessionLevel'] === 'HIGH_ASSURANCE',
    issuesJwtTokens: isTrue(config['isNamedUserJwtEnabled']),
  };
}

function idOf(listed: Listing[], { type, fullName }: Pick<Component, 'type' | 'fullName'>): string {
  return listed.find((listing) => listing.type === type && listing.fullName === fullName)?.id ?? '';
}

function certificateOf(fields: FieldStructure): Buffer | undefined {
  const certificate = text(fields, 'certificate');
  return certificate === undefined ? undefined : certificateDer(certificate);
}

function hasCertificate(fields: FieldStructure, isOurs: (certificate: Buffer) => boolean): boolean {
  const certificate = certificateOf(fields);
  return certificate !== undefined && isOurs(certificate);
}

function text(fields: FieldStructure, field: string): string | undefined {
  const value = fields[field];
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function structure(value: FieldValue | undefined): FieldStructure {
  return isStructure(value) ? value : {};
}

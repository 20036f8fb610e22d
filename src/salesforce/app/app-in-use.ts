import type { Connection } from '@salesforce/core';
import {
  connectedAppSettings,
  externalClientAppSettings,
  structureAt,
  textAt,
  type AppSettings,
} from './app-settings.js';
import type { Component } from './component.js';
import { certificateDer, listComponents, readComponents, type Listing } from './read.js';

/** An app as a login meets it. */
export type AppInUse = Pick<
  AppSettings,
  | 'type'
  | 'name'
  | 'id'
  | 'certificate'
  | 'scopes'
  | 'enabled'
  | 'adminApproved'
  | 'permissionSets'
  | 'profiles'
  | 'requiresHighAssurance'
  | 'issuesJwtTokens'
> & {
  /** By what it was recognized: its client id, or the certificate of the key where the org hides the client id. */
  knownBy: 'clientId' | 'certificate';
  /** The IP policy lets logins from every address pass. */
  bypassesIpRanges: boolean;
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
  const hiding = globals.filter(({ fields }) => textAt(fields, 'consumerKey') === undefined);
  const byKey = globals.find(({ fields }) => textAt(fields, 'consumerKey') === clientId);
  const byCertificate = hiding.filter(({ fields }) => hasCertificate(fields, isOurs));
  const global = byKey ?? (byCertificate.length === 1 ? byCertificate[0] : undefined);
  const connectedApp = connectedApps.find(
    ({ fields }) => textAt(structureAt(fields, 'oauthConfig'), 'consumerKey') === clientId,
  );
  const hidden = hiding.map(({ fields }) => textAt(fields, 'externalClientApplication') ?? '');
  // A client id that is known is no guess.
  if (byKey === undefined && connectedApp !== undefined) {
    return { app: inUse(connectedAppSettings(connectedApp, idOf(listed, connectedApp)), 'clientId'), hidden };
  }
  if (global === undefined) return { app: undefined, hidden };
  const app = await externalClientAppInUse(metadata, listed, global);
  return { app: inUse(app, byKey === undefined ? 'certificate' : 'clientId'), hidden };
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
): Promise<AppSettings> {
  const name = textAt(global.fields, 'externalClientApplication') ?? global.fullName;
  const ofApp = ({ fields }: Component): boolean => textAt(fields, 'externalClientApplication') === name;
  const [settings, policies, statuses] = await Promise.all([
    readAll(metadata, listed, 'ExtlClntAppOauthSettings'),
    readAll(metadata, listed, 'ExtlClntAppOauthConfigurablePolicies'),
    metadata.list([{ type: STATUS }]).then((found) =>
      readComponents(
        metadata,
        STATUS,
        found.map(({ fullName }) => fullName),
      ),
    ),
  ]);
  const header: Component = { type: 'ExternalClientApplication', fullName: name, fields: {} };
  return externalClientAppSettings(
    { header, global, settings: settings.find(ofApp), policy: policies.find(ofApp), status: statuses.find(ofApp) },
    idOf(listed, header),
  );
}

function inUse({ ipPolicy, ...settings }: AppSettings, knownBy: AppInUse['knownBy']): AppInUse {
  return { ...settings, knownBy, bypassesIpRanges: ipPolicy === 'bypass' };
}

function idOf(listed: Listing[], { type, fullName }: Pick<Component, 'type' | 'fullName'>): string {
  return listed.find((listing) => listing.type === type && listing.fullName === fullName)?.id ?? '';
}

function hasCertificate(fields: Component['fields'], isOurs: (certificate: Buffer) => boolean): boolean {
  const certificate = textAt(fields, 'certificate');
  return certificate !== undefined && isOurs(certificateDer(certificate));
}

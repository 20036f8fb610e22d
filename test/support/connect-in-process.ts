/** `connect` as its command calls it, in the process of the tests, against a local org. */
import { Connection } from '@jsforce/jsforce-node';
import type { Connection as CoreConnection } from '@salesforce/core';
import { SYSTEM_CLOCK } from '../../src/clock.js';
import { connect } from '../../src/flows/connect/connect.js';
import type { Connected } from '../../src/flows/connect/connected.js';
import type { ConnectDependencies } from '../../src/flows/connect/dependencies.js';
import type { ConnectRequest } from '../../src/flows/connect/request.js';
import { readCertificate } from '../../src/keys/credential/certificate.js';
import type { ConnectRecord, ConnectRecords } from '../../src/machine/store/connect-record.js';
import type { WantedApp } from '../../src/salesforce/app/app.js';
import type { Org } from '../emulator/index.js';
import { wantedApp } from './wanted-app.js';
import { pairOf } from './workplace.js';

/** A connection of the org's admin, as core would make it of a stored login. */
export function adminConnection(org: Org): CoreConnection {
  const { username, accessToken } = org.admin;
  const connection = new Connection({ instanceUrl: org.url, accessToken, version: '67.0' });
  return Object.assign(connection, {
    getUsername: () => username,
    getAuthInfoFields: () => ({ orgId: org.orgId, username }),
  }) as unknown as CoreConnection;
}

/** A run without a key, so that nothing is proven, for an app with the certificate of the pair `server`. */
export async function connectInProcess(
  org: Org,
  { app = {}, ...asked }: Partial<Omit<ConnectRequest, 'app'>> & { app?: Partial<WantedApp> } = {},
  dependencies: Partial<ConnectDependencies> = {},
): Promise<Connected> {
  const { certificate } = await pairOf();
  const request: ConnectRequest = {
    appType: 'external-client-app',
    nameGiven: true,
    app: wantedApp({ certificate: readCertificate(certificate, 'server.crt'), ...app }),
    newScopes: ['Api', 'Web', 'RefreshToken'],
    usernames: [org.admin.username],
    usernamesAsked: true,
    newClientId: 'c'.repeat(64),
    clientId: undefined,
    apiVersion: '67.0',
    dryRun: false,
    signer: undefined,
    ...asked,
  };
  return connect(request, {
    ...SYSTEM_CLOCK,
    connection: adminConnection(org),
    logIn: () => Promise.reject(new Error('Nothing is proven without a key')),
    onPlan: () => Promise.resolve(),
    onDeployment: () => undefined,
    onRunningDeployment: () => undefined,
    onPartlyApplied: () => undefined,
    onUnrecorded: () => undefined,
    onLockout: () => Promise.resolve(true),
    record: recordInMemory(),
    ...dependencies,
  });
}

/** A record that lives as long as the test. */
export function recordInMemory(kept?: ConnectRecord): ConnectRecords & { kept: () => ConnectRecord | undefined } {
  let current = kept;
  return {
    kept: () => current,
    read: () => current,
    write: (record) => void (current = record),
    remove: () => void (current = undefined),
  };
}

import type { Connection } from '@salesforce/core';
import { hasMade } from '../../salesforce/app/deployment.js';
import type { AppReading } from '../../salesforce/app/app.js';
import type { ConnectRecord } from '../../machine/store/connect-record.js';
import type { ConnectRequest } from './request.js';

/** The components that bring a client id. */
const BRINGS_CLIENT_ID = ['ExtlClntAppGlobalOauthSettings', 'ConnectedApp'] as const;

/**
 * The client id that a run before this one sent, for an app whose client id the org hides: unless its deployment failed, or
 * met an app that was there.
 */
export async function withRecordedClientId(
  app: AppReading | undefined,
  record: ConnectRecord | undefined,
  { appType }: Pick<ConnectRequest, 'appType'>,
  connection: Connection,
): Promise<AppReading | undefined> {
  if (app === undefined || app.clientId !== undefined || record?.appType !== appType) return app;
  const { clientId, deployId } = record;
  const isOurs = deployId === undefined || (await hasMade(connection.metadata, deployId, [...BRINGS_CLIENT_ID]));
  return isOurs ? { ...app, clientId } : app;
}

/**
 * The client id for a new app: the one that a killed run has sent, if nobody knows what became of it. Should that deployment
 * still arrive, both bring the same.
 */
export function newClientIdOf(
  { appType, newClientId }: Pick<ConnectRequest, 'appType' | 'newClientId'>,
  record: ConnectRecord | undefined,
): string {
  return record?.appType === appType && record.deployId === undefined ? record.clientId : newClientId;
}

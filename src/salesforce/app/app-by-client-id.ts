import type { Connection } from '@salesforce/core';
import type { AppType } from './app.js';
import { findApp } from './app-in-use.js';
import { learnClientId } from './oauth-credentials.js';

/**
 * The app that has a client id, whichever type it is of, by its API name.
 *
 * @returns undefined if the org has none, or gives out the client ids of none that could be it
 */
export async function appByClientId(
  connection: Connection,
  clientId: string,
): Promise<{ name: string; type: AppType } | undefined> {
  const { app, hidden } = await findApp(connection.metadata, clientId, () => false);
  if (app !== undefined) return { name: app.name, type: app.type };
  for (const name of hidden) {
    if ((await learnClientId(connection, name)) === clientId) return { name, type: 'external-client-app' };
  }
  return undefined;
}

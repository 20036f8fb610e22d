import type { Connection } from '@salesforce/core';
import { Failure } from '../failure.js';
import type { AppReading } from '../salesforce/app/app.js';
import { adapterFor, readApp } from '../salesforce/app/app-adapter.js';
import { findNamedApp, type NamedApp } from '../salesforce/app/named-app.js';
import { isAppName } from '../salesforce/app/requirements.js';
import { lastMeaningOfFailure } from '../salesforce/org/reachability.js';

/**
 * The app that a name stands for, which may be its label: as the org calls it.
 *
 * @returns undefined where the org has none, and the name could be that of a new one
 * @throws Failure `app_name_illegal` for what could only be a label, and no app has, `app_label_ambiguous`, those of reading the org
 */
export async function appByName(connection: Connection, name: string): Promise<NamedApp | undefined> {
  const org = { instanceUrl: connection.instanceUrl, username: connection.getUsername() ?? '' };
  try {
    const app = await findNamedApp(connection, { name, clientId: undefined });
    if (app !== undefined || isAppName(name)) return app;
  } catch (error) {
    throw lastMeaningOfFailure(error, org);
  }
  throw new Failure('app_name_illegal', { name, variant: 'label' });
}

/**
 * The same, read whole.
 *
 * @throws Failure `app_not_found`, those of {@link appByName} and of reading an app
 */
export async function readNamedApp(connection: Connection, name: string): Promise<AppReading> {
  const found = await appByName(connection, name);
  const app = found && (await readApp(connection, adapterFor(found.type), found.name));
  if (app !== undefined) return app;
  throw new Failure('app_not_found', {
    name,
    instanceUrl: connection.instanceUrl,
    admin: connection.getUsername() ?? '',
  });
}

import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { APP_TYPES, type AppType } from './app.js';
import { typeOfApp } from './app-adapter.js';
import { appByClientId } from './app-by-client-id.js';
import type { ComponentType } from './component.js';
import { isSameName } from './plan.js';
import { listComponents, readComponents } from './read.js';

/** An app by the name that the org itself has for it. */
export type NamedApp = {
  /** API name */
  name: string;
  type: AppType;
};

const HEADERS: Record<AppType, ComponentType> = {
  'external-client-app': 'ExternalClientApplication',
  'connected-app': 'ConnectedApp',
};

/**
 * The app that a person means: by its API name, else by its label, or where there is no name by its client id.
 *
 * @returns undefined where the org has no such app, or hides the client ids of all that it could be
 * @throws Failure `app_label_ambiguous`, those of reading the org
 */
export async function findNamedApp(
  connection: Connection,
  { name, clientId }: { name: string | undefined; clientId: string | undefined },
): Promise<NamedApp | undefined> {
  if (name === undefined) return clientId === undefined ? undefined : appByClientId(connection, clientId);
  const { metadata } = connection;
  const listed = await listedApps(metadata);
  const named = APP_TYPES.flatMap((type) => listed.filter((app) => app.type === type && isSameName(app.name, name)))[0];
  if (named !== undefined) return named;
  const labelled = (await withLabels(metadata, listed)).filter(({ label }) => isSameName(label, name));
  const [only, ...others] = labelled;
  if (others.length > 0) {
    const candidates = labelled.map((app) => `${app.name} (${app.type})`).join(', ');
    throw new Failure('app_label_ambiguous', { label: name, candidates, name: only!.name });
  }
  if (only !== undefined) return { name: only.name, type: only.type };
  // A list may lack what can be read.
  const type = await typeOfApp(metadata, name);
  return type === undefined ? undefined : { name, type };
}

/** Every app of the org with its label, External Client Apps first. */
export async function labelledApps(metadata: Connection['metadata']): Promise<Array<NamedApp & { label: string }>> {
  return withLabels(metadata, await listedApps(metadata));
}

async function listedApps(metadata: Connection['metadata']): Promise<NamedApp[]> {
  const listed = await listComponents(
    metadata,
    APP_TYPES.map((type) => HEADERS[type]),
  );
  return APP_TYPES.flatMap((type) =>
    listed.filter((listing) => listing.type === HEADERS[type]).map(({ fullName: name }) => ({ name, type })),
  );
}

async function withLabels(
  metadata: Connection['metadata'],
  apps: NamedApp[],
): Promise<Array<NamedApp & { label: string }>> {
  const read = await Promise.all(
    APP_TYPES.map(async (type) => {
      const own = apps.filter((app) => app.type === type);
      const components = await readComponents(
        metadata,
        HEADERS[type],
        own.map(({ name }) => name),
      );
      return components.map(({ fullName: name, fields: { label } }) => ({
        name,
        type,
        label: typeof label === 'string' ? label : name,
      }));
    }),
  );
  return read.flat();
}

import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { APP_TYPES, type AppPlan, type AppReading, type AppType, type NewApp, type WantedApp } from './app.js';
import type { ComponentType } from './component.js';
import { planConnectedApp, readConnectedApp } from './connected-app.js';
import { planExternalClientApp, readExternalClientApp } from './external-client-app.js';
import { learnClientId } from './oauth-credentials.js';
import { isSameName } from './plan.js';
import { findListed, listComponents, requireAbsent, steady } from './read.js';

/** What reads and plans an app, whichever type it is of. */
export type AppAdapter = {
  read: (metadata: Connection['metadata'], name: string) => Promise<AppReading | undefined>;
  plan: (wanted: WantedApp, reading: AppReading | undefined, fresh: NewApp) => AppPlan;
};

const ADAPTERS: Record<AppType, AppAdapter & { header: ComponentType; other: AppType }> = {
  'external-client-app': {
    header: 'ExternalClientApplication',
    other: 'connected-app',
    read: readExternalClientApp,
    plan: planExternalClientApp,
  },
  'connected-app': {
    header: 'ConnectedApp',
    other: 'external-client-app',
    read: readConnectedApp,
    plan: planConnectedApp,
  },
};

/** The adapter for apps of a type. A name that exists as an app of the other type is said, and not made a second time. */
export function adapterFor(type: AppType): AppAdapter {
  const { read, plan, other } = ADAPTERS[type];
  return {
    plan,
    read: async (metadata, name) => {
      const app = await steady(() => read(metadata, name));
      if (app === undefined) await requireFree(metadata, name, other);
      return app;
    },
  };
}

/** Reads the app, its client id too if the org gives it out in any way. */
export async function readApp(
  connection: Connection,
  adapter: AppAdapter,
  name: string,
): Promise<AppReading | undefined> {
  const app = await adapter.read(connection.metadata, name);
  if (app === undefined || app.clientId !== undefined) return app;
  return { ...app, clientId: await learnClientId(connection, app.name) };
}

/**
 * The type of the app that has a name; undefined if the org says twice that there's none. Where both types have one of that
 * name, it's the External Client App.
 *
 * @throws Failure `app_answers_contradict`, `org_answer_strange`
 */
export async function typeOfApp(metadata: Connection['metadata'], name: string): Promise<AppType | undefined> {
  const listed = await listComponents(
    metadata,
    APP_TYPES.map((type) => ADAPTERS[type].header),
  );
  const types = listed.filter(({ fullName }) => isSameName(fullName, name)).map(({ type }) => type);
  const found = APP_TYPES.find((type) => types.includes(ADAPTERS[type].header));
  if (found === undefined) {
    for (const type of APP_TYPES) await requireAbsent(metadata, ADAPTERS[type].header, [name]);
  }
  return found;
}

/** @throws Failure `app_name_taken`, those of `findListed` */
async function requireFree(metadata: Connection['metadata'], name: string, other: AppType): Promise<void> {
  const listed = await findListed(metadata, ADAPTERS[other].header, name);
  if (listed !== undefined) throw new Failure('app_name_taken', { name, other });
}

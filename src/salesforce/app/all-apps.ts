import type { Connection } from '@salesforce/core';
import { connectedAppSettings, externalClientAppSettings, textAt, type AppSettings } from './app-settings.js';
import type { Component, ComponentType } from './component.js';
import { isSameName } from './plan.js';
import { listComponents, readComponents, type Listing } from './read.js';

/** Every app of an org, and those that it lists and doesn't let this admin read. */
type AllApps = {
  apps: AppSettings[];
  unreadable: Array<{ type: AppSettings['type']; name: string; id: string }>;
};

const TYPES = [
  'ConnectedApp',
  'ExternalClientApplication',
  'ExtlClntAppGlobalOauthSettings',
  'ExtlClntAppOauthConfigurablePolicies',
  'ExtlClntAppOauthSettings',
  'ExtlClntAppConfigurablePolicies',
] as const satisfies ComponentType[];

/** The Metadata API takes so many names in a `readMetadata`, and a client so many requests at once. */
const NAMES_PER_READ = 10;
const AT_ONCE = 5;

/**
 * Reads every External Client App and Connected App of an org, by as few requests as the Metadata API allows.
 *
 * @throws Failure `org_answer_strange`
 */
export async function readAllApps(metadata: Connection['metadata']): Promise<AllApps> {
  const listed = await listComponents(metadata, [...TYPES]);
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(AT_ONCE);
  const read = async (type: ComponentType): Promise<Component[]> => {
    const names = listed.filter((listing) => listing.type === type).map(({ fullName }) => fullName);
    const batches = batched(names).map((batch) => limit(() => readComponents(metadata, type, batch)));
    return (await Promise.all(batches)).flat();
  };
  const [connectedApps, headers, globals, policies, settings, statuses] = await Promise.all(TYPES.map(read));
  const byOwner = (components: Component[] = []): Map<string, Component> =>
    new Map(components.map((each) => [ownerOf(each), each]));
  const parts = [globals, settings, policies, statuses].map(byOwner);
  const externalClientApps = headers!.map((header) => {
    const [global, scopes, policy, status] = parts.map((owned) => owned.get(header.fullName.toLowerCase()));
    return externalClientAppSettings({ header, global, settings: scopes, policy, status }, idOf(listed, header));
  });
  const apps = [...externalClientApps, ...connectedApps!.map((app) => connectedAppSettings(app, idOf(listed, app)))];
  const unreadable = listed.flatMap(({ type, fullName: name, id }) => {
    const appType = APP_TYPE_OF[type];
    return appType === undefined || apps.some((app) => app.type === appType && isSameName(app.name, name))
      ? []
      : [{ type: appType, name, id }];
  });
  return { apps, unreadable };
}

const APP_TYPE_OF: Partial<Record<ComponentType, AppSettings['type']>> = {
  ExternalClientApplication: 'external-client-app',
  ConnectedApp: 'connected-app',
};

/** Names of apps are the same in any case. */
function ownerOf({ fields }: Component): string {
  return textAt(fields, 'externalClientApplication')?.toLowerCase() ?? '';
}

function idOf(listed: Listing[], { type, fullName }: Component): string {
  return listed.find((listing) => listing.type === type && listing.fullName === fullName)?.id ?? '';
}

function batched<T>(items: T[]): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += NAMES_PER_READ)
    batches.push(items.slice(start, start + NAMES_PER_READ));
  return batches;
}

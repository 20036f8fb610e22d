import type { AppReading, WantedApp } from './app.js';
import type { Component, ComponentType } from './component.js';
import type { AppAdapter } from './app-adapter.js';
import { fieldAt } from './plan.js';
import { certificateDer } from './read.js';

/** Where an app's certificate stands, by the type of the component that holds it. */
const PLACES: Partial<Record<ComponentType, string[]>> = {
  ConnectedApp: ['oauthConfig', 'certificate'],
  ExtlClntAppGlobalOauthSettings: ['certificate'],
};

/** The DER of the app's certificate; undefined where it has none, or the org doesn't give it out. */
export function certificateIn({ components }: AppReading): Buffer | undefined {
  const texts = components.map(({ type, fields }) => fieldAt(fields, PLACES[type] ?? ['']));
  const text = texts.find((value) => typeof value === 'string');
  return text === undefined ? undefined : certificateDer(text);
}

/** Whether the app has the settings that hold a certificate, even if the org doesn't give the certificate out. */
export function canHoldCertificate({ components }: AppReading): boolean {
  return components.some(({ type, fields }) => {
    const place = PLACES[type];
    return place !== undefined && fieldAt(fields, place.slice(0, -1)) !== undefined;
  });
}

/** What gives an app another certificate and leaves everything else as it is. Empty if it has that certificate already. */
export function certificateSwap(
  adapter: AppAdapter,
  app: AppReading,
  certificate: WantedApp['certificate'],
): Component[] {
  const wanted: WantedApp = {
    name: app.name,
    label: undefined,
    contactEmail: undefined,
    callbackUrl: undefined,
    certificate,
    scopes: [],
    permissionSets: [],
    profiles: [],
    adminApproved: undefined,
    ipRelaxation: undefined,
  };
  const { components } = adapter.plan(wanted, app, { contactEmail: '', scopes: [], consumerKey: undefined });
  return components.filter(({ type }) => PLACES[type] !== undefined);
}

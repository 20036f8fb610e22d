import type { Component, FieldStructure } from './component.js';
import { isStructure } from './field.js';

/** The client id that components would set, wherever their type has it. */
export function clientIdIn(components: Component[]): string | undefined {
  for (const { fields } of components) {
    const consumerKey = fields['consumerKey'] ?? oauthConfigOf(fields)?.['consumerKey'];
    if (typeof consumerKey === 'string') return consumerKey;
  }
  return undefined;
}

/** The component without the client id and the secret. */
export function withoutClientId({ fields, ...component }: Component): Component {
  const { consumerKey: _, consumerSecret: __, ...kept } = fields;
  const oauthConfig = oauthConfigOf(kept);
  if (oauthConfig === undefined) return { ...component, fields: kept };
  const { consumerKey: ___, consumerSecret: ____, ...config } = oauthConfig;
  return { ...component, fields: { ...kept, oauthConfig: config } };
}

/** A Connected App has its OAuth settings inside; an External Client App has a component for them. */
function oauthConfigOf({ oauthConfig }: FieldStructure): FieldStructure | undefined {
  return isStructure(oauthConfig) ? oauthConfig : undefined;
}

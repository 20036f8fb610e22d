import type { Connection } from '@salesforce/core';
import type { Component } from './component.js';
import { isTrue } from './field.js';
import { isSameName } from './plan.js';
import { listComponents, readComponents } from './read.js';

const TYPE = 'ExtlClntAppConfigurablePolicies';

/** What an External Client App has beside the parts that a login needs: whether it's switched on, by this component. */
export type AppStatus = { enabled: boolean; component: Component | undefined };

/**
 * Reads the general policy of an External Client App, which the org makes by itself. It's found by the app that it names.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_extlclntappconfigurablepolicies.htm
 */
export async function readAppStatus(metadata: Connection['metadata'], app: string): Promise<AppStatus> {
  const names = (await listComponents(metadata, [TYPE])).map(({ fullName }) => fullName);
  const component = (await readComponents(metadata, TYPE, names)).find(
    ({ fields: { externalClientApplication: owner } }) => typeof owner === 'string' && isSameName(owner, app),
  );
  return { enabled: component === undefined || isTrue(component.fields['isEnabled']), component };
}

/** What is deployed to switch an app on or off: the policy as it is but for that, else the one that the org would make. */
export function switched({ component }: AppStatus, app: string, enabled: boolean): Component {
  const name = `${app}_defaultPolicy`;
  const { fullName, fields } = component ?? { fullName: name, fields: { externalClientApplication: app, label: name } };
  return { type: TYPE, fullName, fields: { ...fields, isEnabled: enabled } };
}

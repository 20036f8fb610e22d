import { Failure } from '../../failure.js';

/** A value of a metadata field: text, several, or a nested structure, as the Metadata API types them. */
export type FieldValue = string | boolean | number | FieldStructure | FieldValue[];
export type FieldStructure = { [field: string]: FieldValue };

/** A metadata component: one file of a deployment. */
export type Component = { type: ComponentType; fullName: string; fields: FieldStructure };

/**
 * Where each type's files stand in a deployment.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_externalclientapplication.htm
 */
export const COMPONENT_TYPES = {
  ConnectedApp: { directory: 'connectedApps', suffix: 'connectedApp' },
  ExtlClntAppConfigurablePolicies: { directory: 'extlClntAppPolicies', suffix: 'ecaPlcy' },
  ExternalClientApplication: { directory: 'externalClientApps', suffix: 'eca' },
  ExtlClntAppGlobalOauthSettings: { directory: 'extlClntAppGlobalOauthSets', suffix: 'ecaGlblOauth' },
  ExtlClntAppOauthConfigurablePolicies: { directory: 'extlClntAppOauthPolicies', suffix: 'ecaOauthPlcy' },
  ExtlClntAppOauthSettings: { directory: 'extlClntAppOauthSettings', suffix: 'ecaOauth' },
  PermissionSet: { directory: 'permissionsets', suffix: 'permissionset' },
} as const;

export type ComponentType = keyof typeof COMPONENT_TYPES;

/** API names, with what the Metadata API puts in the place of other characters. Nothing in it can lead to another folder. */
const FILE_NAME = /^[\w%()-][\w%(). -]*$/;

/**
 * The path of a component's file in a package: `connectedApps/CiApp.connectedApp`. Names come from the org too.
 *
 * @throws Failure `component_name_illegal`
 */
export function componentFile({ type, fullName }: Pick<Component, 'type' | 'fullName'>): string {
  if (!FILE_NAME.test(fullName)) throw new Failure('component_name_illegal', { component: `${type} ${fullName}` });
  const { directory, suffix } = COMPONENT_TYPES[type];
  return `${directory}/${fullName}.${suffix}`;
}

const METADATA_NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

/** The component's XML. The WSDL orders the elements of every type by name, and the server drops what is out of order. */
export async function componentXml({ type, fields }: Component): Promise<string> {
  return xmlDocument(type, inOrder(fields));
}

/**
 * The manifest of a deployment, `package.xml`, or of what it deletes, `destructiveChanges.xml`: the types by name, then the API
 * version ("67.0").
 */
export async function packageXml(
  components: Array<Pick<Component, 'type' | 'fullName'>>,
  apiVersion: string,
): Promise<string> {
  const byType = Map.groupBy(components, ({ type }) => type);
  const types = [...byType.keys()].sort().map((type) => ({
    members: byType.get(type)!.map(({ fullName }) => fullName),
    name: type,
  }));
  return xmlDocument('Package', { types, version: apiVersion });
}

async function xmlDocument(root: string, fields: FieldStructure): Promise<string> {
  const { default: XMLBuilder } = await import('fast-xml-builder');
  const builder = new XMLBuilder({ format: true, indentBy: '    ', ignoreAttributes: false, attributeNamePrefix: '@' });
  const declaration = { '@version': '1.0', '@encoding': 'UTF-8' };
  return builder.build({ '?xml': declaration, [root]: { '@xmlns': METADATA_NAMESPACE, ...fields } });
}

function inOrder(fields: FieldStructure): FieldStructure {
  return Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, value]) => [field, sorted(value)]),
  );
}

function sorted(value: FieldValue): FieldValue {
  if (Array.isArray(value)) return value.map(sorted);
  return typeof value === 'object' ? inOrder(value) : value;
}

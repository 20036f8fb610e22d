import JSZip from 'jszip';

/** Elements of a component; they are written in alphabetical order, as the WSDL wants it. A list is an element each. */
export interface Elements {
  [name: string]: string | Elements | Array<string | Elements>;
}

export interface Component {
  type: string;
  fullName: string;
  elements: Elements;
}

/** The types that the kit makes, with where their files go. */
const PLACES: Readonly<Record<string, readonly [directory: string, suffix: string]>> = {
  PermissionSet: ['permissionsets', 'permissionset'],
  ExternalClientApplication: ['externalClientApps', 'eca'],
  ExtlClntAppOauthSettings: ['extlClntAppOauthSettings', 'ecaOauth'],
  ExtlClntAppGlobalOauthSettings: ['extlClntAppGlobalOauthSets', 'ecaGlblOauth'],
  ExtlClntAppOauthConfigurablePolicies: ['extlClntAppOauthPolicies', 'ecaOauthPlcy'],
  ExtlClntAppConfigurablePolicies: ['extlClntAppPolicies', 'ecaPlcy'],
  ConnectedApp: ['connectedApps', 'connectedApp'],
  Settings: ['settings', 'settings'],
};

/** Types to delete, those that refer to others first. */
export const APP_TYPES: readonly string[] = [
  'ExtlClntAppConfigurablePolicies',
  'ExtlClntAppOauthConfigurablePolicies',
  'ExtlClntAppGlobalOauthSettings',
  'ExtlClntAppOauthSettings',
  'ExternalClientApplication',
  'ConnectedApp',
];

const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');

/** Elements as XML, without a root. */
export function elementsXml(elements: Elements): string {
  return Object.entries(elements)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((entry) => elementXml(name, entry)))
    .join('');
}

const elementXml = (name: string, value: string | Elements): string =>
  `<${name}>${typeof value === 'string' ? escapeXml(value) : elementsXml(value)}</${name}>`;

const rootOf = ({ type, fullName }: Component): string => (type === 'Settings' ? `${fullName}Settings` : type);

/** A package that deploys these components, by file name. */
export function packageOf(components: readonly Component[], apiVersion: string): Record<string, string> {
  const files = components.map((component): [string, string] => {
    const [directory, suffix] = PLACES[component.type] ?? ['unknown', 'xml'];
    const root = rootOf(component);
    const body = elementsXml(component.elements);
    return [
      `${directory}/${component.fullName}.${suffix}`,
      `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${body}</${root}>\n`,
    ];
  });
  return { 'package.xml': manifest(components, apiVersion), ...Object.fromEntries(files) };
}

/** A package that deletes these. */
export function deletionOf(
  members: readonly Omit<Component, 'elements'>[],
  apiVersion: string,
): Record<string, string> {
  return { 'package.xml': manifest([], apiVersion), 'destructiveChanges.xml': manifest(members, apiVersion) };
}

export function manifest(members: readonly Omit<Component, 'elements'>[], apiVersion: string): string {
  const types = [...new Set(members.map(({ type }) => type))].map((type) => {
    const names = members
      .filter((member) => member.type === type)
      .map(({ fullName }) => `<members>${escapeXml(fullName)}</members>`);
    return `<types>${names.join('')}<name>${type}</name></types>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="${NAMESPACE}">${types.join('')}<version>${apiVersion}</version></Package>\n`;
}

export async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const archive = new JSZip();
  for (const [name, text] of Object.entries(files)) archive.file(name, text);
  return archive.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' });
}

export async function filesOf(zip: Buffer): Promise<Record<string, string>> {
  const archive = await JSZip.loadAsync(zip);
  const entries = Object.values(archive.files).filter(({ dir }) => !dir);
  return Object.fromEntries(
    await Promise.all(entries.map(async (entry) => [entry.name, await entry.async('text')] as const)),
  );
}

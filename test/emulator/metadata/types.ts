import type { KEY_PREFIX } from '../model/ids.js';

/** A metadata type this org can deploy, list, read and retrieve (Metadata API Developer Guide, one page per type). */
export interface MetadataType {
  name: string;
  directory: string;
  suffix: string;
  /** First API version that knows the type. */
  since: number;
  idKind: keyof typeof KEY_PREFIX;
  /** Field that names the app the component belongs to, for satellites of an External Client App. */
  parentField?: 'externalClientApplication';
  /** The component is a file of its own, described by a second one with `-meta.xml` behind the name. */
  hasContent?: true;
  /** Each component has a root element of its own name, and elements that no table here knows. */
  isSettings?: true;
}

export const ECA = 'ExternalClientApplication';
export const ECA_GLOBAL = 'ExtlClntAppGlobalOauthSettings';
export const ECA_OAUTH = 'ExtlClntAppOauthSettings';
export const ECA_OAUTH_POLICY = 'ExtlClntAppOauthConfigurablePolicies';
export const ECA_POLICY = 'ExtlClntAppConfigurablePolicies';
export const CONNECTED_APP = 'ConnectedApp';
export const PERMISSION_SET = 'PermissionSet';
export const APEX_CLASS = 'ApexClass';
export const SETTINGS = 'Settings';

const parentField = 'externalClientApplication';

/** In the order in which one deployment saves them: what others refer to comes first. */
export const METADATA_TYPES: readonly MetadataType[] = [
  { name: PERMISSION_SET, directory: 'permissionsets', suffix: 'permissionset', since: 22, idKind: 'permissionSet' },
  { name: ECA, directory: 'externalClientApps', suffix: 'eca', since: 59, idKind: 'externalClientApplication' },
  {
    name: ECA_OAUTH,
    directory: 'extlClntAppOauthSettings',
    suffix: 'ecaOauth',
    since: 59,
    idKind: 'ecaOauthSettings',
    parentField,
  },
  {
    name: ECA_GLOBAL,
    directory: 'extlClntAppGlobalOauthSets',
    suffix: 'ecaGlblOauth',
    since: 59,
    idKind: 'ecaGlobalSettings',
    parentField,
  },
  {
    name: ECA_OAUTH_POLICY,
    directory: 'extlClntAppOauthPolicies',
    suffix: 'ecaOauthPlcy',
    since: 59,
    idKind: 'ecaOauthPolicy',
    parentField,
  },
  {
    name: ECA_POLICY,
    directory: 'extlClntAppPolicies',
    suffix: 'ecaPlcy',
    since: 60,
    idKind: 'ecaPolicy',
    parentField,
  },
  {
    name: CONNECTED_APP,
    directory: 'connectedApps',
    suffix: 'connectedApp',
    since: 29,
    idKind: 'connectedApplication',
  },
  { name: SETTINGS, directory: 'settings', suffix: 'settings', since: 27, idKind: 'settings', isSettings: true },
  { name: APEX_CLASS, directory: 'classes', suffix: 'cls', since: 10, idKind: 'apexClass', hasContent: true },
];

/** `LightningExperienceSettings` is the root of `settings/LightningExperience.settings`. */
export function rootElement({ name, isSettings }: MetadataType, fullName: string): string {
  return isSettings ? fullName + name : name;
}

export function metadataType(name: string): MetadataType | undefined {
  return METADATA_TYPES.find((type) => type.name === name);
}

import type { Component, ComponentType, FieldStructure } from './component.js';

/** Where the CLI's own browser login comes back to, on the user's machine. */
export const CALLBACK_URL = 'http://localhost:1717/OauthRedirect';

export const APP_TYPES = ['external-client-app', 'connected-app'] as const;
export type AppType = (typeof APP_TYPES)[number];
export type IpRelaxation = 'enforce' | 'bypass';

/**
 * What is asked of the app. Where a field is undefined, or a list empty, an app that exists keeps what it has and a new
 * one gets the careful default. Lists are added to what is there: nothing is taken away from an app in use.
 */
export type WantedApp = {
  /** API name */
  name: string;
  label: string | undefined;
  contactEmail: string | undefined;
  callbackUrl: string | undefined;
  certificate: {
    pem: string;
    der: Buffer;
    fingerprint256: string;
    /** A login has proven that the app has it, where the org doesn't give certificates out. */
    proven?: boolean;
  };
  /** Metadata names, as `Api` */
  scopes: string[];
  permissionSets: string[];
  profiles: string[];
  /** Only users whom an admin pre-authorized may log in. Undefined: as it is, and so for a new app. */
  adminApproved: true | undefined;
  ipRelaxation: IpRelaxation | undefined;
  /** Fields that a new app gets in the place of the careful defaults, by the component that has them. */
  fresh?: Partial<Record<ComponentType, FieldStructure>>;
};

/** What a new app gets where nothing was asked for. */
export type NewApp = { contactEmail: string; scopes: string[]; consumerKey: string | undefined };

/** An app as it stands in the org. */
export type AppReading = {
  /** API name as the org spells it: names that differ only in case are the same. */
  name: string;
  /** Salesforce id, `0xI…` or `0H4…` */
  id: string;
  components: Component[];
  /** Undefined where the org doesn't give it out. */
  clientId: string | undefined;
  permissionSets: string[];
  profiles: string[];
  /** Undefined where the app has no policy yet, as one without OAuth. */
  adminApproved: boolean | undefined;
};

/** One difference between what stands and what is wanted. `key` names its sentence in `messages/jwt.connect.md`. */
export type Change = {
  key:
    | 'adminApproved'
    | 'assignment'
    | 'accessRow'
    | 'callbackUrl'
    | 'certificate'
    | 'contactEmail'
    | 'createConnectedApp'
    | 'createExternalClientApp'
    | 'ipRelaxation'
    | 'label'
    | 'permissionSet'
    | 'permissionSets'
    | 'profiles'
    | 'scopes';
  from?: string;
  to: string;
};

/** What to deploy and why. No components: nothing to deploy. `whole` is the app as it will be, all of it. */
export type AppPlan = { components: Component[]; changes: Change[]; whole: Component[] };

import type { X509Certificate } from 'node:crypto';

import type { AppKind } from './registry.js';

export interface License {
  id: string;
  name: string;
  /** `LicenseDefinitionKey` of a user license, `DeveloperName` of a permission set license. */
  key: string;
  /** How many users may have it. */
  total: number;
}

/** A permission set license of a user. */
export interface LicenseAssignment {
  id: string;
  userId: string;
  licenseId: string;
}

export interface Profile {
  id: string;
  name: string;
  licenseId: string;
  /** Every profile owns a hidden permission set; access rows of a profile hang on that one. */
  permissionSetId: string;
  permissions: readonly string[];
}

export interface User {
  id: string;
  username: string;
  firstName: string;
  lastName: string;
  email: string;
  active: boolean;
  frozen: boolean;
  locked: boolean;
  loginHours: 'any' | 'closed';
  profileId: string;
  permissions: Set<string>;
  /** `FederationIdentifier` */
  federationId?: string | undefined;
  createdAt: number;
}

export interface Assignment {
  id: string;
  userId: string;
  permissionSetId: string;
  effectiveAt: number;
  createdAt: number;
}

/** A row of SetupEntityAccess: this permission set (or profile) may use this app. */
export interface Access {
  id: string;
  parentId: string;
  entityId: string;
  fromPolicy: boolean;
  effectiveAt: number;
  createdAt: number;
}

/** Every value of a metadata component is text, a structure, or a list of these, as in its XML. */
export type FieldValue = string | Fields | FieldValue[];
export interface Fields {
  [name: string]: FieldValue;
}

export interface Component {
  readonly type: string;
  readonly fullName: string;
  readonly id: string;
  readonly fields: Fields;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly modifiedAt: number;
  readonly modifiedBy: string;
}

export interface ConsumerCertificate {
  text: string;
  x509: X509Certificate;
  activeFrom: number;
}

/** The OAuth consumer behind an app: what the token endpoint looks up by client id. */
export interface Consumer {
  readonly id: string;
  readonly kind: AppKind;
  readonly appName: string;
  key: string;
  secret: string;
  createdAt: number;
  visibleAt: number;
  certificates: ConsumerCertificate[];
}

export interface Session {
  token: string;
  userId: string;
  scopes: readonly string[];
  clientId: string | undefined;
  format: 'opaque' | 'jwt';
  createdAt: number;
  expiresAt: number;
}

/** A one-time code of the web server flow, and what it stands for. */
export interface AuthorizationCode {
  userId: string;
  clientId: string;
  callbackUrl: string;
  expiresAt: number;
}

export interface RefreshToken {
  userId: string;
  clientId: string;
  scopes: readonly string[];
}

/** What a Dev Hub does about its ScratchOrgInfo records. */
export interface SignUps {
  /** A record was inserted: an org is signed up for it, and the record tells how far that is. */
  begin(info: DataRow): void;
  /** The scratch org was deleted from the Dev Hub. */
  end(info: DataRow): void;
}

/** A run of Apex tests. It is over when its time has passed. */
export interface TestRun {
  /** Id of the asynchronous job, which names the run to its caller. */
  id: string;
  resultId: string;
  userId: string;
  startedAt: number;
  endsAt: number;
  classes: Array<{ queueItemId: string; classId: string; methods: Array<{ id: string; name: string }> }>;
}

export interface LoginAttempt {
  id: string;
  userId: string;
  time: number;
  status: string;
  application: string;
  sourceIp: string;
  loginUrl: string;
}

export interface Site {
  /** Path below the org's origin, without slashes. */
  name: string;
  id: string;
}

export interface DataRow {
  Id: string;
  [field: string]: string | number | boolean | null;
}

export type OrgKind = 'production' | 'developer' | 'sandbox' | 'scratch';

/** Languages in which an org's own names are known here. */
export type Language = 'en_US' | 'nl_NL';

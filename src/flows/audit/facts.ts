import type { CertificateFacts } from '../../keys/credential/certificate-facts.js';
import type { AppType } from '../../salesforce/app/app.js';
import type { AppSettings } from '../../salesforce/app/app-settings.js';

/** The certificate of an app, and who says so: the org, or this machine, where the org doesn't give it out. */
export type AppCertificate = CertificateFacts & { signatureAlgorithm: string; source: 'org' | 'machine' };

/** Who may log in with an app that admits only pre-authorized users. */
export type Admitted = {
  permissionSets: string[];
  profiles: string[];
  /** Active ones, each once */
  users: number;
};

/** One app by which a JWT may enter. What is undefined the org doesn't tell, or not to this admin. */
export type AuditedApp = {
  type: AppType;
  /** API name; the label where the org tells no other name. */
  name: string;
  label: string;
  id: string;
  namespace: string | undefined;
  clientId: string | undefined;
  /** Undefined: another org's app that is installed here, or one whose metadata the admin can't read. */
  settings: AppSettings | undefined;
  adminApproved: boolean | undefined;
  /** `unreadable`: something is there that is no certificate. */
  certificate: AppCertificate | 'unreadable' | undefined;
  admitted: Admitted | undefined;
  /** The newest successful login that the org remembers; null: it remembers none. */
  lastLogin: { time: number; username: string | undefined } | null | undefined;
  /** How many users have tokens of it */
  tokenUsers: number | undefined;
  /** Logins with it that are stored on this machine */
  logins: Array<{ username: string; aliases: string[] }>;
};

/** A part of the org that couldn't be looked at; names words in `messages/jwt.audit.md`. */
export type Part = 'installed' | 'access' | 'history' | 'tokens' | 'users';

/** Everything that an audit looks at. */
export type AuditFacts = {
  now: Date;
  org: { id: string; instanceUrl: string; admin: string };
  /** What can let a JWT in, or whose certificate isn't shown. */
  apps: AuditedApp[];
  /** How many apps have no certificate, so that no JWT enters by them */
  withoutCertificate: number;
  unseen: Array<{ part: Part; reason: string }>;
};

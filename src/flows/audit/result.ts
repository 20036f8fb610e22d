import { oauthNamesOf } from '../../salesforce/app/scopes.js';
import type { Audit } from './audit.js';
import type { AuditedApp } from './facts.js';

/** One app by which a JWT may enter. What is null the org doesn't tell, or not to this admin. */
export type AuditedAppRow = {
  type: 'external-client-app' | 'connected-app';
  /** API name; the label where the org tells no other. */
  name: string;
  label: string;
  /** Salesforce id. */
  id: string;
  /** Of the package that has brought it. */
  namespace: string | null;
  clientId: string | null;
  /** False: switched off; a Connected App has no switch. */
  enabled: boolean | null;
  certificate: {
    /** "machine": the org doesn't give it out, and this machine has kept it. */
    source: 'org' | 'machine';
    subject: string;
    /** ISO 8601 in UTC, as the next one. */
    notBefore: string;
    notAfter: string;
    /** Whole days; negative after its end. */
    daysLeft: number;
    keyType: string;
    /** Bits; null for a key that has no such size. */
    keySize: number | null;
    signatureAlgorithm: string;
    /** SHA-256: upper-case pairs of hexadecimal digits with colons. */
    fingerprint256: string;
  } | null;
  /** OAuth names. */
  scopes: string[] | null;
  /** "self": users authorize themselves. "admin": only those who are pre-authorized may log in. */
  permittedUsers: 'self' | 'admin' | null;
  /** What pre-authorizes users; null also where users authorize themselves, as the next two. */
  permissionSets: string[] | null;
  profiles: string[] | null;
  /** How many active users are pre-authorized, each counted once. */
  users: number | null;
  ipPolicy: 'enforce' | 'enforce-but-relax-refresh' | 'bypass-with-second-factor' | 'bypass' | null;
  session: {
    highAssurance: boolean;
    /** Minutes; null: that of the profile or the org. */
    timeout: number | null;
  } | null;
  /** Whether access tokens are JWTs, which SOAP refuses. */
  issuesJwtTokens: boolean | null;
  /** "never": none is remembered, which is half a year. */
  lastLogin: { state: 'known' | 'never' | 'unknown'; time: string | null; username: string | null };
  /** How many users have OAuth tokens of it. */
  tokenUsers: number | null;
  /** Logins with it that are stored on this machine. */
  logins: Array<{ username: string; aliases: string[] }>;
};

/** What `sf jwt audit --json` returns. */
export type JwtAuditResult = {
  /** No finding is an error. */
  ok: boolean;
  org: { id: string; instanceUrl: string; username: string };
  /** What ends first is first. */
  apps: AuditedAppRow[];
  /** How many apps have no certificate and take no JWT. */
  withoutCertificate: number;
  /** Worst first. */
  findings: Array<{
    /** Stable, in lower_snake. */
    code: string;
    severity: 'error' | 'warning' | 'note';
    /** API name of the app that it is about; null: the audit itself. */
    app: string | null;
    message: string;
    /** What to do, the first one first; commands in it can be pasted. */
    actions: string[];
  }>;
};

export function resultOf({ ok, facts, findings }: Audit): JwtAuditResult {
  const { id, instanceUrl, admin } = facts.org;
  return {
    ok,
    org: { id, instanceUrl, username: admin },
    apps: byEnd(facts.apps).map(appRow),
    withoutCertificate: facts.withoutCertificate,
    findings: findings.map(({ app = null, ...rest }) => ({ ...rest, app })),
  };
}

/** The first to end first; then those whose end isn't known; each by name. */
export function byEnd(apps: AuditedApp[]): AuditedApp[] {
  const end = ({ certificate }: AuditedApp): number =>
    typeof certificate === 'object' ? Date.parse(certificate.notAfter) : Infinity;
  return [...apps].sort((one, other) =>
    end(one) === end(other) ? (one.name < other.name ? -1 : 1) : end(one) - end(other),
  );
}

function appRow(app: AuditedApp): AuditedAppRow {
  const { settings, admitted, certificate } = app;
  const { type, name, label, id, namespace = null, clientId = null, logins, adminApproved } = app;
  return {
    ...{ type, name, label, id, namespace, clientId },
    enabled: settings?.enabled ?? null,
    certificate: typeof certificate === 'object' ? certificateRow(certificate) : null,
    scopes: settings === undefined ? null : oauthNamesOf(settings.scopes),
    permittedUsers: adminApproved === undefined ? null : adminApproved ? 'admin' : 'self',
    permissionSets: admitted?.permissionSets ?? null,
    profiles: admitted?.profiles ?? null,
    users: admitted?.users ?? null,
    ipPolicy: settings?.ipPolicy ?? null,
    session:
      settings === undefined
        ? null
        : { highAssurance: settings.requiresHighAssurance, timeout: settings.sessionTimeout ?? null },
    issuesJwtTokens: settings?.issuesJwtTokens ?? null,
    lastLogin: lastLoginRow(app.lastLogin),
    tokenUsers: app.tokenUsers ?? null,
    logins,
  };
}

function certificateRow({
  source,
  subject,
  notBefore,
  notAfter,
  daysLeft,
  key,
  signatureAlgorithm,
  fingerprint256,
}: Exclude<AuditedApp['certificate'], string | undefined>): NonNullable<AuditedAppRow['certificate']> {
  const { type: keyType, size: keySize = null } = key;
  return { source, subject, notBefore, notAfter, daysLeft, keyType, keySize, signatureAlgorithm, fingerprint256 };
}

function lastLoginRow(lastLogin: AuditedApp['lastLogin']): AuditedAppRow['lastLogin'] {
  if (!lastLogin) return { state: lastLogin === null ? 'never' : 'unknown', time: null, username: null };
  return { state: 'known', time: new Date(lastLogin.time).toISOString(), username: lastLogin.username ?? null };
}

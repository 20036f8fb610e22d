import type { Connection } from '@salesforce/core';
import { certificateFacts } from '../../keys/credential/certificate-facts.js';
import { signatureAlgorithm } from '../../keys/credential/signature-algorithm.js';
import { aliasesOf, readAliases } from '../../machine/store/aliases.js';
import { readKnownApp } from '../../machine/store/known-apps.js';
import { isSameOrg, readEntries } from '../../machine/store/stored-logins.js';
import { readAllApps } from '../../salesforce/app/all-apps.js';
import type { AppSettings } from '../../salesforce/app/app-settings.js';
import * as use from '../../salesforce/org/app-use.js';
import { seesAllLogins, seesAllTokens } from '../../salesforce/org/permissions.js';
import { attemptReading, type Reading } from '../doctor/reading.js';
import type { Admitted, AppCertificate, AuditedApp, AuditFacts, Part } from './facts.js';

/** An app as the org tells of it; the last two are undefined where it has no metadata for this admin. */
type Known = Pick<AuditedApp, 'type' | 'name' | 'label' | 'id'> & {
  settings?: AppSettings | undefined;
  adminApproved?: boolean | undefined;
};

/**
 * Looks at every app of an org with an admin's eyes: metadata reads and queries only. What the apps are has to be read;
 * each other part fails by itself.
 *
 * @throws what the org answers where its metadata can't be read
 */
export async function readFacts(connection: Connection, now: Date): Promise<AuditFacts> {
  const [{ apps, unreadable }, installed, openings, history, tokens] = await Promise.all([
    readAllApps(connection.metadata),
    attemptReading(() => use.readInstalledApps(connection)),
    attemptReading(() => use.readOpenings(connection)),
    attemptReading(() => readHistory(connection)),
    attemptReading(() => readTokens(connection)),
  ]);
  // Ids have 15 or 18 characters, of which the last three say nothing new.
  const listed = new Set([...apps, ...unreadable].map(({ id }) => id.slice(0, 15)));
  const foreign = valueOf(installed, []).filter(({ id }) => !listed.has(id.slice(0, 15)));
  const candidates: Known[] = [
    ...apps.map((settings) => ({ ...settings, settings })),
    ...unreadable.map((app) => ({ ...app, label: app.name })),
    ...foreign.map((app) => ({ ...app, type: 'connected-app' as const, name: app.label })),
  ];
  const showsCertificates = apps.some(({ certificate }) => certificate !== undefined);
  const known = candidates.map((app) => ({ app, certificate: certificateOf(app, now) }));
  const entered = known.filter(({ app, certificate }) => certificate !== undefined || mayHold(app, showsCertificates));
  const admitted = await attemptReading(() => readAdmitted(connection, entered, openings));
  const usernames = await attemptReading(() => readUsernames(connection, entered, history));
  const loginsOf = storedLogins(connection);
  return {
    now,
    org: {
      id: connection.getAuthInfoFields().orgId ?? '',
      instanceUrl: connection.instanceUrl,
      admin: connection.getUsername() ?? '',
    },
    apps: entered.map(({ app, certificate }) => ({
      ...nameOf(app),
      settings: app.settings,
      adminApproved: app.adminApproved,
      certificate,
      admitted: admitted.read ? admitted.value.get(app.id) : undefined,
      lastLogin: lastLoginOf(app, history, tokens, usernames),
      tokenUsers: tokens.read ? (tokens.value.get(app.label.toLowerCase())?.userIds.size ?? 0) : undefined,
      logins: loginsOf(app.settings?.clientId),
    })),
    withoutCertificate: known.length - entered.length,
    unseen: unseenOf({ installed, access: openings, history, tokens, users: admitted.read ? usernames : admitted }),
  };
}

function nameOf({
  type,
  name,
  label,
  id,
  settings,
}: Known): Omit<
  AuditedApp,
  'settings' | 'adminApproved' | 'certificate' | 'admitted' | 'lastLogin' | 'tokenUsers' | 'logins'
> {
  return { type, name, label, id, namespace: settings?.namespace, clientId: settings?.clientId };
}

/** An app without a certificate takes no JWT; but some orgs give no certificate out, and none those of packages. */
function mayHold({ settings }: Known, showsCertificates: boolean): boolean {
  if (settings === undefined) return true;
  return settings.hasOauth && (!showsCertificates || settings.namespace !== undefined);
}

function certificateOf({ settings }: Known, now: Date): AuditedApp['certificate'] {
  if (settings?.certificate !== undefined) return factsOf(settings.certificate, 'org', now) ?? 'unreadable';
  const [pem] = settings?.clientId === undefined ? [] : readKnownApp(settings.clientId).certificates;
  return pem === undefined ? undefined : factsOf(pem, 'machine', now);
}

function factsOf(
  certificate: Buffer | string,
  source: AppCertificate['source'],
  now: Date,
): AppCertificate | undefined {
  const facts = certificateFacts(certificate, now);
  if (facts === undefined) return undefined;
  const der =
    typeof certificate === 'string'
      ? Buffer.from(certificate.replace(/-----[A-Z ]+-----/g, ''), 'base64')
      : certificate;
  return { ...facts, signatureAlgorithm: signatureAlgorithm(der) ?? '', source };
}

/** @throws Error where only the admin's own logins are shown, which say nothing of the others' */
async function readHistory(connection: Connection): Promise<use.LoginUse> {
  if ((await seesAllLogins(connection)) === false) throw new Error('Manage Users');
  return use.readLoginUse(connection);
}

/** @throws Error as {@link readHistory} */
async function readTokens(connection: Connection): Promise<Map<string, use.TokenUse>> {
  if ((await seesAllTokens(connection)) === false) throw new Error('Customize Application');
  return use.readTokenUse(connection);
}

async function readAdmitted(
  connection: Connection,
  entered: Array<{ app: Known }>,
  openings: Reading<Map<string, use.Openings>>,
): Promise<Map<string, Admitted>> {
  if (!openings.read) return new Map();
  const approved = entered.map(({ app }) => app).filter(({ adminApproved }) => adminApproved === true);
  const lists = approved.map(({ id }) => openings.value.get(id.slice(0, 15)) ?? []);
  const counts = await use.countUsers(
    connection,
    lists.map((list) => list.map(({ id }) => id)),
  );
  return new Map(
    approved.map(({ id }, index) => {
      const list = lists[index]!;
      const names = (ofProfile: boolean): string[] =>
        list.filter(({ isProfile }) => isProfile === ofProfile).map(({ name }) => name);
      return [id, { permissionSets: names(false), profiles: names(true), users: counts[index]! }];
    }),
  );
}

function readUsernames(
  connection: Connection,
  entered: Array<{ app: Known }>,
  history: Reading<use.LoginUse>,
): Promise<Map<string, string>> {
  if (!history.read) return Promise.resolve(new Map<string, string>());
  const ids = entered.flatMap(({ app }) => history.value.lastUse.get(app.label.toLowerCase())?.userId ?? []);
  return use.readUsernames(connection, [...new Set(ids)]);
}

/** A login leaves its mark in the history for half a year, and in the list of tokens where it brings one. */
function lastLoginOf(
  { label }: Known,
  history: Reading<use.LoginUse>,
  tokens: Reading<Map<string, use.TokenUse>>,
  usernames: Reading<Map<string, string>>,
): AuditedApp['lastLogin'] {
  const login = history.read ? history.value.lastUse.get(label.toLowerCase()) : undefined;
  const token = tokens.read ? tokens.value.get(label.toLowerCase())?.lastUsed : undefined;
  if (login !== undefined && login.time >= (token ?? 0)) {
    return { time: login.time, username: usernames.read ? usernames.value.get(login.userId) : undefined };
  }
  if (token !== undefined) return { time: token, username: undefined };
  return history.read && !history.value.incomplete ? null : undefined;
}

function storedLogins(connection: Connection): (clientId: string | undefined) => AuditedApp['logins'] {
  const { orgId = '' } = connection.getAuthInfoFields();
  const aliases = readAliases();
  const logins = readEntries().flatMap((entry) =>
    entry.type === 'jwt' && isSameOrg(entry.login.orgId, orgId) ? [entry.login] : [],
  );
  return (clientId) =>
    clientId === undefined
      ? []
      : logins
          .filter((login) => login.clientId === clientId)
          .map(({ username }) => ({ username, aliases: aliasesOf(username, aliases) }));
}

function valueOf<T>(reading: Reading<T>, otherwise: T): T {
  return reading.read ? reading.value : otherwise;
}

function unseenOf(readings: Record<Part, Reading<unknown>>): AuditFacts['unseen'] {
  return (Object.entries(readings) as Array<[Part, Reading<unknown>]>).flatMap(([part, reading]) =>
    reading.read ? [] : [{ part, reason: reading.reason }],
  );
}

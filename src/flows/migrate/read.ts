import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { certificatePem, readCertificate, type Certificate } from '../../keys/credential/certificate.js';
import { aliasesOf, readAliases } from '../../machine/store/aliases.js';
import { clientIdsNamed, readKnownApp } from '../../machine/store/known-apps.js';
import { isSameOrg, readEntries } from '../../machine/store/stored-logins.js';
import { adapterFor, readApp } from '../../salesforce/app/app-adapter.js';
import { connectedAppSettings, type AppSettings } from '../../salesforce/app/app-settings.js';
import { certificateIn } from '../../salesforce/app/certificate-swap.js';
import type { Component } from '../../salesforce/app/component.js';
import { findNamedApp } from '../../salesforce/app/named-app.js';
import { requireUnpackaged } from '../../salesforce/app/requirements.js';
import { readLoginSources, readUsernames } from '../../salesforce/org/app-use.js';
import { seesAllLogins } from '../../salesforce/org/permissions.js';
import { attemptReading, type Reading } from '../doctor/reading.js';
import type { MigrateRequest } from './request.js';

/** The Connected App as it is. */
export type OldApp = {
  settings: AppSettings;
  component: Component;
  certificate: Certificate;
  /** Whether the org shows that certificate; else somebody said that it's the app's. */
  showsCertificate: boolean;
};

/** The app that takes its place, of a run before this one. */
export type NewApp = { label: string; clientId: string | undefined };

/** A login with the old app on this machine. Without a key's file it can't be switched, and is made anew, by its signer if any. */
export type OldLogin = {
  username: string;
  clientId: string;
  aliases: string[];
  privateKeyFile: string | undefined;
  /** URI of the signer by which it was made */
  signer: string | undefined;
};

/** From where somebody has logged in with the old app, as the login history has it. */
export type Use = { username: string; sourceIp: string; loginUrl: string; logins: number; lastLogin: number };

/**
 * @throws Failure `app_not_found`, `app_not_connected_app`, `app_name_illegal` for one of a package, `app_certificate_hidden`,
 *   `app_certificate_ended`, those of `readCertificate` and of reading an app
 */
export async function readOldApp(
  { name, clientId, certificate: given }: Pick<MigrateRequest, 'name' | 'clientId' | 'certificate'>,
  connection: Connection,
  now: Date,
): Promise<OldApp> {
  const [instanceUrl, admin] = [connection.instanceUrl, connection.getUsername() ?? ''];
  const named = await findNamedApp(connection, { name, clientId });
  if (named === undefined) throw new Failure('app_not_found', { name: name ?? clientId ?? '', instanceUrl, admin });
  if (named.type !== 'connected-app') throw new Failure('app_not_connected_app', { name: named.name, admin });
  requireUnpackaged(named.name);
  const app = await readApp(connection, adapterFor('connected-app'), named.name);
  const component = app?.components[0];
  if (app === undefined || component === undefined) throw new Failure('app_vanished', { name: named.name });
  const settings = connectedAppSettings(component, app.id);
  const shown = certificateIn(app);
  const certificate =
    shown === undefined
      ? (given ?? knownCertificateOf(settings.clientId))
      : readCertificate(certificatePem(shown), app.name);
  if (certificate === undefined) throw new Failure('app_certificate_hidden', { name: app.name, admin });
  if (certificate.notAfter < now) {
    const notAfter = certificate.notAfter.toISOString();
    throw new Failure('app_certificate_ended', { name: app.name, notAfter, admin });
  }
  return { settings, component, certificate, showsCertificate: shown !== undefined };
}

function knownCertificateOf(clientId: string | undefined): Certificate | undefined {
  const [pem] = clientId === undefined ? [] : readKnownApp(clientId).certificates;
  return pem === undefined ? undefined : readCertificate(pem, clientId!);
}

/**
 * The External Client App that is there under the new name already.
 *
 * @returns its label, and its client id as far as anybody knows it
 * @throws Failure `migration_name_taken` where it has another certificate, those of reading an app
 */
export async function readNewApp(
  { newName, newAppClientId: given }: { newName: string; newAppClientId: string | undefined },
  { certificate, settings }: OldApp,
  connection: Connection,
): Promise<NewApp | undefined> {
  const app = await readApp(connection, adapterFor('external-client-app'), newName);
  if (app === undefined) return undefined;
  const shown = certificateIn(app);
  if (shown?.equals(certificate.der) === false) {
    throw new Failure('migration_name_taken', {
      name: settings.name,
      newName: app.name,
      admin: connection.getUsername() ?? '',
    });
  }
  const admin = connection.getUsername() ?? '';
  // The same app may be known of other orgs.
  const known = clientIdsNamed(app.name).filter((each) => readKnownApp(each).admin === admin);
  const label = app.components[0]?.fields['label'];
  return {
    label: typeof label === 'string' ? label : app.name,
    clientId: app.clientId ?? given ?? (known.length === 1 ? known[0] : undefined),
  };
}

/** The logins with an app that are stored here. */
export function readLogins(clientId: string | undefined, connection: Connection): OldLogin[] {
  const { orgId = '' } = connection.getAuthInfoFields();
  const aliases = readAliases();
  return readEntries().flatMap((entry) => {
    if (entry.type !== 'jwt' || clientId === undefined) return [];
    const { username, privateKeyFile, signer, ...login } = entry.login;
    if (login.clientId !== clientId || !isSameOrg(login.orgId, orgId)) return [];
    return [{ username, clientId, privateKeyFile, signer: signer?.uri, aliases: aliasesOf(username, aliases) }];
  });
}

/** Who has logged in with an app, the last first; not read where the org doesn't tell, or not of everybody. */
export function readUse({ label }: { label: string }, connection: Connection): Promise<Reading<Use[]>> {
  return attemptReading(async () => {
    if ((await seesAllLogins(connection)) === false) throw new Error('Manage Users');
    const { sources, incomplete } = await readLoginSources(connection, label);
    if (incomplete) throw new Error('LIMIT');
    const names = await readUsernames(connection, [...new Set(sources.map(({ userId }) => userId))]);
    return sources.map(({ userId, ...use }) => ({ ...use, username: names.get(userId) ?? userId }));
  });
}

import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { aliasesOf, readAliases } from '../../machine/store/aliases.js';
import { knownClientIds, readKnownApp } from '../../machine/store/known-apps.js';
import { readEntries } from '../../machine/store/stored-logins.js';
import type { AppReading, AppType } from '../../salesforce/app/app.js';
import { adapterFor, readApp } from '../../salesforce/app/app-adapter.js';
import { readAppStatus, type AppStatus } from '../../salesforce/app/app-status.js';
import type { NamedApp } from '../../salesforce/app/named-app.js';
import { isSameName } from '../../salesforce/app/plan.js';
import { usersWithTokens } from '../../salesforce/org/approvals.js';
import { readPermissionSetUse, type PermissionSetUse } from '../../salesforce/org/permission-set-use.js';
import type { DisconnectRequest } from './request.js';

/** A login with the app on this machine. */
export type LoginOfApp = { username: string; aliases: string[] };

/** Everything that is read before anything is changed. */
export type CurrentState = {
  type: AppType;
  app: AppReading;
  label: string;
  /** Undefined where neither the org nor this machine knows it. */
  clientId: string | undefined;
  /** Undefined for a Connected App, which has none. */
  status: AppStatus | undefined;
  /** Those that the app's policy names and the org has. */
  permissionSets: PermissionSetUse[];
  logins: LoginOfApp[];
  /** Usernames of those to whom the org has issued tokens; undefined where it doesn't tell. */
  tokenUsers: string[] | undefined;
};

/**
 * @throws Failure `app_vanished`, `client_id_differs`, `login_through_app`, those of reading an app
 */
export async function readCurrentState(
  { name, type }: NamedApp,
  request: Pick<DisconnectRequest, 'clientId'>,
  connection: Connection,
): Promise<CurrentState> {
  const { metadata } = connection;
  const app = await readApp(connection, adapterFor(type), name);
  if (app === undefined) throw new Failure('app_vanished', { name });
  const { clientId: given } = request;
  if (given !== undefined && app.clientId !== undefined && app.clientId !== given) {
    throw new Failure('client_id_differs', { name: app.name, clientId: given, actual: app.clientId });
  }
  const text = app.components[0]?.fields['label'];
  const label = typeof text === 'string' ? text : app.name;
  const clientId = app.clientId ?? given ?? clientIdKnownOf(app.name, connection);
  const [status, permissionSets, tokenUsers] = await Promise.all([
    type === 'external-client-app' ? readAppStatus(metadata, app.name) : undefined,
    Promise.all(app.permissionSets.map((each) => readPermissionSetUse(connection, each, app.id))),
    usersWithTokens(connection, label),
  ]);
  requireOtherLogin(clientId, app.name, connection);
  return {
    ...{ type, app, label, clientId, status, tokenUsers },
    permissionSets: permissionSets.filter((each) => each !== undefined),
    logins: loginsWith(clientId, connection),
  };
}

/** The client id of an app that was set up from here by this admin, in an org that doesn't give it out. */
function clientIdKnownOf(name: string, connection: Connection): string | undefined {
  const own = knownClientIds().filter((clientId) => {
    const known = readKnownApp(clientId);
    return known.admin === connection.getUsername() && isSameName(known.name ?? '', name);
  });
  return own.length === 1 ? own[0] : undefined;
}

/** Whoever logs in through an app can't see it to its end. */
function requireOtherLogin(clientId: string | undefined, name: string, connection: Connection): void {
  const username = connection.getUsername() ?? '';
  const own = readEntries().find((entry) => entry.username === username);
  if (clientId === undefined || own?.type !== 'jwt' || own.login.clientId !== clientId) return;
  throw new Failure('login_through_app', { name, username, instanceUrl: connection.instanceUrl });
}

/** The stored logins with a client id, of this org: a copy of the app in a sandbox keeps its own. */
export function loginsWith(clientId: string | undefined, connection: Connection): LoginOfApp[] {
  const { orgId = '' } = connection.getAuthInfoFields();
  const aliases = readAliases();
  return readEntries().flatMap((entry) => {
    if (entry.type !== 'jwt' || clientId === undefined || entry.login.clientId !== clientId) return [];
    if (entry.login.orgId.slice(0, 15) !== orgId.slice(0, 15)) return [];
    return [{ username: entry.username, aliases: aliasesOf(entry.username, aliases) }];
  });
}

import type { AppReading } from '../../salesforce/app/app.js';
import { readApp, type AppAdapter } from '../../salesforce/app/app-adapter.js';
import { requireAbsent } from '../../salesforce/app/read.js';
import { Failure } from '../../failure.js';
import { requirePermissionSets, requireProfiles } from '../../salesforce/org/named.js';
import {
  hasAccessRow,
  readPermissionSet,
  readUsers,
  requireOpening,
  type OrgUser,
  type PermissionSetReading,
} from '../../salesforce/org/pre-authorization.js';
import type { ConnectDependencies } from './dependencies.js';
import { withRecordedClientId } from './recorded.js';
import type { ConnectRequest } from './request.js';

/** Everything that is read before anything is changed. */
export type CurrentState = {
  app: AppReading | undefined;
  users: OrgUser[];
  /** Where the users' pre-authorization goes; `current` undefined: it doesn't exist yet. */
  permissionSet: { name: string; current: PermissionSetReading | undefined } | undefined;
  hasAccessRow: boolean;
};

/**
 * @throws Failure for what can be known before anything is changed: `client_id_differs`, `client_id_without_app`, and
 *   those of the users and the app
 */
export async function readCurrentState(
  request: ConnectRequest,
  adapter: AppAdapter,
  { connection, record }: Pick<ConnectDependencies, 'connection' | 'record'>,
): Promise<CurrentState> {
  const { app, usernames, usernamesAsked, clientId } = request;
  const [found, users] = await Promise.all([
    readApp(connection, adapter, app.name),
    readUsers(connection, usernames),
    requireProfiles(connection, app.profiles),
    // The first one is made where it doesn't exist.
    requirePermissionSets(connection, app.permissionSets.slice(1)),
  ]);
  requireClientId(clientId, found, app.name);
  const current =
    clientId === undefined ? await withRecordedClientId(found, record.read(), request, connection) : found;
  // A policy that lets users approve themselves is left alone until a flag asks for pre-authorization.
  const leftAlone =
    current?.adminApproved === false && !usernamesAsked && app.permissionSets.length === 0 && app.profiles.length === 0;
  if (leftAlone || request.usersStand === true)
    return { app: current, users, permissionSet: undefined, hasAccessRow: false };
  const name = app.permissionSets[0] ?? current?.permissionSets[0] ?? current?.name ?? app.name;
  const permissionSet = await readPermissionSet(connection, name, users);
  if (permissionSet !== undefined) requireOpening(permissionSet);
  // A new one would take the place of one that the query has only failed to bring.
  else await requireAbsent(connection.metadata, 'PermissionSet', [name]);
  return {
    app: current,
    users,
    permissionSet: { name, current: permissionSet },
    hasAccessRow:
      current !== undefined &&
      permissionSet !== undefined &&
      (await hasAccessRow(connection, permissionSet.id, current.id)),
  };
}

/** A client id that is given belongs to the app that exists, as far as the org lets anybody know. */
function requireClientId(clientId: string | undefined, app: AppReading | undefined, name: string): void {
  if (clientId === undefined) return;
  if (app === undefined) throw new Failure('client_id_without_app', { name, clientId });
  if (app.clientId !== undefined && app.clientId !== clientId) {
    throw new Failure('client_id_differs', { name: app.name, clientId, actual: app.clientId });
  }
}

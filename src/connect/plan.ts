import type { KeyObject } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import type { AppPlan, AppReading, AppType, WantedApp } from '../app/app.js';
import type { Component } from '../app/component.js';
import { readApp, type Door } from '../app/door.js';
import { requireLoginScopes } from '../app/requirements.js';
import { Failure } from '../failure.js';
import { requirePermissionSets, requireProfiles } from '../org/named.js';
import {
  hasAccessRow,
  readPermissionSet,
  readUsers,
  requireOpening,
  type OrgUser,
  type PermissionSetReading,
} from '../org/pre-authorization.js';

/** What `connect` is asked for. */
export type ConnectRequest = {
  appType: AppType;
  app: WantedApp;
  /** Metadata names of the scopes that a new app gets where none were asked for. */
  newScopes: string[];
  usernames: string[];
  /** The users were named, and not just left to be the one who runs it. */
  usernamesAsked: boolean;
  /** A client id that no other app in the world has, for a new app. */
  newClientId: string;
  /** The client id of an app that exists, for an org that doesn't give it out. */
  clientId: string | undefined;
  apiVersion: string;
  dryRun: boolean;
  privateKey: KeyObject | undefined;
};

/** Everything that is read before anything is changed. */
export type Reading = {
  app: AppReading | undefined;
  users: OrgUser[];
  /** Where the users' pre-authorization goes; `standing` undefined: it doesn't exist yet. */
  permissionSet: { name: string; standing: PermissionSetReading | undefined } | undefined;
  hasAccessRow: boolean;
};

/** The app's plan, and all the rest that the users need. */
export type Plan = AppPlan & { wanted: WantedApp };

/**
 * @throws Failure for what can be known before anything is changed: `client_id_differs`, `client_id_without_app`, and
 *   those of the users and the app
 */
export async function read(
  { app, usernames, usernamesAsked, clientId }: ConnectRequest,
  door: Door,
  connection: Connection,
): Promise<Reading> {
  const [standing, users] = await Promise.all([
    readApp(connection, door, app.name),
    readUsers(connection, usernames),
    requireProfiles(connection, app.profiles),
    // The first one is made where it doesn't exist.
    requirePermissionSets(connection, app.permissionSets.slice(1)),
  ]);
  requireClientId(clientId, standing, app.name);
  // A policy that lets users approve themselves is left alone until a flag asks for pre-authorization.
  const leftAlone =
    standing?.adminApproved === false &&
    !usernamesAsked &&
    app.permissionSets.length === 0 &&
    app.profiles.length === 0;
  if (leftAlone) return { app: standing, users, permissionSet: undefined, hasAccessRow: false };
  const name = app.permissionSets[0] ?? standing?.permissionSets[0] ?? standing?.name ?? app.name;
  const permissionSet = await readPermissionSet(connection, name, users);
  if (permissionSet !== undefined) requireOpening(permissionSet);
  return {
    app: standing,
    users,
    permissionSet: { name, standing: permissionSet },
    hasAccessRow:
      standing !== undefined &&
      permissionSet !== undefined &&
      (await hasAccessRow(connection, permissionSet.id, standing.id)),
  };
}

/** The difference between what stands and what is asked for. Pure. */
export function planOf(
  request: ConnectRequest,
  door: Door,
  { app, users, permissionSet, hasAccessRow: open }: Reading,
): Plan {
  const asked: WantedApp = { ...request.app, name: app?.name ?? request.app.name };
  const wanted: WantedApp =
    permissionSet === undefined
      ? asked
      : { ...asked, permissionSets: [permissionSet.name, ...asked.permissionSets.slice(1)], adminApproved: true };
  const fresh = { contactEmail: users[0]!.email, scopes: request.newScopes, consumerKey: request.newClientId };
  const { components, changes, whole } = door.plan(wanted, app, fresh);
  requireLoginScopes(components);
  if (permissionSet === undefined) return { wanted, components, changes, whole };
  const { name, standing } = permissionSet;
  if (standing === undefined) {
    // No license: a permission set that has one can't open an app to users of every license.
    const opening: Component = { type: 'PermissionSet', fullName: name, fields: { label: name } };
    components.push(opening);
    whole.push(opening);
    changes.push({ key: 'permissionSet', to: name });
  } else if (app !== undefined && !open && components.length === 0) {
    changes.push({ key: 'accessRow', to: name });
  }
  for (const user of users.filter(({ id }) => standing?.assignees.has(id) !== true)) {
    changes.push({ key: 'assignment', from: user.username, to: name });
  }
  return { wanted, components, changes, whole };
}

/** A client id that is given belongs to the app that stands, as far as the org lets anybody know. */
function requireClientId(clientId: string | undefined, app: AppReading | undefined, name: string): void {
  if (clientId === undefined) return;
  if (app === undefined) throw new Failure('client_id_without_app', { name, clientId });
  if (app.clientId !== undefined && app.clientId !== clientId) {
    throw new Failure('client_id_differs', { name: app.name, clientId, actual: app.clientId });
  }
}

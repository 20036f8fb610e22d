import type { Connection } from '@salesforce/core';
import { Failure, isFailure } from '../../failure.js';
import { matches, requireMatch } from '../../keys/credential/certificate.js';
import type { Signer } from '../../keys/signer/signer.js';
import { readStoredKey } from '../../machine/files/stored-key.js';
import { carriedOver, leftBehind } from '../../salesforce/app/migration.js';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import { soqlList } from '../../salesforce/org/soql.js';
import { connect } from '../connect/connect.js';
import { exitCodeOf as exitCodeOfConnect, type Connected } from '../connect/connected.js';
import type { ConnectRequest } from '../connect/request.js';
import type { Reading } from '../doctor/reading.js';
import { closeOldApp, requireUnused, type Closing } from './close.js';
import type { MigrateDependencies } from './dependencies.js';
import {
  readNewApp,
  readOldApp,
  readLogins,
  readUse,
  type OldApp,
  type NewApp,
  type OldLogin,
  type Use,
} from './read.js';
import type { MigrateRequest } from './request.js';
import { switchLogins, type SwitchedLogin } from './switch.js';

/** What a migration has come to. */
export type Migrated = {
  old: OldApp;
  connected: Connected;
  logins: SwitchedLogin[];
  use: Reading<Use[]>;
  /** Parts of the old app that the new one doesn't have. */
  leftBehind: string[];
  /** Undefined: the old app was to stay open. */
  closing: Closing | undefined;
};

/** So many users of the login history are pre-authorized and proven with a new app that nobody had to be pre-authorized for. */
const MOST_USERS = 100;

/**
 * Puts an External Client App beside a Connected App, with the same certificate, scopes, policies and users; proves it, and has
 * the logins of this machine use it. The old app isn't touched, unless it's to be closed and nobody uses it any more. A second
 * run finds what the first one did, and goes on.
 *
 * @throws Failure those of `read.ts`, of `close.ts` and of `connect`; `migration_users_unknown`, `change_declined`
 */
export async function migrate(request: MigrateRequest, dependencies: MigrateDependencies): Promise<Migrated> {
  const { connection } = dependencies;
  try {
    return await readConnectSwitch(request, dependencies);
  } catch (error) {
    if (isFailure(error, 'client_id_unreadable'))
      throw new Failure('migration_client_id_unreadable', { newName: error.data.name }, { cause: error });
    throw lastMeaningOfFailure(error, {
      instanceUrl: connection.instanceUrl,
      username: connection.getUsername() ?? '',
    });
  }
}

async function readConnectSwitch(request: MigrateRequest, dependencies: MigrateDependencies): Promise<Migrated> {
  const { connection, now } = dependencies;
  const old = await readOldApp(request, connection, new Date(now()));
  const newName = request.newName ?? `${old.settings.name}_ECA`;
  dependencies.onOldApp(old, newName);
  const [standing, use] = await Promise.all([
    readNewApp({ ...request, newName }, old, connection),
    readUse(old.settings, connection),
  ]);
  const stored = readLogins(old.settings.clientId, connection);
  const { closesAfterDays: days } = request;
  if (days !== undefined)
    requireUnused(old, use, { days, now: new Date(now()), admin: connection.getUsername() ?? '' });
  const usernames = await usersOf(old, request, { stored, use, standing }, connection);
  const { certificate, settings } = old;
  if (request.signer !== undefined)
    requireMatch(certificate, request.signer, { keyPath: request.keySource, certificatePath: settings.name });
  const signer = request.signer ?? (await keyAmong([...stored, ...readLogins(standing?.clientId, connection)], old));
  const record = dependencies.recordOf(newName);
  // The record stays until what it has is kept elsewhere.
  const kept = { ...record, remove: () => undefined };
  const connected = await connect(
    connectRequestOf(old, {
      ...request,
      clientId: standing?.clientId,
      newName,
      usernames,
      signer,
      isNew: standing === undefined,
    }),
    { ...dependencies, record: kept },
  );
  const { clientId } = connected;
  const logins: SwitchedLogin[] = stored.map((login) => ({ ...login, switched: false }));
  const closes = days !== undefined && exitCodeOfConnect(connected) === 0;
  const close = (): Promise<Closing> => closeOldApp(old, request, dependencies);
  const outcome = { old, connected, use, leftBehind: leftBehind(old.component) };
  if (request.dryRun || clientId === null) return { ...outcome, logins, closing: closes ? await close() : undefined };
  await dependencies.onConnected(connected, old);
  record.remove();
  const switched = await switchLogins(stored, clientId, dependencies);
  const isDone = closes && switched.every((login) => login.switched);
  if (isDone && (await dependencies.confirmClose?.(old.settings.name)) === false)
    throw new Failure('change_declined', { name: old.settings.name });
  return { ...outcome, logins: switched, closing: isDone ? await close() : undefined };
}

/**
 * Who logs in with the app: those who were named, those whose logins are stored here, and those of the login history; where
 * that has forgotten the old app, those who use the new one.
 *
 * @throws Failure `migration_users_unknown`
 */
async function usersOf(
  { settings }: OldApp,
  { usernames }: Pick<MigrateRequest, 'usernames'>,
  { stored, use, standing }: { stored: OldLogin[]; use: Reading<Use[]>; standing: NewApp | undefined },
  connection: Connection,
): Promise<string[]> {
  const here = [...usernames, ...stored.map(({ username }) => username)];
  const known = [...here, ...(await activeAmong(use, connection))];
  if (known.length === 0 && standing !== undefined)
    known.push(...(await activeAmong(await readUse(standing, connection), connection)));
  const distinct = new Map(known.map((username) => [username.toLowerCase(), username]));
  if (distinct.size === 0) {
    throw new Failure('migration_users_unknown', { name: settings.name, admin: connection.getUsername() ?? '' });
  }
  return [...distinct.values()];
}

async function activeAmong(use: Reading<Use[]>, connection: Connection): Promise<string[]> {
  const usernames = use.read ? [...new Set(use.value.map(({ username }) => username))].slice(0, MOST_USERS) : [];
  if (usernames.length === 0) return [];
  const { records } = await connection.query<{ Username: string }>(
    `SELECT Username FROM User WHERE IsActive = true AND Username IN ${soqlList(usernames)}`,
  );
  return records.map(({ Username }) => Username);
}

/** The app's key, where a login that is stored here has it. */
async function keyAmong(logins: OldLogin[], { certificate }: OldApp): Promise<Signer | undefined> {
  for (const { privateKeyFile } of logins) {
    const read = privateKeyFile === undefined ? undefined : await readStoredKey(privateKeyFile);
    if (read !== undefined && 'signer' in read && matches(certificate, read.signer)) return read.signer;
  }
  return undefined;
}

/** The same app once more, of the other type. Nobody but pre-authorized users logs in with it, since a JWT login can't approve anything. */
function connectRequestOf(
  { settings, component, certificate }: OldApp,
  asked: Pick<MigrateRequest, 'newClientId' | 'apiVersion' | 'dryRun' | 'signer' | 'clientId'> & {
    newName: string;
    usernames: string[];
    isNew: boolean;
  },
): ConnectRequest {
  const { newName, usernames, newClientId, apiVersion, dryRun, signer, clientId, isNew } = asked;
  const { scopes, permissionSets, profiles, adminApproved } = settings;
  const openings = adminApproved ? { permissionSets, profiles } : { permissionSets: [], profiles: [] };
  return {
    appType: 'external-client-app',
    nameGiven: true,
    app: {
      // What somebody has changed in the new app since stays.
      ...(isNew ? carriedOver(component) : { callbackUrl: undefined, contactEmail: undefined }),
      ...{ name: newName, certificate, scopes, ...openings, adminApproved: true, ipRelaxation: undefined },
      // The login history knows apps by their label alone, and has to tell the two apart.
      label: isNew ? `${settings.label} (ECA)` : undefined,
    },
    newScopes: scopes,
    usernames,
    usernamesAsked: true,
    usersStand: openings.permissionSets.length + openings.profiles.length > 0,
    ...{ newClientId, clientId, apiVersion, dryRun, signer },
  };
}

/** As `connect`; 68 also where a login of this machine is still with the old app, or the old app isn't closed as asked. */
export function exitCodeOf(
  { connected, logins, closing }: Migrated,
  asked: Pick<MigrateRequest, 'dryRun' | 'closesAfterDays'>,
): 0 | 68 | 69 {
  const code = exitCodeOfConnect(connected);
  if (asked.dryRun || code === 68) return code;
  const isOpen = asked.closesAfterDays !== undefined && (closing === undefined || closing.stillOpen.length > 0);
  return logins.some(({ switched }) => !switched) || (code === 0 && isOpen) ? 68 : code;
}

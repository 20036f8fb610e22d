import { resultOf as resultOfConnect, type JwtConnectResult } from '../connect/result.js';
import { explain } from '../../terminal/explain.js';
import type { Migrated } from './migrate.js';

/** What `sf jwt migrate --json` returns. */
export type JwtMigrateResult = {
  /** The Connected App. */
  from: {
    /** API name. */
    name: string;
    label: string;
    clientId: string | null;
    /** "open": as it was. "closed": nobody can log in with it any more. */
    state: 'open' | 'closed';
    /** Permission sets and profiles that still open it, though its policy names none. */
    stillOpen: string[];
  };
  /** The External Client App, as "sf jwt connect" tells of it. */
  to: JwtConnectResult;
  /** Logins with the old app that are stored on this machine. */
  logins: Array<{
    username: string;
    aliases: string[];
    /** It uses the new app now, and a login with it has worked. */
    switched: boolean;
    error?: { code: string; message: string };
  }>;
  /** From where users have logged in with the old app, the last first: there its client ID has to change. Null: the org doesn't tell. */
  elsewhere: Array<{
    username: string;
    sourceIp: string;
    loginUrl: string;
    logins: number;
    /** ISO 8601 in UTC. */
    lastLogin: string;
  }> | null;
  /** Parts of the old app that the new one doesn't have, by their metadata names. */
  leftBehind: string[];
  dryRun: boolean;
};

export function resultOf(
  { old, connected, logins, use, leftBehind, closing }: Migrated,
  { instanceUrl, dryRun }: { instanceUrl: string; dryRun: boolean },
): JwtMigrateResult {
  const { name, label, clientId = null } = old.settings;
  const isClosed = closing !== undefined && (!dryRun || closing.state === 'unchanged');
  return {
    from: { name, label, clientId, state: isClosed ? 'closed' : 'open', stillOpen: closing?.stillOpen ?? [] },
    to: resultOfConnect(connected, { certificate: old.certificate, instanceUrl, dryRun }),
    logins: logins.map(({ username, aliases, switched, failure }) => ({
      ...{ username, aliases, switched },
      ...(failure === undefined ? {} : { error: { code: failure.code, message: explain(failure).message } }),
    })),
    elsewhere: use.read
      ? use.value.map(({ lastLogin, ...each }) => ({ ...each, lastLogin: new Date(lastLogin).toISOString() }))
      : null,
    leftBehind,
    dryRun,
  };
}

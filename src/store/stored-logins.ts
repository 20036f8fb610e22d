import { AuthInfo, Connection, StateAggregator } from '@salesforce/core';
import type { Fetch } from '../token/endpoint.js';

/** A JWT login as sf has stored it, without its token. */
export type StoredLogin = {
  username: string;
  /** 18 characters; empty where the entry doesn't say. */
  orgId: string;
  /** The names under which sf knows the user too. */
  aliases: string[];
  clientId: string;
  loginUrl: string;
  /** Absolute path of the key that sf reads at each refresh. */
  privateKeyFile: string;
  isDevHub: boolean | undefined;
};

/** The JWT logins in sf's auth store: those that sf refreshes with a private key. */
export async function readStoredLogins(): Promise<StoredLogin[]> {
  const state = await StateAggregator.getInstance();
  const entries = await state.orgs.readAll();
  return entries.flatMap(({ username, orgId = '', clientId, loginUrl, privateKey, refreshToken, isDevHub }) =>
    username === undefined || privateKey === undefined || refreshToken !== undefined
      ? []
      : [
          {
            username,
            orgId,
            aliases: state.aliases.getAll(username),
            clientId: clientId ?? '',
            loginUrl: loginUrl ?? '',
            privateKeyFile: privateKey,
            isDevHub,
          },
        ],
  );
}

/** An org in sf's auth store, found but not yet asked anything. */
export type StoredOrg = {
  username: string;
  /**
   * Opens it at its newest API version. Unlike `Org.create` this writes nothing: core would note the version in the
   * entry.
   *
   * @param timeout milliseconds until the question for the version is given up
   * @throws Error with the server's or the system's words
   */
  open: (fetch: Fetch, timeout: number) => Promise<Connection>;
};

/** @throws the NamedOrgNotFoundError of core for an org that isn't stored */
export async function findStoredOrg(aliasOrUsername: string): Promise<StoredOrg> {
  const state = await StateAggregator.getInstance();
  const username = state.aliases.resolveUsername(aliasOrUsername);
  const authInfo = await AuthInfo.create({ username });
  return { username, open: (fetch, timeout) => open(authInfo, fetch, timeout) };
}

async function open(authInfo: AuthInfo, fetch: Fetch, timeout: number): Promise<Connection> {
  const { instanceUrl = '' } = authInfo.getFields();
  const response = await fetch(`${instanceUrl}/services/data`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const version = ((await response.json()) as Array<{ version: string }>).at(-1)?.version;
  return Connection.create({ authInfo, connectionOptions: version === undefined ? {} : { version } });
}

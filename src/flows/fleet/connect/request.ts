import { randomBytes } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import type { CredentialInput } from '../../../machine/files/credential-input.js';
import type { AppType, WantedApp } from '../../../salesforce/app/app.js';
import { requireAppName, requireUnpackaged } from '../../../salesforce/app/requirements.js';
import { appByName } from '../../app-by-name.js';
import type { ConnectRequest } from '../../connect/request.js';
import { severalIn } from '../columns.js';
import type { OrgRow } from '../rows.js';

/** What holds for every row that says nothing else: the flags of `connect`. */
export type ConnectDefaults = {
  name: string;
  /** The name was given, and isn't just the default. */
  nameGiven: boolean;
  /** Undefined: that of the app that exists, else an External Client App. */
  appType: AppType | undefined;
  permissionSets: string[];
  app: Pick<WantedApp, 'label' | 'contactEmail' | 'callbackUrl' | 'scopes' | 'profiles' | 'ipRelaxation'>;
  /** Metadata names of the scopes that a new app gets where none were asked for */
  newScopes: string[];
  /** Undefined: the newest that an org has. */
  apiVersion: string | undefined;
};

/** Whom a row is for: its username, and whoever else it names. */
export function usersOf({ username, values }: OrgRow): string[] {
  const others = severalIn(values.users);
  const all = [username, ...others];
  return all.filter((one, index) => all.findIndex((other) => isSameUser(one, other)) === index);
}

/**
 * What `connect` is asked for in the org of a row.
 *
 * @throws Failure `app_name_illegal`, `app_label_ambiguous`, those of reading the org
 */
export async function requestOf(
  row: OrgRow,
  { connection, credential }: { connection: Connection; credential: CredentialInput },
  defaults: ConnectDefaults,
  dryRun: boolean,
): Promise<ConnectRequest> {
  const { values } = row;
  const given = values.name ?? defaults.name;
  requireUnpackaged(given);
  const nameGiven = values.name !== undefined || defaults.nameGiven;
  const found = nameGiven ? await appByName(connection, given) : undefined;
  const appType = (values['app-type'] as AppType | undefined) ?? defaults.appType;
  const ofRow = severalIn(values['permission-set']);
  return {
    appType: appType ?? found?.type ?? 'external-client-app',
    nameGiven,
    app: {
      ...defaults.app,
      name: requireAppName(found?.name ?? given),
      certificate: credential.certificate,
      permissionSets: ofRow.length > 0 ? ofRow : defaults.permissionSets,
      adminApproved: undefined,
    },
    newScopes: defaults.newScopes,
    usernames: usersOf(row),
    usernamesAsked: true,
    newClientId: randomBytes(32).toString('hex'),
    clientId: values['client-id'],
    apiVersion: connection.getApiVersion(),
    dryRun,
    signer: credential.input?.signer,
  };
}

/** Usernames that differ in case are the same. */
function isSameUser(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

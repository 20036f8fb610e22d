import type { Certificate } from '../../keys/credential/certificate.js';
import type { Connected } from './connected.js';
import { changeSentence, userRow } from './words.js';

/** What `sf jwt connect --json` returns. */
export type JwtConnectResult = {
  /** API name of the app. */
  name: string;
  appType: 'external-client-app' | 'connected-app';
  /** The app's client id (consumer key). Null only in a dry run, where the app doesn't exist or the org hides it. */
  clientId: string | null;
  status: 'created' | 'updated' | 'unchanged';
  /** What was changed, or in a dry run would be, a sentence each. */
  changes: string[];
  certificate: {
    /** SHA-256 fingerprint: upper-case pairs of hexadecimal digits with colons. */
    fingerprint256: string;
    /** When the certificate ends, ISO 8601 in UTC. */
    notAfter: string;
  };
  /** API name of the permission set that pre-authorizes the users. Null where users approve the app themselves. */
  permissionSet: string | null;
  /** Names of the profiles that the app's policy pre-authorizes. */
  profiles: string[];
  users: Array<{
    username: string;
    assigned: 'assigned' | 'already' | 'failed';
    /** Whether a login as this user succeeded; null where none was tried. */
    verified: boolean | null;
    error?: string;
  }>;
  /** The org's My Domain URL, where the app can be reached. */
  instanceUrl: string;
  /** Id of the deployment, if there was one. */
  deployId?: string;
  dryRun: boolean;
};

export function resultOf(
  connected: Connected,
  asked: { certificate: Certificate; instanceUrl: string; dryRun: boolean },
): JwtConnectResult {
  const { name, status, clientId, changes, permissionSet, profiles, users, deployId, appType } = connected;
  const { instanceUrl, dryRun } = asked;
  const { fingerprint256, notAfter } = asked.certificate;
  return {
    name,
    clientId,
    status,
    changes: changes.map(changeSentence),
    certificate: { fingerprint256, notAfter: notAfter.toISOString() },
    permissionSet,
    profiles,
    users: users.map(userRow),
    ...(deployId === undefined ? {} : { deployId }),
    appType,
    instanceUrl,
    dryRun,
  };
}

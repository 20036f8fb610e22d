import { baseUrl } from '../../salesforce/hosts.js';
import { X509Certificate } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import { findApp, type AppSearch } from '../../salesforce/app/app-in-use.js';
import {
  readAppAccess,
  readIsDevHub,
  readLastLogin,
  readLoginState,
  readLoginUser,
  readOrgKind,
} from '../../salesforce/org/login-access.js';
import type { AppCertificateFacts, OrgFacts } from './facts.js';
import { attemptReading } from './reading.js';

/** Whose login is looked into, and with which app. */
export type Sought = {
  username: string;
  clientId: string;
  /** Whether a certificate (DER) is that of the private key at hand */
  isOurs: (certificate: Buffer) => boolean;
};

/** Looks at the org with an admin's eyes: queries and metadata reads only. Each part fails by itself. */
export async function viewOrg(connection: Connection, { username, clientId, isOurs }: Sought): Promise<OrgFacts> {
  const [kind, search, user, isDevHub] = await Promise.all([
    attemptReading(() => readOrgKind(connection)),
    attemptReading(() => findApp(connection.metadata, clientId, isOurs)),
    attemptReading(() => readLoginUser(connection, username)),
    attemptReading(() => readIsDevHub(connection)),
  ]);
  const userId = user.read ? user.value?.id : undefined;
  const app = search.read ? search.value.app : undefined;
  const [userState, access, lastLogin] = await Promise.all([
    userId === undefined ? undefined : attemptReading(() => readLoginState(connection, userId)),
    userId === undefined || app === undefined
      ? undefined
      : attemptReading(() => readAppAccess(connection, app.id, userId)),
    userId === undefined ? undefined : attemptReading(() => readLastLogin(connection, userId)),
  ]);
  return {
    admin: connection.getUsername() ?? '',
    instanceUrl: baseUrl(connection.instanceUrl),
    kind,
    search,
    appCertificate: appCertificateOf(app),
    user,
    userState,
    access,
    lastLogin,
    isDevHub,
  };
}

function appCertificateOf(app: AppSearch['app']): AppCertificateFacts | undefined {
  if (app?.certificate === undefined) return undefined;
  try {
    const certificate = new X509Certificate(app.certificate);
    return {
      der: certificate.raw,
      publicKey: certificate.publicKey.export({ type: 'spki', format: 'der' }),
      notAfter: new Date(certificate.validTo),
      fingerprint256: certificate.fingerprint256,
    };
  } catch {
    return undefined;
  }
}

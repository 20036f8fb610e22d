import { OrgConfigProperties, type ConfigAggregator } from '@salesforce/core';
import { EXAMPLE_ADMIN_ORG } from '../failure-data.js';
import type { Certificate } from '../keys/credential/certificate.js';
import { adminLogin, ifReadable, storedName } from '../machine/store/admin-login.js';
import { findKnownApp } from '../machine/store/known-apps.js';
import { readStoredLogins } from '../machine/store/stored-logins.js';

type Configuration = Pick<ConfigAggregator, 'getPropertyValue'>;

/** What this machine knows of the use of a key pair, as advice needs it. */
export type KnownUse = {
  /** Alias or username of the admin who set the app up, else the configured target org, else an example's. */
  adminOrg: string;
  clientId: string | undefined;
  /** API name of the app. */
  name: string | undefined;
  /** A stored login with the app. */
  username: string | undefined;
  loginUrl: string | undefined;
};

/** The org in which an app would be set up: the configured target org, else an example's. */
export function likelyAdminOrg(config: Configuration): string {
  const configured = config.getPropertyValue(OrgConfigProperties.TARGET_ORG);
  return typeof configured === 'string' && configured !== ''
    ? (storedName(configured) ?? configured)
    : EXAMPLE_ADMIN_ORG;
}

/** @param isIts whether a certificate is that of the pair in question */
export function knownUse(config: Configuration, isIts: (certificate: Certificate) => boolean): KnownUse {
  const app = ifReadable(() => findKnownApp(isIts));
  const login = app && ifReadable(readStoredLogins)?.find(({ clientId }) => clientId === app.clientId);
  const loginUrl = login === undefined ? null : URL.parse(login.loginUrl);
  const admin =
    loginUrl === null || login === undefined
      ? storedName(app?.admin ?? '')
      : adminLogin({ loginUrl, orgId: login.orgId || undefined }, login.username, app?.admin);
  return {
    adminOrg: admin ?? likelyAdminOrg(config),
    clientId: app?.clientId,
    name: app?.name,
    username: login?.username,
    loginUrl: login?.loginUrl,
  };
}

import { generateKeyPairSync } from 'node:crypto';
import type { AppInUse } from '../../../src/salesforce/app/app-in-use.js';
import type { Facts, OrgFacts } from '../../../src/flows/doctor/facts.js';
import type { Reading } from '../../../src/flows/doctor/reading.js';
import { Failure, type FailureCode } from '../../../src/failure.js';

export const NOW = Date.parse('2026-06-01T12:00:00Z');

const spki = (): Buffer =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'der' });
export const PUBLIC_KEY = spki();
export const OTHER_PUBLIC_KEY = spki();

export const read = <T>(value: T): Reading<T> => ({ read: true, value });
export const unread = (reason: string): { read: false; reason: string } => ({ read: false, reason });

/** A usable key, no certificate, no admin's view, a login that works. */
export function healthyFacts(changes: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    platform: 'linux',
    target: {
      username: 'ci@acme.com',
      clientId: '3MVG9exampleClientId',
      loginUrl: new URL('https://acme.my.salesforce.com'),
      audience: 'https://login.salesforce.com',
      usualAudience: 'https://login.salesforce.com',
    },
    urlFailure: undefined,
    key: {
      state: 'usable',
      source: '/home/ci/server.key',
      path: '/home/ci/server.key',
      size: 2048,
      encrypted: false,
      publicKey: PUBLIC_KEY,
      readableByOthers: false,
      temporary: false,
    },
    keyFile: 'server.key',
    passphraseFile: undefined,
    certificate: undefined,
    certificateFile: undefined,
    ownCertificateFile: undefined,
    login: {
      state: 'granted',
      orgId: '00D000000000001AAA',
      instanceUrl: 'https://acme.my.salesforce.com',
      api: { state: 'answers' },
      isDevHub: false,
    },
    clockDifference: 0,
    storeFailure: undefined,
    stored: undefined,
    webLogin: false,
    signupVariables: false,
    admin: undefined,
    knownAdmin: undefined,
    org: undefined,
    ...changes,
  };
}

/** The login is refused like this. */
export function refused(code: FailureCode, error = '', description = ''): Facts['login'] {
  const data = {
    error,
    error_description: description,
    username: 'ci@acme.com',
    clientId: '3MVG9exampleClientId',
    loginUrl: 'https://acme.my.salesforce.com',
    audience: 'https://login.salesforce.com',
    answer: `${error}: ${description}`,
    keyFile: 'server.key',
    passphraseFile: '',
    signer: '',
    certificateFile: 'server.crt',
    certificateAtHand: 'server.crt',
    adminOrg: 'my-admin-org',
    knownAdminOrg: '',
    unusualAudience: '',
    otherAudience: 'https://test.salesforce.com',
    thirdAudience: 'https://acme.my.salesforce.com',
    sharedHost: '',
    redirectedTo: '',
    minutesBehind: 0,
    seconds: 30,
    minutesWaited: 0,
  };
  return { state: 'refused', failure: new Failure(code, data) };
}

export const APP: AppInUse = {
  type: 'external-client-app',
  name: 'CiApp',
  id: '0xI000000000001',
  knownBy: 'clientId',
  certificate: Buffer.from('certificate'),
  scopes: ['Api', 'RefreshToken'],
  enabled: true,
  adminApproved: true,
  permissionSets: ['CiUsers'],
  profiles: [],
  bypassesIpRanges: false,
  requiresHighAssurance: false,
  issuesJwtTokens: false,
};

export const CI_USERS = { id: '0PS1', name: 'CiUsers', profile: undefined, license: undefined };

/** An org in which nothing stands in the way. */
export function healthyOrg(changes: Partial<OrgFacts> = {}, app: Partial<AppInUse> = {}): Facts['org'] {
  return read({
    admin: 'admin@acme.com',
    instanceUrl: 'https://acme.my.salesforce.com',
    kind: read({ orgId: '00D000000000001AAA', sandbox: false }),
    search: read({ app: { ...APP, ...app }, hidden: [] }),
    appCertificate: {
      der: Buffer.from('certificate'),
      publicKey: PUBLIC_KEY,
      notAfter: new Date('2027-01-01'),
      fingerprint256: 'AA:BB',
    },
    user: read({ id: '005000000000001', active: true, profile: 'Standard User' }),
    userState: read({ frozen: false, locked: false }),
    access: read({ openings: [CI_USERS], assigned: [{ id: '0PS1', name: 'CiUsers' }] }),
    lastLogin: read(undefined),
    isDevHub: read(false),
    ...changes,
  });
}

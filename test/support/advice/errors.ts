/** How each failure whose advice has a command is brought about; `advice.test.ts` asks for a case for a new one. */
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Fault } from '../../emulator/index.js';
import { certificateOf } from '../certificates.js';
import { keeperAt } from '../keeper.js';
import { hasKeytool, hasOpenssl, tool } from '../tools.js';
import { ADMIN, CI_USER, pairOf, type Workplace } from '../workplace.js';

/** The admin has another alias than the one that stands in advice where none is known. */
export const ADMIN_HERE = 'admin-here';
/** Changes the app in the org, whose label is another. */
const RELABELLED = [
  'connect',
  '--target-org',
  ADMIN_HERE,
  '--certificate-file',
  'server.crt',
  '--name',
  'Ci',
  '--label',
  'New',
];
export const PASSPHRASE = 'correct horse';
export type Place = { workplace: Workplace; clientId: string };
export type Case = {
  /** Brings the failure about, and returns the words behind `sf jwt`. */
  words: (place: Place) => string[] | Promise<string[]>;
  /** At least one of the commands ends with 0; after it the login of the CI user works. */
  mends?: true;
  /** For the command that fails. */
  env?: Record<string, string>;
  /** What the advice says to set, for its commands. */
  advisedEnv?: Record<string, string>;
  /** What works after one of the commands, with the variables. */
  then?: (place: Place) => string[];
  /** A program without which the case can't be. */
  tool?: [has: boolean, name: string];
  /** The advice may make an app. */
  newApp?: true;
  /** The failing command fails again: it's another that the advice names. */
  once?: true;
  /** Of the org; a developer's if none is named. */
  kind?: 'production';
};

/** A Connected App that lets the CI user in. @returns its client id */
async function oldApp({ workplace }: Place, certificate?: string): Promise<string> {
  const { setup } = workplace.org;
  const given = certificate ?? (await pairOf()).certificate;
  return setup.createConnectedApp({ name: 'Old', certificate: given, adminApproved: true, permissionSets: ['Ci'] });
}

function migrateOld(name = 'Old'): string[] {
  return ['migrate', '--target-org', ADMIN_HERE, '--name', name, '--username', CI_USER];
}

/** Advice can't know the alias by chance. */
export async function nameAdmin({ home }: Workplace): Promise<void> {
  const aliases = JSON.stringify({ orgs: { [ADMIN_HERE]: ADMIN } });
  await writeFile(join(home, '.sfdx', 'alias.json'), aliases, { mode: 0o600 });
}

export const grant = ({ workplace, clientId }: Place, ...more: string[]): string[] => {
  const usual = {
    '--username': CI_USER,
    '--client-id': clientId,
    '--jwt-key-file': 'server.key',
    '--instance-url': workplace.org.url,
  };
  const flags = Object.entries(usual).filter(([flag]) => !more.includes(flag));
  return ['grant', ...flags.flat(), ...more];
};
const withKey = async ({ workplace }: Place, name: string, content: string): Promise<string[]> => {
  await workplace.save(name, content);
  return ['--jwt-key-file', name];
};
const app = ({ workplace }: Place, options: object): string => {
  workplace.org.setup.deleteApp('Ci');
  return workplace.org.setup.createExternalClientApp({ name: 'Ci', ...options });
};
const answering = ({ workplace }: Place, error: string, error_description: string): void => {
  const body = JSON.stringify({ error, error_description });
  const headers = { 'content-type': 'application/json' };
  workplace.org.faults.add({ match: { path: /oauth2\/token$/ }, respond: { status: 400, headers, body } });
};

/** The org lists the settings of an app and doesn't give them out. */
const READS_GLOBAL_SETTINGS: Fault['match'] = ({ path, body }) =>
  path.includes('/services/Soap/m/') &&
  ['readMetadata', 'ExtlClntAppGlobalOauthSettings'].every((word) => body.includes(word));
const NOTHING_READ = {
  status: 200,
  headers: { 'content-type': 'text/xml' },
  body:
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><readMetadataResponse>' +
    '<result><records xsi:nil="true"/></result></readMetadataResponse></soapenv:Body></soapenv:Envelope>',
};

const LEGACY = ['-provider', 'legacy', '-provider', 'default'];
const hasLegacy = spawnSync('openssl', ['list', '-providers', ...LEGACY]).status === 0;

export const ERROR_CASES: Record<string, Case> = {
  user_not_admin_approved: {
    words: (at) => {
      at.workplace.org.setup.removeAssignment(CI_USER, 'Ci');
      return grant(at);
    },
    mends: true,
  },
  user_not_approved: {
    words: async (at) => {
      const { certificate } = await pairOf();
      return grant(at, '--client-id', app(at, { certificate, adminApproved: false }));
    },
    mends: true,
  },
  signature_mismatch: {
    words: async (at) => {
      await at.workplace.savePair('other', 'other');
      return grant(at, '--jwt-key-file', 'other.key');
    },
    mends: true,
  },
  grant_type_unsupported: {
    words: (at) => grant(at, '--client-id', app(at, { adminApproved: true })),
    mends: true,
  },
  scope_refresh_token_missing: {
    words: (at) => {
      at.workplace.org.setup.changeScopes('Ci', ['Api']);
      return grant(at);
    },
    mends: true,
  },
  scopes_invalid: {
    words: (at) => {
      at.workplace.org.setup.changeScopes('Ci', ['RefreshToken']);
      return grant(at);
    },
    mends: true,
  },
  ip_restricted: {
    words: (at) => {
      at.workplace.org.switches.ipRanges = 'closed';
      return grant(at);
    },
    mends: true,
  },
  audience_invalid: {
    words: (at) => {
      at.workplace.org.switches.myDomainAudience = 'matching';
      return grant(at, '--audience', 'https://test.salesforce.com');
    },
    mends: true,
  },
  client_id_unknown: { words: (at) => grant(at, '--client-id', '3MVG9another') },
  app_not_in_org: {
    words: (at) => {
      answering(at, 'app_not_found', 'External client app is not installed in this org');
      return grant(at);
    },
    newApp: true,
  },
  app_not_installed: {
    words: (at) => {
      answering(at, 'invalid_client', 'app must be installed into org');
      return grant(at);
    },
    newApp: true,
  },
  site_unknown: { words: (at) => grant(at, '--instance-url', `${at.workplace.org.url}/customers`), mends: true },
  token_endpoint_redirects: {
    words: (at) => {
      const respond = { status: 302, headers: { location: at.workplace.org.url }, body: '' };
      at.workplace.org.faults.add({ match: { path: /^\/services\/moved\// }, respond });
      return grant(at, '--instance-url', `${at.workplace.org.url}/services/moved`);
    },
    mends: true,
  },
  front_door_scope_missing: {
    words: (at) => {
      at.workplace.org.setup.changeScopes('Ci', ['Api', 'RefreshToken']);
      return ['token', ...grant(at).slice(1), '--path', '/'];
    },
  },
  login_not_stored: { words: () => ['revoke', '--target-org', 'nobody@example.com', '--no-prompt'] },
  app_missing: {
    words: () => ['rotate', '--target-org', ADMIN_HERE, '--name', 'Other', '--jwt-key-file', 'server.key'],
    newApp: true,
  },
  key_not_in_use: {
    words: async (at) => {
      await at.workplace.savePair('other', 'other');
      return ['rotate', '--target-org', ADMIN_HERE, '--name', 'Ci', '--jwt-key-file', 'other.key'];
    },
  },
  new_signer_in_use: {
    words: async ({ workplace }) => {
      const keeper = await keeperAt(workplace);
      await keeper.keep('server');
      const signer = keeper.uri('server');
      const target = ['--target-org', ADMIN_HERE, '--name', 'Ci', '--username', CI_USER];
      return ['rotate', ...target, '--signer', signer, '--new-signer', signer];
    },
  },
  certificate_in_use_unknown: {
    words: async (at) => {
      at.workplace.org.switches.certificateReadback = 'omitted';
      await withKey(at, 'alone.key', (await pairOf()).key);
      return ['rotate', '--target-org', ADMIN_HERE, '--name', 'Ci', '--jwt-key-file', 'alone.key'];
    },
  },
  key_is_openssh: {
    words: (at) => {
      spawnSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', at.workplace.path('id_rsa')]);
      return grant(at, '--jwt-key-file', 'id_rsa');
    },
  },
  key_too_small: {
    words: async (at) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return grant(at, ...(await withKey(at, 'small.key', pem)));
    },
  },
  certificate_not_pem: {
    words: async (at) => {
      await at.workplace.save('strange.crt', 'no certificate\n');
      return ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'strange.crt'];
    },
  },
  key_is_jwt: {
    words: async (at) => {
      const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
      const jwt = [
        part({ alg: 'RS256' }),
        part({ iss: 'x', sub: CI_USER, aud: 'https://login.salesforce.com' }),
        'AAAA',
      ];
      return grant(at, ...(await withKey(at, 'assertion.jwt', jwt.join('.'))));
    },
  },
  keystore_without_key: {
    words: (at) => {
      const out = ['-out', at.workplace.path('trust.p12'), '-passout', `pass:${PASSPHRASE}`];
      tool('openssl', ['pkcs12', '-export', '-nokeys', '-in', at.workplace.path('server.crt'), ...out]);
      return grant(at, '--jwt-key-file', 'trust.p12');
    },
    env: { SF_JWT_STORE_PASSPHRASE: PASSPHRASE },
    tool: [hasOpenssl, 'openssl'],
  },
  stored_logins_need_plain_key: {
    words: async (at) => {
      expect((await at.workplace.json(grant(at))).status).to.equal(0);
      const words = ['rotate', '--target-org', ADMIN_HERE, '--name', 'Ci', '--username', CI_USER];
      return [...words, '--jwt-key-file', 'server.key', '--encrypt'];
    },
    env: { SF_JWT_KEY_PASSPHRASE: PASSPHRASE },
    mends: true,
  },
  login_without_key: {
    words: () => ['snippet', '--for', 'github-actions', '--target-org', ADMIN_HERE],
    newApp: true,
  },
  key_encryption_unsupported: {
    words: (at) => {
      const files = ['-in', at.workplace.path('server.key'), '-out', at.workplace.path('old.key')];
      tool('openssl', ['pkcs8', '-topk8', '-v1', 'PBE-MD5-DES', '-passout', `pass:${PASSPHRASE}`, ...files, ...LEGACY]);
      return grant(at, '--jwt-key-file', 'old.key');
    },
    env: { SF_JWT_KEY_PASSPHRASE: PASSPHRASE },
    then: (at) => grant(at, '--jwt-key-file', 'new-server.key'),
    tool: [hasLegacy, 'the legacy provider of openssl'],
  },
  keystore_encryption_unsupported: {
    words: (at) => {
      const rc4 = ['-keypbe', 'PBE-SHA1-RC4-128', '-legacy', ...LEGACY];
      pkcs12(at, 'old.p12', 'server', ...rc4);
      return grant(at, '--jwt-key-file', 'old.p12');
    },
    env: { SF_JWT_STORE_PASSPHRASE: PASSPHRASE },
    then: (at) => grant(at, '--jwt-key-file', 'new.p12'),
    tool: [hasLegacy && hasKeytool, 'keytool or the legacy provider of openssl'],
  },
  keystore_key_passphrase_differs: {
    words: (at) => {
      pkcs12(at, 'one.p12', 'server');
      const [from, to] = [at.workplace.path('one.p12'), at.workplace.path('two.jks')];
      const source = ['-srckeystore', from, '-srcstorepass', PASSPHRASE, '-srcalias', '1'];
      const store = ['-destkeystore', to, '-deststoretype', 'JKS', '-deststorepass', PASSPHRASE];
      tool('keytool', ['-importkeystore', '-noprompt', ...source, ...store, '-destkeypass', 'another-one']);
      return grant(at, '--jwt-key-file', 'two.jks');
    },
    env: { SF_JWT_STORE_PASSPHRASE: PASSPHRASE },
    advisedEnv: { SF_JWT_KEY_PASSPHRASE: 'another-one' },
    mends: true,
    then: (at) => grant(at, '--jwt-key-file', 'new.p12'),
    tool: [hasKeytool && hasOpenssl, 'keytool or openssl'],
  },
  secret_value_exposed: {
    words: async (at) => {
      expect((await at.workplace.json(grant(at))).status).to.equal(0);
      return ['snippet', '--secret-value', '--target-org', CI_USER];
    },
    mends: true,
    once: true,
  },
  setup_signer_without_certificate: {
    words: async ({ workplace }) => {
      for (const name of ['server.key', 'server.crt']) await rm(workplace.path(name), { force: true });
      const asked = ['--target-org', ADMIN_HERE, '--username', CI_USER, '--for', 'none'];
      return ['setup', ...asked, '--signer', 'exec:no-such-keeper', '--no-prompt'];
    },
  },
  login_not_jwt: { words: () => ['revoke', '--target-org', ADMIN_HERE, '--no-prompt'] },
  named_org_not_found: { words: () => ['connect', '--target-org', 'nobody-here', '--certificate-file', 'server.crt'] },
  login_url_malformed: {
    words: (at) => grant(at).filter((word) => word !== '--instance-url' && word !== at.workplace.org.url),
    env: { SF_ORG_INSTANCE_URL: 'https://acme corp' },
  },
  store_undecryptable: {
    words: async ({ workplace }) => {
      await rm(join(workplace.home, '.sfdx', 'key.json'));
      return ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--name', 'Ci'];
    },
  },
  store_damaged: {
    words: async (at) => {
      await writeFile(join(at.workplace.home, '.sfdx', 'alias.json'), '{"orgs": {"ci"', { mode: 0o600 });
      return grant(at, '--alias', 'ci');
    },
    mends: true,
  },
  api_version_too_old: {
    words: () => ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--api-version', '50.0'],
  },
  app_settings_unreadable: {
    words: ({ workplace }) => {
      workplace.org.faults.add({ match: READS_GLOBAL_SETTINGS, respond: NOTHING_READ });
      return RELABELLED;
    },
  },
  deployment_failed: {
    words: ({ workplace }) => {
      workplace.org.switches.productionTests = 'fail';
      return RELABELLED;
    },
    kind: 'production',
  },
  deployment_unanswered: {
    words: ({ workplace }) => {
      workplace.org.faults.add({ match: { method: 'POST', path: /deployRequest$/ }, drop: 'after', times: 1 });
      return ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--name', 'Other'];
    },
    newApp: true,
  },
  deployment_refused: {
    words: ({ workplace }) => {
      workplace.org.switches.productionTests = 'level-required';
      return RELABELLED;
    },
    kind: 'production',
  },
  admin_session_expired: {
    words: ({ workplace }) => {
      workplace.org.expireSessions();
      return ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--name', 'Ci'];
    },
  },
  app_not_found: { words: () => ['disconnect', '--target-org', ADMIN_HERE, '--name', 'Not there'] },
  app_not_switchable: {
    words: ({ workplace }) => {
      workplace.org.setup.createConnectedApp({ name: 'Older' });
      return ['disconnect', '--target-org', ADMIN_HERE, '--name', 'Older', '--disable'];
    },
  },
  app_certificate_ended: {
    words: async (place) => {
      const { key } = await pairOf();
      await oldApp(place, await certificateOf(createPrivateKey(key), 'server', 30));
      return migrateOld();
    },
  },
  app_not_connected_app: { words: () => migrateOld('Ci') },
  old_app_in_use: {
    words: async (place) => {
      const clientId = await oldApp(place);
      await place.workplace.json(grant({ ...place, clientId }));
      return [...migrateOld(), '--disable-old'];
    },
    once: true,
  },
  old_app_use_unknown: {
    words: async (place) => {
      await oldApp(place);
      place.workplace.org.setup.takePermissions(ADMIN, 'ManageUsers');
      return [...migrateOld(), '--disable-old'];
    },
  },
  login_through_app: {
    words: async (place) => {
      await placeOfAdmin(place);
      return ['disconnect', '--target-org', ADMIN_HERE, '--name', 'Ci'];
    },
  },
  permission_sets_unknown: {
    words: () => {
      const sets = ['--permission-set', 'Ci', '--permission-set', 'NotThere'];
      return ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--name', 'Ci', ...sets];
    },
  },
  profiles_unknown: {
    words: () => ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--profile', 'Not There'],
  },
  key_certificate_mismatch: {
    words: async ({ workplace }) => {
      await workplace.savePair('other', 'other');
      return ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt', '--jwt-key-file', 'other.key'];
    },
  },
  keystore_key_size: {
    words: async ({ workplace }) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2560 });
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      await workplace.save('odd.pem', pem + (await certificateOf(privateKey, 'odd')));
      return ['convert', '--from', 'odd.pem', '--to', 'odd.jks'];
    },
    env: { SF_JWT_STORE_PASSPHRASE: PASSPHRASE },
  },
  users_unknown: {
    words: () => [
      'connect',
      '--target-org',
      ADMIN_HERE,
      '--certificate-file',
      'server.crt',
      '--username',
      'no@acme.com',
    ],
  },
};

/** The admin's own login is one with the app. */
async function placeOfAdmin({ workplace, clientId }: Place): Promise<void> {
  const path = join(workplace.home, '.sfdx', `${ADMIN}.json`);
  const entry = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...entry, clientId, privateKey: workplace.path('server.key') }));
}

function pkcs12({ workplace }: Place, name: string, pair: string, ...options: string[]): void {
  const files = ['-inkey', `${pair}.key`, '-in', `${pair}.crt`, '-out', name].map((word) =>
    word.includes('.') ? workplace.path(word) : word,
  );
  tool('openssl', ['pkcs12', '-export', ...files, '-passout', `pass:${PASSPHRASE}`, ...options]);
}

/** Codes that have no case, and why. */
export const ERRORS_UNRUN: Record<string, string> = {
  store_mode_refused: 'no file system of the tests refuses a mode',
  store_unwritable: 'the tests may be run by root, whom nothing stops; the variable is for a shell of its own',
  owner_unkept: 'only root can bring it about; the variable is for a shell of its own',
  key_chain_refused: 'a key chain of the system brings it about; the variable is for a shell of its own',
  signer_region_missing: 'the region is the reader’s own',
  signer_server_untrusted: 'the authority is that of the reader’s server',
};

/** Lines of codes with a case that their case does not come to, and why. */
export const LINES_UNRUN: Record<string, string> = {};

/**
 * What users of JWT logins run into, and what comes of it: one table. To add a trouble, add a row: what the user did, how the
 * test does it, the code that it ends with (none: it works), and what the sentence or the advice has to say. `trouble.ts` has
 * the words of a row and how it's judged.
 */
import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ConfigAggregator } from '@salesforce/core';
import { gzipSync } from 'node:zlib';
import { readOrgsFile, rowsOf } from '../../src/flows/fleet/orgs-file.js';
import { checkRows, isFaulty } from '../../src/flows/fleet/rows.js';
import type { FailureCode } from '../../src/failure.js';
import { writeJks } from '../../src/keys/credential/jks.js';
import { writePkcs12 } from '../../src/keys/credential/pkcs12-write.js';
import { chosenCertificate, readCertificates } from '../../src/machine/files/certificate-input.js';
import { readCredentialInput } from '../../src/machine/files/credential-input.js';
import { readKeyInput } from '../../src/machine/files/key-input.js';
import { keyChainFault } from '../../src/machine/store/key-chain.js';
import { loginUrlFor } from '../../src/machine/store/login-url.js';
import { storeFailureFor } from '../../src/machine/store/store-health.js';
import { storeFaultOf } from '../../src/machine/store/store-fault.js';
import {
  requireAppName,
  requireContactEmail,
  requireScopes,
  requireUrl,
} from '../../src/salesforce/app/requirements.js';
import { reasonOf } from '../../src/salesforce/token/endpoint.js';
import type { TokenRefusal } from '../../src/salesforce/token/answer.js';
import { loginFailure } from '../../src/salesforce/token/log-in.js';
import { systemFetch } from '../../src/salesforce/token/network.js';
import { loginFlags } from '../../src/terminal/flags/login.js';
import { asPath, asText } from '../../src/terminal/flags/path.js';
import { pair as keyPair } from './keystores.js';
import { CANARY, paste, type Place, type Trouble } from './trouble.js';
import { withPbmac1 } from './pbmac1.js';
import { unusableCertificates } from './unusable-certificates.js';
import { tool } from './tools.js';

type Row = Omit<Trouble, 'area'>;

const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
const lines = (text: string): string => text.replace(/.{64}/g, '$&\n');
const certutil = (content: string | Buffer): string =>
  `-----BEGIN CERTIFICATE-----\r\n${lines(base64(content))}\r\n-----END CERTIFICATE-----\r\n`;

// ---- The token endpoint refuses

const TARGET = {
  clientId: '3MVG9x',
  username: 'ci@acme.com',
  loginUrl: new URL('https://acme.my.salesforce.com'),
  audience: 'https://login.salesforce.com',
};
const KNOWN = { keyFile: 'server.key', certificateFile: 'server.crt', adminOrg: 'my-admin' };
const CONNECT = 'sf jwt connect --target-org my-admin --client-id 3MVG9x --certificate-file server.crt';
const GRANT = 'sf jwt grant --username ci@acme.com --client-id 3MVG9x --jwt-key-file server.key';
const DOCTOR = /sf jwt doctor --username ci@acme\.com --client-id 3MVG9x --jwt-key-file server\.key/;
/** What was refused is no advice. */
const REFUSED_AUDIENCE = /--audience https:\/\/login\./;

const both = (first: RegExp, second: RegExp): RegExp => new RegExp(`(?=[^]*${first.source})(?=[^]*${second.source})`);

function refusal(words: string, code: FailureCode, says: RegExp, pasted?: string, target = TARGET): Row {
  const [error = '', errorDescription = ''] = words.split(': ');
  return {
    did: `was told ${words}`,
    run: () => {
      throw loginFailure({ ok: false, kind: 'oauth', status: 400, error, errorDescription }, target, KNOWN);
    },
    code,
    says: both(both(says, DOCTOR), new RegExp(errorDescription.replaceAll('.', '\\.'))),
    never: REFUSED_AUDIENCE,
    ...(pasted === undefined ? {} : { pasted }),
    expected: pasted === undefined ? 'clear' : 'solved',
  };
}

function silence(did: string, answer: Omit<TokenRefusal, 'ok'>, code: FailureCode, says: RegExp): Row {
  const run = (): never => {
    throw loginFailure({ ok: false, ...answer } as TokenRefusal, TARGET, { ...KNOWN, timeout: 30_000 });
  };
  return { did, run, code, says: both(says, DOCTOR), expected: 'clear' };
}

const REFUSALS: Row[] = [
  refusal(
    "invalid_grant: user hasn't approved this consumer",
    'user_not_approved',
    /never approved/,
    `${CONNECT} --username ci@acme.com`,
  ),
  refusal(
    'invalid_app_access: user is not admin approved to access this app',
    'user_not_admin_approved',
    /isn't pre-authorized/,
    `${CONNECT} --username ci@acme.com`,
  ),
  refusal(
    'invalid_app_acess: user is not admin approved to access this app',
    'user_not_admin_approved',
    /isn't pre-authorized/,
    `${CONNECT} --username ci@acme.com`,
  ),
  refusal(
    'invalid_grant: audience is invalid',
    'audience_invalid',
    /made out to/,
    `${GRANT} --instance-url https://acme.my.salesforce.com --audience https://test.salesforce.com`,
  ),
  refusal(
    'invalid_grant: invalid assertion',
    'signature_mismatch',
    /doesn't belong to the certificate/,
    `${CONNECT} --jwt-key-file server.key --username ci@acme.com`,
  ),
  refusal(
    'invalid_client: invalid client credentials',
    'signature_mismatch',
    /doesn't belong to the certificate/,
    `${CONNECT} --jwt-key-file server.key --username ci@acme.com`,
  ),
  refusal(
    'invalid_request: refresh_token scope is required and the connected app should be installed and preauthorized.',
    'scope_refresh_token_missing',
    /lacks the scope/,
    `${CONNECT} --scope refresh_token --scope api --scope web`,
  ),
  refusal(
    'invalid_grant: no valid scopes defined',
    'scopes_invalid',
    /at least one other/,
    `${CONNECT} --scope refresh_token --scope api --scope web`,
  ),
  refusal('unsupported_grant_type: grant type not supported', 'grant_type_unsupported', /no certificate/, CONNECT),
  refusal(
    'invalid_grant: ip restricted',
    'ip_restricted',
    /this machine's address/,
    `${CONNECT} --ip-relaxation bypass`,
  ),
  refusal(
    'invalid_client_id: client identifier invalid',
    'client_id_unknown',
    /Consumer Key[^]*sf jwt grant [^]*--wait 10/,
  ),
  {
    ...refusal(
      'app_not_found: External client app is not installed in this org',
      'app_not_in_org',
      /instead of the sandbox[^]*sf jwt connect --target-org my-admin/,
    ),
    never: /MyDomainName|no External Client Apps of these/,
  },
  {
    ...refusal(
      'app_not_found: External client app is not installed in this org',
      'app_not_in_org',
      /test\.salesforce\.com knows no External Client Apps of these\. Log in at the My Domain URL/,
      undefined,
      {
        ...TARGET,
        loginUrl: new URL('https://test.salesforce.com'),
        audience: 'https://test.salesforce.com',
      },
    ),
    did: 'logged in at test.salesforce.com with an External Client App',
  },
  refusal(
    'invalid_client: app must be installed into org',
    'app_not_installed',
    /Connected Apps OAuth Usage[^]*sf jwt connect/,
  ),
  refusal('invalid_grant: expired authorization code', 'assertion_expired', /clock/),
  refusal('invalid_grant: inactive user', 'user_inactive', /Setup/),
  refusal('invalid_grant: user is locked', 'user_locked', /Setup/),
  refusal('invalid_grant: authentication failure', 'authentication_failure', /login history/),
  refusal('invalid_grant: login rate exceeded', 'login_rate_exceeded', /Wait/),
  refusal('invalid_grant: login hours', 'login_hours', /Login Hours/),
  refusal('invalid_grant: high assurance', 'high_assurance_required', /High Assurance session required/),
  refusal('rate_limit_exceeded: number of logins exceeded', 'org_login_limit', /Wait/),
  refusal('inactive_org: organization is locked, closed, or suspended', 'org_inactive', /expired/),
  refusal('OAUTH_APP_BLOCKED: this app is blocked by admin', 'app_blocked', /unblock it in Setup/),
  refusal('invalid_request: jti already in use', 'assertion_replayed', /again/),
  refusal('a_new_error: of next year', 'token_refused', /login history/),
  {
    ...refusal('invalid_grant: expired authorization code', 'clock_behind', /7 minutes behind/),
    did: 'logged in on a machine whose clock is late',
    run: () => {
      const refused = { ok: false, kind: 'oauth', status: 400, error: 'invalid_grant' } as const;
      const answer = { ...refused, errorDescription: 'expired authorization code', serverTime: 420_000 };
      throw loginFailure(answer, TARGET, { ...KNOWN, now: 0 });
    },
  },
  silence('mistyped the host', { kind: 'none', reason: 'ENOTFOUND' } as never, 'host_unknown', /spelling/),
  silence(
    'works behind a proxy that opens TLS',
    { kind: 'none', reason: 'SELF_SIGNED_CERT_IN_CHAIN' } as never,
    'tls_failed',
    /NODE_EXTRA_CA_CERTS/,
  ),
  silence(
    'waited for an answer that never came',
    { kind: 'none', reason: 'timeout' } as never,
    'token_endpoint_timeout',
    /30 seconds[^]*--timeout/,
  ),
  silence(
    'logged in to a deleted scratch org',
    { kind: 'strange', what: 'unavailable', status: 503, excerpt: 'Data Not Available' } as never,
    'org_not_available',
    /deleted or has expired/,
  ),
  silence(
    'got a page of the network in place of an answer',
    { kind: 'strange', what: 'other', status: 200, excerpt: '<html>' } as never,
    'token_endpoint_strange',
    /login page of the network/,
  ),
];

// ---- The key as a CI has it, in SF_JWT_KEY

type Wrap = (pem: string) => string;

const reads = (did: string, wrap: Wrap): Row => ({
  did: `has the key in SF_JWT_KEY ${did}`,
  run: (at) => at.readKey({ SF_JWT_KEY: wrap(at.pair.key) }),
  expected: 'solved',
});

const names = (did: string, input: string | ((at: Place) => string), code: FailureCode, says: RegExp): Row => ({
  did: `has in SF_JWT_KEY ${did}`,
  run: (at) => at.readKey({ SF_JWT_KEY: typeof input === 'string' ? input : input(at) }),
  code,
  says: both(/SF_JWT_KEY/, says),
  expected: 'clear',
});

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS8_ENCRYPTED = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: CANARY } as const;
const encrypted = privateKey.export(PKCS8_ENCRYPTED).toString();
const jwk = privateKey.export({ format: 'jwk' });

const der = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');

const KEYS: Row[] = [
  reads('with literal \\n', (pem) => pem.replaceAll('\n', '\\n')),
  reads('with /n', (pem) => pem.trimEnd().replaceAll('\n', '/n')),
  reads('with %0A', encodeURIComponent),
  reads('with &#10;', (pem) => pem.replaceAll('\n', '&#10;')),
  reads('with CRLF', (pem) => pem.replaceAll('\n', '\r\n')),
  reads('on one line', (pem) => pem.replaceAll('\n', ' ')),
  reads('without any line ends', (pem) => pem.replaceAll('\n', '')),
  reads('in quotes', (pem) => `"${pem.trim()}"`),
  reads('behind a byte order mark', (pem) => `\ufeff${pem}`),
  reads('with no-break spaces', (pem) => pem.replaceAll(' ', '\u00a0')),
  reads('with zero-width spaces', (pem) => pem.replaceAll(/(.{40})/g, '$1\u200b')),
  reads('with four dashes', (pem) => pem.replaceAll('-----', '----')),
  reads('with typographic dashes', (pem) => pem.replaceAll('-----', '\u2014\u2014-')),
  reads('indented, from YAML', (pem) => pem.replaceAll(/^/gm, '    ')),
  reads('in base64', base64),
  reads('in base64 twice', (pem) => base64(base64(pem))),
  reads('in base64 of UTF-16, from PowerShell', (pem) => base64(Buffer.from(`\ufeff${pem}`, 'utf16le'))),
  reads('in base64 of DER', (pem) => base64(der(pem))),
  reads('in base64 of gzip', (pem) => base64(gzipSync(pem))),
  reads('as certutil encodes it', (pem) => certutil(pem)),
  reads('in JSON', (pem) => JSON.stringify({ private_key: pem })),
  {
    did: 'has an encrypted key and its passphrase in the environment',
    run: (at) => {
      const closed = createPrivateKey(at.pair.key).export(PKCS8_ENCRYPTED).toString();
      return at.readKey({ SF_JWT_KEY: closed, SF_JWT_KEY_PASSPHRASE: CANARY });
    },
    expected: 'solved',
  },
  names('nothing but white space', ' \n', 'key_empty', /variable is set/),
  names('an unexpanded $X', '$SERVER_KEY', 'content_is_variable', /single quotes/),
  names('an unexpanded ${{ … }}', '${{ secrets.SERVER_KEY }}', 'content_is_variable', /nobody replaced/),
  names('an unexpanded $(X) of Azure', '$(SERVER_KEY)', 'content_is_variable', /nobody replaced/),
  names('an unexpanded %X%', '%SERVER_KEY%', 'content_is_variable', /nobody replaced/),
  names('a mask copied from a log', '***', 'content_is_masked', /copied from a log/),
  names('a path', '/home/runner/server.key', 'content_is_path', /--jwt-key-file/),
  names('a path of Windows', 'C:\\keys\\server.key', 'content_is_path', /--jwt-key-file/),
  names('ciphertext of openssl', base64(`Salted__${'x'.repeat(40)}`), 'content_is_openssl_encrypted', /openssl enc -d/),
  names(
    'a file of git-crypt',
    base64(Buffer.concat([Buffer.from('\0GITCRYPT\0'), randomBytes(64)])),
    'content_is_git_crypt',
    /git-crypt unlock/,
  ),
  names(
    'a pointer of Git LFS',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1704\n',
    'content_is_git_lfs_pointer',
    /git lfs pull/,
  ),
  names(
    'a vault of Ansible',
    '$ANSIBLE_VAULT;1.1;AES256\n6138396138\n',
    'content_is_ansible_vault',
    /ansible-vault decrypt/,
  ),
  names(
    'a file of age',
    '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n',
    'content_is_age',
    /age --decrypt/,
  ),
  names(
    'a message of PGP',
    '-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n',
    'content_is_pgp',
    /gpg --decrypt/,
  ),
  names(
    'a file of SOPS',
    '{"key": "ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]", "sops": {}}',
    'content_is_sops',
    /sops --decrypt/,
  ),
  names(
    'the page of a download that asked for a login',
    '<!DOCTYPE html>\n<html><body>Sign in</body></html>',
    'content_is_web_page',
    /asked for a login/,
  ),
  names(
    'the public key',
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'key_is_public_key',
    /public key/,
  ),
  names('the certificate', ({ pair }) => pair.certificate, 'key_is_certificate', /certificate, not a private key/),
  names(
    'a key of OpenSSH',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n-----END OPENSSH PRIVATE KEY-----\n',
    'key_is_openssh',
    /OpenSSH/,
  ),
  names('a key of PuTTY', 'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n', 'key_is_putty', /PuTTY/),
  names(
    'a fingerprint',
    'AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01',
    'content_is_fingerprint',
    /fingerprint/,
  ),
  names('the client ID', `3MVG9${'aB1_.xYz9'.repeat(8)}`, 'content_is_client_id', /--client-id/),
  names('the consumer secret', 'A1B2C3D4'.repeat(8), 'content_is_consumer_secret', /no consumer secret/),
  names(
    'an assertion',
    `${base64('{"alg":"RS256"}').replace(/=+$/, '')}.${base64('{"iss":"x"}').replace(/=+$/, '')}.c2ln`,
    'key_is_jwt',
    /not the private key/,
  ),
  names(
    'a key cut at 1024 characters',
    ({ pair }) => pair.key.slice(0, 1024),
    'key_damaged',
    /cut off: 981 characters/,
  ),
  names(
    'a key with nothing between its lines',
    '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
    'key_damaged',
    /nothing between its first line and its last/,
  ),
  names(
    'a key with an odd character',
    ({ pair }) => pair.key.replace(/(\n.{64}\n.{9})./, '$1*'),
    'key_damaged',
    /line 3[^]*character 10/,
  ),
  names(
    'a part of a key in base64 of DER',
    ({ pair }) => base64(der(pair.key).subarray(0, 700)),
    'key_damaged',
    /700 bytes/,
  ),
  names(
    'a JWK without its values',
    JSON.stringify({ ...jwk, d: 'AA', p: undefined }),
    'content_is_jwk',
    /values are missing/,
  ),
  names(
    'an elliptic key',
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'key_not_rsa',
    /RSA key only/,
  ),
  names(
    'a key of 1024 bits',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'key_too_small',
    /1024 bits/,
  ),
  names('an encrypted key, and no passphrase', encrypted, 'key_passphrase_missing', /SF_JWT_KEY_PASSPHRASE/),
  {
    did: 'has an encrypted key and the wrong passphrase',
    run: (at) => at.readKey({ SF_JWT_KEY: encrypted, SF_JWT_KEY_PASSPHRASE: `${CANARY}!` }),
    code: 'key_passphrase_wrong',
    says: /White space counts/,
    expected: 'clear',
  },
  {
    did: 'has an encrypted key and a passphrase variable that is empty',
    run: (at) => at.readKey({ SF_JWT_KEY: encrypted, SF_JWT_KEY_PASSPHRASE: '' }),
    code: 'passphrase_empty',
    says: /CI variable is often empty/,
    expected: 'clear',
  },
  {
    did: 'has no key at all',
    run: (at) => at.readKey({}),
    code: 'key_missing',
    says: /SF_JWT_KEY/,
    expected: 'clear',
  },
];

// ---- Keystores and certificates

const storeOf = async (): Promise<Parameters<typeof writePkcs12>[0]> => {
  const { key, der: certificate } = await keyPair('store');
  return { alias: 'server', key, chain: [certificate], password: CANARY };
};
const readStore = (wrap: (at: Place) => Promise<string | Buffer>, environment: NodeJS.ProcessEnv): Row['run'] => {
  return async (at) => {
    const file = at.save('server.store', await wrap(at));
    const { key } = (await readKeyInput(at.sources(environment, { file })))!;
    if (!key!.equals((await keyPair('store')).key)) throw new Error('That is another key');
  };
};
const STORE = { SF_JWT_STORE_PASSPHRASE: CANARY };
const pfx = async (): Promise<Buffer> => writePkcs12(await storeOf(), 'modern', randomBytes);
const jks = async (): Promise<Buffer> => writeJks(await storeOf(), new Date(), randomBytes);

const deploys = (certificate: (at: Place) => Promise<string | Buffer> | string | Buffer): Row['run'] => {
  return async (at) => {
    const file = at.save('deployed.crt', await certificate(at));
    const keys = at.sources({}, { file: 'server.key' });
    const { certificate: chosen } = await readCredentialInput(file, keys, new Date());
    if (chosen.pem.trim() !== at.pair.certificate.trim()) throw new Error('That is another certificate');
  };
};
const unusable = (did: string, code: FailureCode, says: RegExp): Row => ({
  did: `has for a certificate ${did}`,
  run: deploys(async (at) => (await unusableCertificates(at.pair.certificate))[code]!),
  code,
  says,
  expected: 'clear',
});

const STORES: Row[] = [
  { did: 'has a .p12 for a key', run: readStore(pfx, STORE), expected: 'solved' },
  { did: 'has a .jks for a key', run: readStore(jks, STORE), expected: 'solved' },
  {
    did: 'has a .p12 whose MAC is PBMAC1',
    run: readStore(async () => withPbmac1(await pfx(), CANARY), STORE),
    expected: 'solved',
  },
  { did: 'has a .p12 in base64', run: readStore(async () => base64(await pfx()), STORE), expected: 'solved' },
  {
    did: 'has a .p12 that certutil encoded',
    run: readStore(async () => certutil(await pfx()), STORE),
    expected: 'solved',
  },
  {
    did: 'has a .p12 and no passphrase',
    run: readStore(pfx, {}),
    code: 'keystore_passphrase_missing',
    says: /SF_JWT_STORE_PASSPHRASE/,
    expected: 'clear',
  },
  {
    did: 'has a .jks and the wrong passphrase',
    run: readStore(jks, { SF_JWT_STORE_PASSPHRASE: `${CANARY}!` }),
    code: 'keystore_passphrase_wrong',
    says: /White space counts/,
    expected: 'clear',
  },
  {
    did: 'has a .p12 cut short',
    run: readStore(async () => (await pfx()).subarray(0, 900), STORE),
    code: 'keystore_damaged',
    says: /binary file/,
    expected: 'clear',
  },
  { did: 'deploys PKCS#7 in PEM', run: deploys((at) => pkcs7(at, 'PEM')), expected: 'solved' },
  { did: 'deploys PKCS#7 in DER', run: deploys((at) => pkcs7(at, 'DER')), expected: 'solved' },
  {
    did: 'deploys a chain in another order',
    run: deploys(async (at) => (await keyPair('other')).certificatePem + at.pair.certificate),
    expected: 'solved',
  },
  {
    did: 'deploys a certificate in DER',
    run: deploys((at) => new X509Certificate(at.pair.certificate).raw),
    expected: 'solved',
  },
  {
    did: 'deploys the certificate of another key',
    run: deploys(async () => (await keyPair('other')).certificatePem),
    code: 'key_certificate_mismatch',
    says: /doesn't belong to the certificate/,
    expected: 'clear',
  },
  {
    did: 'deploys several certificates without a key',
    run: async (at) => {
      const chain = at.save('chain.crt', at.pair.certificate + (await keyPair('other')).certificatePem);
      return chosenCertificate(await readCertificates(chain), undefined);
    },
    code: 'certificate_is_bundle',
    says: /2 certificates/,
    expected: 'clear',
  },
  unusable('the private key', 'certificate_is_private_key', /private key, not a certificate/),
  unusable('the public key', 'certificate_is_public_key', /public key, not a certificate/),
  unusable('one that has ended', 'certificate_expired', /valid until 2021/),
  unusable('one that begins tomorrow', 'certificate_not_yet_valid', /clock/),
  unusable('one that lost lines', 'certificate_damaged', /damaged|cut/),
  unusable('one of an elliptic key', 'certificate_not_rsa', /RSA/),
  unusable('what openssl prints about one', 'certificate_not_pem', /BEGIN CERTIFICATE/),
  unusable('an empty file', 'certificate_empty', /empty/),
];

const pkcs7 = (at: Place, form: 'PEM' | 'DER'): Buffer => {
  const path = join(at.cwd, 'server.p7b');
  tool('openssl', ['crl2pkcs7', '-nocrl', '-certfile', 'server.crt', '-outform', form, '-out', path]);
  return readFileSync(path);
};

// ---- A secret where something else belongs

type Use = 'input' | 'passphrase' | 'output';

const misplaced = (
  did: string,
  flag: string,
  value: (at: Place) => string,
  code: FailureCode,
  use: Use = 'input',
): Row => ({
  did: `gave ${flag} ${did}`,
  run: (at) => asPath(flag, use)(value(at)),
  code,
  says: new RegExp(`${flag}[^]*repeated here`),
  expected: 'clear',
});

const SESSION = '00D000000000001!AQEAQabcdefghijklmnop.qrst';
const MISPLACED: Row[] = [
  misplaced('the key', '--jwt-key-file', ({ pair }) => pair.key, 'value_is_private_key'),
  misplaced(
    'the key on one line',
    '--jwt-key-file',
    ({ pair }) => pair.key.replaceAll('\n', ' '),
    'value_is_private_key',
  ),
  misplaced('the key with %0A', '--from', ({ pair }) => encodeURIComponent(pair.key), 'value_is_private_key'),
  misplaced('the key in base64', '--jwt-key-file', ({ pair }) => base64(pair.key), 'value_is_encoded'),
  misplaced('the key in base64 of DER', '--certificate-file', ({ pair }) => base64(der(pair.key)), 'value_is_encoded'),
  misplaced('the certificate', '--certificate-file', ({ pair }) => pair.certificate, 'value_is_certificate'),
  misplaced('the key', '--output-dir', ({ pair }) => pair.key, 'value_is_private_key', 'output'),
  misplaced('the key', '--orgs-file', ({ pair }) => pair.key, 'value_is_private_key'),
  misplaced('the passphrase', '--passphrase-file', () => CANARY, 'passphrase_file_unreadable', 'passphrase'),
  misplaced('the passphrase', '--jwt-key-file', () => CANARY, 'file_missing'),
  { ...misplaced('an access token', '--jwt-key-file', () => SESSION, 'value_is_token'), secrets: [SESSION.slice(16)] },
  {
    did: 'gave --alias the key',
    run: ({ pair }) => asText('--alias')(pair.key),
    code: 'value_is_private_key',
    says: /--alias/,
    expected: 'clear',
  },
  {
    did: 'put the key into a column of the orgs file',
    run: async (at) => {
      const text = `username,jwt-key-file\nci@acme.com,"${at.pair.key}"\n`;
      const file = await readOrgsFile(at.save('orgs.csv', text), at.sources({}).stdin as never);
      const [row] = checkRows(await rowsOf(file), 'orgs.csv');
      if (row !== undefined && isFaulty(row)) throw row.fault;
    },
    code: 'orgs_row_holds_key',
    says: /orgs\.csv, line 2[^]*jwt-key-file/,
    expected: 'clear',
  },
  {
    did: 'ran inspect "$KEY"',
    run: (at) => at.command(() => ['inspect', at.pair.key]),
    code: 'flag_unknown',
    says: /repeated here[^]*SF_JWT_KEY/,
    expected: 'clear',
  },
  {
    did: 'gave a command a flag that it hasn’t, with the key behind it',
    run: (at) => at.command(() => ['inspect', '--private-key', base64(at.pair.key)]),
    code: 'value_is_encoded',
    says: /repeated here/,
    expected: 'clear',
  },
];

// ---- Flags, URLs, names

type FlagName = keyof typeof loginFlags;

async function flag(name: FlagName, value: string): Promise<unknown> {
  const definition = loginFlags[name] as unknown as {
    parse: (value: string, context: unknown, flag: unknown) => Promise<unknown>;
  };
  return definition.parse(value, {}, definition);
}
const takes = (did: string, name: FlagName, value: string, meant: string): Row => ({
  did: `gave --${name} ${did}`,
  run: async () => {
    const taken = await flag(name, value);
    return taken instanceof URL ? taken.href : String(taken);
  },
  says: new RegExp(`^'${meant.replaceAll('.', '\\.')}'$`),
  expected: 'solved',
});

const configOf = (value?: string, location = 'Global'): ConfigAggregator =>
  ({ getInfo: () => ({ value, location }) }) as unknown as ConfigAggregator;
const loginsAt = async (url: string): Promise<URL> => loginUrlFor((await flag('instance-url', url)) as URL, configOf());
/** The URL that the advice names is one to log in at. */
const takesAdvised: Row['mend'] = async (_at, command) => {
  const url = /^--instance-url (\S+)$/.exec(command)?.[1];
  const { href } = await loginsAt(url ?? '');
  if (href !== 'https://acme.my.salesforce.com/') throw new Error(`It leads to ${href}`);
};

const FLAGS: Row[] = [
  takes('a carriage return at its end', 'client-id', '3MVG9x\r', '3MVG9x'),
  takes('quotes', 'client-id', '"3MVG9x"', '3MVG9x'),
  takes('a blank at its end', 'username', 'ci@acme.com ', 'ci@acme.com'),
  takes('a no-break space', 'username', '\u00a0ci@acme.com', 'ci@acme.com'),
  takes('a line break', 'audience', 'https://login.salesforce.com\n', 'https://login.salesforce.com'),
  takes(
    'quotes of a word processor',
    'instance-url',
    '“https://acme.my.salesforce.com”',
    'https://acme.my.salesforce.com/',
  ),
  takes('no scheme', 'instance-url', 'acme.my.salesforce.com', 'https://acme.my.salesforce.com/'),
  takes(
    'the page that the browser shows',
    'instance-url',
    'https://acme.my.salesforce.com/home/home.jsp?a=1',
    'https://acme.my.salesforce.com/',
  ),
  takes('nothing, from an unset variable', 'passphrase-file', '', 'undefined'),
  {
    did: 'gave --alias nothing, from an unset variable',
    run: async () => `alias ${String(await asText('--alias')(''))}`,
    says: /alias undefined/,
    expected: 'solved',
  },
  {
    did: 'gave --client-id nothing',
    run: () => flag('client-id', ''),
    code: 'claim_empty',
    says: /Specify --client-id/,
    expected: 'clear',
  },
  {
    did: 'gave --username white space',
    run: () => flag('username', ' \r\n'),
    code: 'claim_empty',
    says: /Specify --username/,
    expected: 'clear',
  },
  {
    did: 'gave --instance-url what is no URL',
    run: () => flag('instance-url', 'not a url'),
    code: 'login_url_malformed',
    says: /--instance-url/,
    expected: 'clear',
  },
  {
    did: 'logs in without TLS',
    run: () => loginsAt('http://acme.my.salesforce.com'),
    code: 'url_not_https',
    says: /https/,
    expected: 'clear',
  },
  {
    did: 'logs in at a Lightning URL',
    run: () => loginsAt('https://acme.lightning.force.com/lightning/page/home'),
    code: 'lightning_url',
    says: /Lightning/,
    mend: takesAdvised,
    expected: 'solved',
  },
  {
    did: 'logs in at a Setup URL',
    run: () => loginsAt('https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home'),
    code: 'url_of_setup',
    says: /Setup/,
    mend: takesAdvised,
    expected: 'solved',
  },
  {
    did: 'logs in at a Visualforce URL',
    run: () => loginsAt('https://acme--c.vf.force.com/apex/Page'),
    code: 'url_of_page',
    says: /pages or files/,
    mend: takesAdvised,
    expected: 'solved',
  },
  {
    did: 'logs in at a URL of files',
    run: () => loginsAt('acme.file.force.com'),
    code: 'url_of_page',
    says: /pages or files/,
    mend: takesAdvised,
    expected: 'solved',
  },
  {
    did: 'logs in at a Visualforce URL without the org’s name',
    run: () => loginsAt('https://c.eu40.visual.force.com'),
    code: 'url_of_unknown_page',
    says: /My Domain/,
    expected: 'clear',
  },
  {
    did: 'has org-instance-url without a scheme',
    run: async () => (await loginUrlFor(undefined, configOf('acme.my.salesforce.com'))).href,
    says: /https:\/\/acme\.my\.salesforce\.com\//,
    expected: 'solved',
  },
  {
    did: 'has a malformed SF_ORG_INSTANCE_URL',
    run: () => loginUrlFor(undefined, configOf('http://', 'Environment')),
    code: 'login_url_malformed',
    says: /value of SF_ORG_INSTANCE_URL/,
    expected: 'clear',
  },
  {
    did: 'has a malformed sfdcLoginUrl in the project',
    run: (at) => {
      const project = { packageDirectories: [{ path: '.', default: true }], sfdcLoginUrl: 'htp:/acme my' };
      at.save('sfdx-project.json', JSON.stringify(project));
      return loginUrlFor(undefined, configOf());
    },
    code: 'login_url_malformed',
    says: /value of sfdcLoginUrl/,
    expected: 'clear',
  },
  {
    did: 'named the app "Ci App"',
    run: () => requireAppName('Ci App'),
    code: 'app_name_illegal',
    says: /Ci App/,
    expected: 'clear',
  },
  {
    did: 'named the app "1Ci__App"',
    run: () => requireAppName('1Ci__App'),
    code: 'app_name_illegal',
    says: /1Ci__App/,
    expected: 'clear',
  },
  {
    did: 'named an app of a package, "acme__CiApp"',
    run: () => requireAppName('acme__CiApp'),
    code: 'app_name_illegal',
    says: /app of an installed package[^]*Policies/,
    expected: 'clear',
  },
  {
    did: 'gave a contact address that is none',
    run: () => requireContactEmail('ops'),
    code: 'contact_email_illegal',
    says: /ops/,
    expected: 'clear',
  },
  {
    did: 'gave a callback URL that is none',
    run: () => requireUrl('http://'),
    code: 'callback_url_illegal',
    says: /http:/,
    expected: 'clear',
  },
  {
    did: 'asked for a scope that there isn’t',
    run: () => requireScopes(['refresh-token-x']),
    code: 'scope_unknown',
    says: /refresh-token-x/,
    expected: 'clear',
  },
];

// ---- Proxies

/** Answers everything, or with a status, as a proxy does. */
async function proxied(environment: (port: number) => Record<string, string>, status = 200): Promise<string> {
  const server: Server = createServer((_, response) => response.writeHead(status).end('reached'));
  server.on('connect', (_, socket) => {
    socket.write(`HTTP/1.1 ${status} Said\r\n\r\n`);
    if (status === 200) server.emit('connection', socket);
    else socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const fetch = await systemFetch(environment((server.address() as AddressInfo).port));
    const url = status === 200 ? 'http://acme.localhost:4711/' : 'https://acme.my.salesforce.com/';
    return await (await fetch(url, {})).text();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'Failure') throw error;
    throw loginFailure({ ok: false, kind: 'none', reason: reasonOf(error) }, TARGET, KNOWN);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const malformedProxy = (variable: string, value: string): Row => ({
  did: `has ${value.replace(CANARY, '…')} in ${variable}`,
  run: () => systemFetch({ [variable]: value }),
  code: 'proxy_malformed',
  says: new RegExp(`${variable} names no proxy`),
  expected: 'clear',
});

const PROXIES: Row[] = [
  {
    did: 'has host:port in HTTP_PROXY',
    run: () => proxied((port) => ({ HTTP_PROXY: `127.0.0.1:${port}` })),
    says: /reached/,
    expected: 'solved',
  },
  {
    did: 'has quotes around http_proxy',
    run: () => proxied((port) => ({ http_proxy: `"http://127.0.0.1:${port}"\r` })),
    says: /reached/,
    expected: 'solved',
  },
  malformedProxy('HTTPS_PROXY', `http://user:${CANARY}#@proxy:80`),
  malformedProxy('https_proxy', 'http://'),
  malformedProxy('HTTP_PROXY', 'ftp://proxy'),
  {
    did: 'is behind a proxy that wants a login (407)',
    run: () => proxied((port) => ({ HTTPS_PROXY: `http://ci:${encodeURIComponent(CANARY)}@127.0.0.1:${port}` }), 407),
    code: 'proxy_login_required',
    says: /The proxy asks for a login of its own[^]*NO_PROXY/,
    expected: 'clear',
  },
  {
    did: 'has a proxy that is down',
    run: () => proxied(() => ({ HTTPS_PROXY: 'http://127.0.0.1:9' }), 503),
    code: 'proxy_failing',
    says: /The org wasn't reached/,
    expected: 'clear',
  },
];

// ---- The machine

const STORE_KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const keyChainOf = (fields: object): string =>
  JSON.stringify({ account: 'local', key: STORE_KEY, service: 'sfdx', ...fields });

/** Whether a login can be stored. */
async function stores(): Promise<string> {
  const failure = await storeFailureFor('ci@acme.com');
  if (failure !== undefined) throw failure;
  return 'it can be stored';
}
const pasteAndStore: Row['mend'] = (_at, command) => {
  paste(command);
  return stores();
};
const damagedState = (did: string, name: string, content: string | Buffer): Row => ({
  did: `has a ${name} that is ${did}`,
  run: (at) => {
    at.saveState(name, content);
    return stores();
  },
  code: 'store_damaged',
  says: new RegExp(`${name.replace('.', '\\.')} is damaged`),
  mend: pasteAndStore,
  expected: 'solved',
  secrets: [STORE_KEY],
});

const MACHINE: Row[] = [
  damagedState('empty', 'key.json', ''),
  damagedState('cut off', 'key.json', keyChainOf({}).slice(0, 60)),
  damagedState('followed by more text', 'key.json', `${keyChainOf({})}${STORE_KEY}`),
  damagedState('of another service', 'key.json', keyChainOf({ service: 'other' })),
  damagedState('of a wrong length', 'key.json', keyChainOf({ key: STORE_KEY.slice(1) })),
  damagedState('in UTF-16', 'key.json', Buffer.from(`\ufeff${keyChainOf({})}`, 'utf16le')),
  damagedState('cut off', 'alias.json', `{"orgs":{"${STORE_KEY}":`),
  {
    ...damagedState('a link to nothing', 'alias.json', ''),
    run: (at) => {
      symlinkSync(join(at.home, 'nowhere'), join(at.home, '.sfdx', 'alias.json'));
      return stores();
    },
  },
  {
    ...damagedState('a folder', 'key.json', ''),
    run: (at) => {
      mkdirSync(join(at.home, '.sfdx', 'key.json'));
      return stores();
    },
  },
  {
    ...damagedState('a file in the place of the folder', '.sfdx', ''),
    run: (at) => {
      rmSync(join(at.home, '.sfdx'), { recursive: true });
      writeFileSync(join(at.home, '.sfdx'), '');
      return stores();
    },
  },
  {
    did: 'has a key.json that others may read',
    run: (at) => {
      chmodSync(at.saveState('key.json', keyChainOf({})), 0o644);
      return stores();
    },
    code: 'store_mode_refused',
    says: /mode 644/,
    mend: pasteAndStore,
    expected: 'solved',
    secrets: [STORE_KEY],
  },
  {
    did: 'has a HOME where nothing can be written',
    run: (at) => {
      const refused = { code: 'EACCES', errno: -13, syscall: 'mkdir', path: join(at.home, '.sfdx') };
      throw storeFaultOf(Object.assign(new Error('EACCES'), refused))!;
    },
    code: 'store_unwritable',
    says: /set HOME to a folder of the job/,
    mend: async (_at, command) => {
      const home = paste(command);
      process.env['HOME'] = home;
      try {
        return await stores();
      } finally {
        rmSync(home, { recursive: true });
      }
    },
    expected: 'solved',
  },
  {
    did: 'has a key chain of the system without a desktop',
    run: () => {
      const words = 'Command failed with response:\nsecret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY';
      throw storeFaultOf(Object.assign(new Error(words), { name: 'SetCredentialError' }))!;
    },
    code: 'key_chain_refused',
    says: /D-Bus/,
    mend: (_at, command) => {
      if (command !== 'export SF_USE_GENERIC_UNIX_KEYCHAIN=true') throw new Error(command);
      const fault = keyChainFault({ platform: 'linux', environment: { SF_USE_GENERIC_UNIX_KEYCHAIN: 'true' } });
      if (fault !== undefined) throw fault;
    },
    expected: 'solved',
  },
  {
    did: 'has logins that another key encrypted',
    run: () => {
      throw storeFaultOf(Object.assign(new Error('Failed to decipher auth data.'), { name: 'AuthDecryptError' }))!;
    },
    code: 'store_undecryptable',
    says: /Log in to this org again/,
    expected: 'clear',
  },
];

// ---- Commands, beside a local org

const MINIMAL = 'Minimum Access - API Only Integrations';

const COMMANDS: Row[] = [
  {
    did: 'logs in a user of the license Salesforce Integration, who may not query Organization',
    run: (at) =>
      at.command(({ flags }) => ['grant', ...flags], {
        options: { kind: 'production', users: [{ username: 'ci@acme.example.com', profile: MINIMAL }] },
      }),
    says: /"username": "ci@acme\.example\.com"/,
    never: /"(name|isSandbox|orgEdition)":/,
    expected: 'solved',
  },
  {
    did: 'has the key deleted by the CI after the login',
    run: async (at) => {
      await at.command(({ flags }) => ['grant', ...flags, '--key-storage', 'copy']);
      rmSync('server.key');
      return at.command(({ workplace }) => {
        rmSync(workplace.path('server.key'));
        return ['list', '--check'];
      });
    },
    says: /"ok": true/,
    expected: 'solved',
  },
  {
    did: 'lists what ends soon, with a login whose end nobody knows',
    run: async (at) => {
      rmSync('server.crt');
      await at.command(({ flags, workplace }) => {
        rmSync(workplace.path('server.crt'));
        return ['grant', ...flags, '--key-storage', 'copy'];
      });
      return at.command(() => ['list', '--expires-within', '30'], { status: 1 });
    },
    says: /"ok": false[^]*isn't known when[^]*: ci@acme\.example\.com/,
    expected: 'solved',
  },
  {
    did: 'uses the flags of sfdx auth:jwt:grant',
    run: (at) =>
      at.command(({ clientId, url }) => [
        ...['grant', '--username', 'ci@acme.example.com', '--clientid', clientId],
        ...['--jwtkeyfile', 'server.key', '--instanceurl', url, '--setalias', 'ci', '--setdefaultusername'],
      ]),
    says: /"username": "ci@acme\.example\.com"/,
    expected: 'solved',
  },
  {
    did: 'deploys the same app twice',
    run: async (at) => {
      const connect = ['connect', '--target-org', 'my-admin-org', '--name', 'Ci', '--certificate-file', 'server.crt'];
      const words = [...connect, '--username', 'ci@acme.example.com'];
      await at.command(() => words);
      return at.command(() => words);
    },
    says: /"clientId"/,
    expected: 'solved',
  },
  {
    did: 'gave --username an alias that isn’t stored',
    run: (at) =>
      at.command(({ clientId, url }) => ['grant', '-o', 'ci', '-i', clientId, '-f', 'server.key', '-r', url]),
    code: 'username_illegal',
    says: /an alias won't do/,
    expected: 'clear',
  },
  {
    did: 'converts a key whose certificate the authority sent as .p7b',
    run: (at) => {
      pkcs7(at, 'DER');
      return at.command(() => ['convert', '--from', 'server.key', '-c', 'server.p7b', '--to', 'server.pem']);
    },
    says: /"certificates": 1/,
    expected: 'solved',
  },
  {
    did: 'converts a key whose certificate is in a keystore',
    run: async (at) => {
      const { key, der } = await keyPair();
      const password = 'correct horse';
      at.save('odd.key', key.export({ type: 'pkcs8', format: 'pem' }));
      at.save('odd.p12', writePkcs12({ alias: 'odd', key, chain: [der], password }, 'modern', randomBytes));
      const words = ['convert', '--from', 'odd.key', '-c', 'odd.p12', '--to', 'odd.pem'];
      return at.command(() => words, { env: { SF_JWT_STORE_PASSPHRASE: password } });
    },
    says: /"certificates": 1/,
    expected: 'solved',
  },
  {
    did: 'gave doctor a word that leads to no file, and may be a passphrase',
    run: (at) =>
      at.command(({ flags }) => ['doctor', ...flags.map((word) => (word === 'server.key' ? CANARY : word))], {
        status: 1,
      }),
    says: /"code": "file_missing"[^]*--jwt-key-file/,
    expected: 'solved',
  },
  {
    did: 'logs in to an org that takes no more requests today',
    run: (at) =>
      at.command(({ flags, workplace }) => {
        const body = '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]';
        const headers = { 'content-type': 'application/json' };
        workplace.org.faults.add({ match: { path: /composite\/batch$/ }, respond: { status: 403, headers, body } });
        return ['grant', ...flags];
      }),
    code: 'org_request_limit',
    says: /TotalRequests Limit exceeded[^]*last 24 hours/,
    expected: 'clear',
  },
  {
    did: 'rotates the key of an app that got a new client id when it was converted in Setup',
    run: async (at) => {
      const user = 'ci@acme.example.com';
      await at.command(({ workplace, url }) => {
        const { setup } = workplace.org;
        const app = { certificate: at.pair.certificate, adminApproved: true, permissionSets: ['Ci'] };
        const clientId = setup.createConnectedApp({ name: 'Old', ...app });
        return ['grant', '--username', user, '--client-id', clientId, '-f', 'server.key', '-r', url];
      });
      return at.command(({ workplace }) => {
        workplace.org.setup.convertToExternalClientApp('Old', { keepsClientId: false });
        return ['rotate', '--target-org', 'my-admin-org', '--name', 'Old', '--username', user];
      });
    },
    says: /"status": "rotated"[^]*is stored with the client ID[^]*sf jwt grant --username ci@acme\.example\.com/,
    expected: 'solved',
  },
  {
    did: 'mistyped a flag in a script that reads JSON',
    run: (at) => at.command(({ flags }) => ['grant', ...flags, '--jwt-key-fil', 'server.key']),
    code: 'flag_unknown',
    says: /--jwt-key-fil[^]*--help/,
    expected: 'clear',
  },
  {
    did: 'connects with an admin login that isn’t stored',
    run: (at) => at.command(() => ['connect', '--target-org', 'nobody', '--certificate-file', 'server.crt']),
    code: 'named_org_not_found',
    says: /nobody[^]*sf org login web/,
    expected: 'clear',
  },
];

const AREAS: Record<string, Row[]> = {
  'the token endpoint': REFUSALS,
  'the key': KEYS,
  'keystores and certificates': STORES,
  'a secret in the wrong place': MISPLACED,
  'flags, URLs and names': FLAGS,
  'proxies': PROXIES,
  'the machine': MACHINE,
  'commands': COMMANDS,
};

export const TROUBLES: Trouble[] = Object.entries(AREAS).flatMap(([area, rows]) =>
  rows.map((row) => ({ area, ...row })),
);

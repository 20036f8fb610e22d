import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtInspectResult } from '../../src/commands/jwt/inspect.js';
import { certificatePem } from '../../src/keys/credential/certificate.js';
import { writeJks } from '../../src/keys/credential/jks.js';
import { certificateRequest, selfSignedCertificate } from '../../src/keys/credential/issue.js';
import { writePkcs12 } from '../../src/keys/credential/pkcs12-write.js';
import { formatPrivateKey } from '../../src/keys/credential/private-key.js';
import type { FailureCode } from '../../src/failure.js';
import { inspect as inspectContent } from '../../src/flows/inspect/inspect.js';
import { findingsAbout, hasEnded } from '../../src/flows/inspect/findings.js';
import { describeFinding } from '../../src/flows/inspect/report.js';
import type { Inspected } from '../../src/flows/inspect/inspected.js';
import { signerOf } from '../../src/keys/signer/signer.js';
import { rejectionOf } from '../support/failures.js';
import { AGE, certificateOf, VALID_SINCE } from '../support/certificates.js';
import { Folder, pair, type Pair } from '../support/keystores.js';
import {
  environment,
  hasBash,
  hasTerminal,
  run,
  RUN_JS,
  runOnTerminal,
  type RunOptions,
  type RunResult,
} from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { hasKeytool, hasOpenssl, needs, processorTime, tool } from '../support/tools.js';

const PASSWORD = 'c0rrect-horse';
const SIGNATURE = 'dGhpcyBpcyB0aGUgc2lnbmF0dXJl';
/** The passphrases that there are. */
type Secrets = { key?: string; store?: string };

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Of which app the key material is isn't known. */
const UNUSED = {
  adminOrg: 'my-admin-org',
  clientId: undefined,
  name: undefined,
  username: undefined,
  loginUrl: undefined,
};

describe('sf jwt inspect', () => {
  const folder = new Folder();
  let home: string;
  let server: Pair;
  let secrets: string[];

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'inspect-'));
    server = await pair();
    const { d = '', p = '' } = server.key.export({ format: 'jwk' });
    secrets = [
      PASSWORD,
      SIGNATURE,
      'PRIVATE KEY-----',
      d,
      p,
      ...server.keyPem.split('\n').filter((line) => line.length === 64),
    ];
  });
  after(() => rmSync(home, { recursive: true }));

  /** Nothing secret is in any output, and no stack trace. */
  async function inspect(args: string[], options: Partial<RunOptions> = {}): Promise<RunResult> {
    const result = await run(['jwt', 'inspect', ...args], { home, ...options });
    for (const secret of secrets) expect(result.stdout + result.stderr).not.to.contain(secret);
    expect(result.stderr).not.to.match(/^\s+at /m);
    return result;
  }

  /** What the command makes its JSON of, without the process around it: that's a second or more each. */
  async function json(content: string | Buffer, given: Secrets = {}, ended = false): Promise<JwtInspectResult> {
    const inspected = await inspectHere(content, given);
    const findings = findingsAbout(inspected, new Date());
    expect(hasEnded(findings)).to.equal(ended);
    const result = {
      ...inspected,
      source: '-',
      findings: findings.map((finding) => describeFinding(finding, 'file', UNUSED)),
    };
    expectSchema('jwt-inspect', result);
    for (const secret of secrets) expect(JSON.stringify(result)).not.to.contain(secret);
    return result;
  }

  function inspectHere(content: string | Buffer, { key, store }: Secrets): Promise<Inspected> {
    const keyPassphrase = () => Promise.resolve(key);
    const given = store === undefined ? [] : [store];
    return inspectContent(
      Buffer.from(content),
      'file',
      { keyPassphrase, store: { given, ask: undefined } },
      new Date(),
    );
  }

  async function refusal(code: FailureCode, content: string | Buffer, given: Secrets = {}): Promise<void> {
    const start = processorTime();
    await rejectionOf(code, inspectHere(content, given));
    expect(processorTime() - start).to.be.below(1000);
  }

  const codes = ({ findings }: JwtInspectResult): string[] => findings.map(({ code }) => code);
  const keystore = { store: PASSWORD };
  const store = (alias = 'jwt_signing') => ({ alias, key: server.key, chain: [server.der], password: PASSWORD });
  const pkcs12 = (): Buffer => writePkcs12(store(), 'modern', randomBytes);
  const jks = (alias?: string): Buffer => writeJks(store(alias), new Date(), randomBytes);

  it('tells a certificate, with everything that JWT login goes by', async function test() {
    const result = await json(server.certificatePem);
    if (result.kind !== 'certificate') throw new Error(result.kind);
    const [facts] = result.certificates;
    expect(facts).to.include({ subject: 'CN=server', selfSigned: true, serialNumber: '4A0B' });
    const notAfter = new Date(VALID_SINCE.getTime() + 365 * 86_400_000);
    expect(facts).to.include({ notBefore: VALID_SINCE.toISOString(), notAfter: notAfter.toISOString() });
    expect(facts!.key).to.deep.equal({ type: 'RSA', size: 2048 });
    expect(facts!.daysLeft).to.be.oneOf([364 - AGE, 363 - AGE]);
    needs(this, hasOpenssl, 'openssl');
    const said = (digest: string): string =>
      tool('openssl', ['x509', '-noout', '-fingerprint', `-${digest}`], server.certificatePem).trim();
    expect(said('sha256')).to.match(new RegExp(`=${facts!.fingerprint256}$`));
    expect(said('sha1')).to.match(new RegExp(`=${facts!.fingerprint}$`));
    expect(Buffer.from(facts!.x5t, 'base64url').toString('hex')).to.equal(
      facts!.fingerprint.replaceAll(':', '').toLowerCase(),
    );
    expect(facts!['x5t#S256']).to.have.lengthOf(43);
  });

  it('tells it to a person, from a file', async () => {
    const path = folder.save(server.certificatePem, 'crt');
    const { status, stdout } = await inspect([path]);
    expect(status).to.equal(0);
    expect(stdout)
      .to.contain(`${path} is a certificate`)
      .and.to.match(/Subject: +CN=server/)
      .and.to.match(/\(\d+ days left\)/);
  });

  it('exits with 1 when a certificate has ended, and still tells everything', async () => {
    const ended = await selfSignedCertificate({
      subject: { commonName: 'ended' },
      signer: signerOf(server.key),
      serialNumber: Uint8Array.of(1),
      notBefore: new Date('2020-01-01T00:00:00Z'),
      days: 1,
    });
    const result = await json(server.certificatePem + ended, {}, true);
    expect(codes(result)).to.deep.equal(['certificate_ended', 'certificates_several']);
    const { status, stdout } = await inspect([folder.save(ended, 'crt')]);
    expect(status).to.equal(1);
    expect(stdout).to.contain('✗ error').and.to.contain('2020-01-02').and.to.contain('ended');
  });

  it('tells private keys: plain and encrypted, with and without the passphrase', async () => {
    const plain = await json(server.key.export({ type: 'pkcs1', format: 'der' }));
    expect(plain).to.deep.include({ kind: 'private-key', format: 'PKCS#1', encoding: 'DER', encryption: null });
    const encrypted = formatPrivateKey(server.key, PASSWORD);
    const closed = await json(encrypted);
    const encryption = { cipher: 'AES-256-CBC', derivation: 'PBKDF2-HMAC-SHA256', iterations: 2048 };
    expect(closed).to.deep.include({ format: 'PKCS#8', encoding: 'PEM', encryption, key: null });
    const opened = await json(encrypted, { key: PASSWORD });
    expect(opened).to.deep.include({ encryption, key: { type: 'RSA', size: 2048 } });
    expect(codes(opened)).to.deep.equal(['key_encrypted']);
    await refusal('key_passphrase_wrong', encrypted, { key: 'wrong' });
    const legacy = server.key.export({ type: 'pkcs1', format: 'pem', cipher: 'des-ede3-cbc', passphrase: PASSWORD });
    expect(await json(legacy.toString())).to.deep.include({ format: 'PKCS#1', encryption: { cipher: 'DES-EDE3-CBC' } });
  });

  it('says of every wrong passphrase that it is wrong', async () => {
    const type = { type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc' } as const;
    const encrypted = server.key.export({ ...type, passphrase: PASSWORD }).toString();
    // About one in 256 wrong passphrases passes the padding check.
    for (let index = 0; index < 1500; index++) {
      await rejectionOf('key_passphrase_wrong', inspectHere(encrypted, { key: `wrong ${index}` }));
    }
  });

  it('says of a retired encryption that it is one, whatever the passphrase', async function () {
    needs(this, hasOpenssl, 'openssl');
    const legacy = ['-passout', `pass:${PASSWORD}`, '-provider', 'legacy', '-provider', 'default'];
    for (const scheme of [
      ['-v1', 'PBE-MD5-DES'],
      ['-v2', 'des-cbc'],
    ]) {
      const old = tool('openssl', ['pkcs8', '-topk8', ...scheme, ...legacy], formatPrivateKey(server.key));
      for (const key of [PASSWORD, 'wrong']) await refusal('key_encryption_unsupported', old, { key });
      expect(await inspectHere(old, {})).to.deep.nested.include({ kind: 'private-key', key: null });
    }
  });

  it('tells keys that no JWT login takes', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const result = await json(ec.privateKey.export({ type: 'sec1', format: 'pem' }));
    expect(result).to.deep.include({ kind: 'private-key', format: 'SEC 1', key: { type: 'EC', curve: 'prime256v1' } });
    expect(codes(result)).to.deep.equal(['key_not_rsa']);
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const publicKey = await json(small.export({ type: 'spki', format: 'der' }));
    expect(publicKey).to.deep.include({ kind: 'public-key', key: { type: 'RSA', size: 1024 } });
    expect(codes(publicKey)).to.deep.equal(['key_too_small']);
  });

  it('tells whether a key and a certificate in one file belong together', async () => {
    const other = await pair('other');
    expect(await json(server.keyPem + server.certificatePem)).to.include({ kind: 'bundle', belongsTogether: true });
    const wrong = await json(server.keyPem + other.certificatePem);
    expect(wrong).to.include({ kind: 'bundle', belongsTogether: false });
    expect(codes(wrong)).to.deep.equal(['key_not_of_certificate']);
    const closed = await json(formatPrivateKey(server.key, PASSWORD) + server.certificatePem);
    expect(closed).to.include({ kind: 'bundle', belongsTogether: null });
  });

  it('takes the certificate of the key for that of the login, wherever it stands in the file', async function test() {
    needs(this, hasOpenssl, 'openssl');
    const [leaf, authority] = folder.ellipticChainOf(server).map(certificatePem) as [string, string];
    const files = [authority + leaf, leaf + authority];
    const sealed = formatPrivateKey(server.key, PASSWORD);
    for (const certificates of files) {
      for (const file of [server.keyPem + certificates, sealed + certificates]) {
        const result = await json(file);
        if (result.kind !== 'bundle') throw new Error(result.kind);
        expect(result.certificates.map(({ subject }) => subject)).to.deep.equal(['CN=server', 'CN=Authority']);
        expect(codes(result)).not.to.include('certificate_key_not_rsa');
      }
      expect(codes(await json(certificates)))
        .to.include('certificates_several')
        .and.not.to.include('certificate_key_not_rsa');
    }
    const other = await pair('other');
    const unrelated = await json(server.certificatePem + other.keyPem + other.certificatePem);
    expect(unrelated).to.have.nested.property('certificates[0].subject', 'CN=other');
  });

  it('finds a certificate that is too large for an app behind that of its issuer', async function test() {
    needs(this, hasOpenssl, 'openssl');
    const [leaf, authority] = folder
      .ellipticChainOf(server, `/CN=server/O=${'x'.repeat(64)}${'/OU=x'.repeat(300)}`)
      .map(certificatePem) as [string, string];
    expect(codes(await json(authority + leaf))).to.include('certificate_too_large');
    expect(codes(await json(authority + server.keyPem + leaf))).to.include('certificate_too_large');
  });

  it('tells a signing request', async () => {
    const request = await certificateRequest({ commonName: 'a, b', country: 'DE' }, signerOf(server.key));
    const result = await json(request);
    expect(result).to.deep.include({ kind: 'certificate-request', verified: true, key: { type: 'RSA', size: 2048 } });
    expect(result).to.have.property('subject').that.contains('C=DE');
    await refusal('content_damaged', request.replace(/\n[^\n]+\n[^\n]+\n/, '\n'));
  });

  it('tells a PKCS#12 file, with and without its passphrase', async () => {
    const closed = await json(pkcs12());
    expect(closed).to.deep.include({ kind: 'pkcs12', opened: false, keys: [] });
    expect(closed).to.deep.include({ integrity: { digest: 'SHA256', iterations: 10_000 } });
    expect(codes(closed)).to.deep.equal(['pkcs12_not_importable', 'keystore_closed']);
    const opened = await json(pkcs12().toString('base64'), keystore);
    if (opened.kind !== 'pkcs12') throw new Error(opened.kind);
    expect(opened.keys[0]).to.deep.include({
      alias: 'jwt_signing',
      key: { type: 'RSA', size: 2048 },
      belongsTogether: true,
    });
    await refusal('keystore_passphrase_wrong', pkcs12(), { store: 'another' });
  });

  it('tells each of two certificates of one key under its own entry', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    const renewed = { ...server, certificatePem: await certificateOf(server.key, 'renewed', 700) };
    const sources = { old: folder.opensslPkcs12(server, PASSWORD), renewed: folder.opensslPkcs12(renewed, PASSWORD) };
    const result = await json(folder.keytoolStore('PKCS12', sources, PASSWORD), keystore);
    if (result.kind !== 'pkcs12') throw new Error(result.kind);
    expect(result.keys.map(({ alias, certificates }) => [alias, certificates[0]!.subject])).to.have.deep.members([
      ['old', 'CN=server'],
      ['renewed', 'CN=renewed'],
    ]);
  });

  it('tells a JKS, its certificates without a passphrase', async () => {
    const closed = await json(jks());
    if (closed.kind !== 'jks') throw new Error(closed.kind);
    expect(closed.keys[0]!.certificates[0]).to.include({ subject: 'CN=server' });
    expect(closed.keys[0]).to.deep.include({ alias: 'jwt_signing', key: null, belongsTogether: null });
    expect(codes(closed)).to.deep.equal(['keystore_closed']);
    expect(codes(await json(jks(), keystore))).to.deep.equal([]);
    expect(codes(await json(jks('1'), keystore))).to.deep.equal(['alias_not_importable']);
  });

  it('tells the keys that open, where another one has another passphrase', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    const result = await json(folder.twoPassphrases(server, await pair('other'), PASSWORD), keystore);
    if (result.kind !== 'jks') throw new Error(result.kind);
    expect(result).to.include({ opened: false, unsupported: false, keyPassphraseDiffers: true });
    const opened = result.keys.map(({ alias, key, belongsTogether }) => [alias, key?.type, belongsTogether]);
    expect(opened).to.have.deep.members([
      ['one', 'RSA', true],
      ['two', undefined, null],
    ]);
  });

  it('tells a store whose keys it can not read', async function test() {
    needs(this, hasOpenssl, 'openssl');
    const rc4 = ['-keypbe', 'PBE-SHA1-RC4-128', '-legacy', '-provider', 'legacy', '-provider', 'default'];
    for (const given of [{}, keystore]) {
      const result = await json(folder.opensslPkcs12(server, PASSWORD, ...rc4), given);
      expect(result).to.include({ kind: 'pkcs12', opened: false, unsupported: true });
      expect(codes(result)).to.deep.equal(['keystore_unsupported']);
    }
  });

  it('names no command that can not work on a JCEKS', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    const jceks = folder.keytoolStore('JCEKS', { server: folder.opensslPkcs12(server, PASSWORD) }, PASSWORD);
    for (const given of [{}, keystore]) {
      const { findings } = await json(jceks, given);
      expect(findings.map(({ fix }) => fix).join()).not.to.contain('jwt convert');
    }
    expect(codes(await json(jceks, keystore))).to.deep.equal(['keystore_unsupported']);
  });

  it('says how to rename one key of several, and that works', async function test() {
    needs(this, hasBash && hasKeytool && hasOpenssl, 'bash, keytool or openssl');
    const sources = {
      '1': folder.opensslPkcs12(await pair('other'), PASSWORD),
      'my key': folder.opensslPkcs12(server, PASSWORD),
    };
    const several = folder.keytoolStore('JKS', sources, PASSWORD);
    const path = folder.save(several, 'jks');
    const cwd = mkdtempSync(join(home, 'renamed-'));
    const env = { SF_JWT_STORE_PASSPHRASE: PASSWORD };
    const { json: answer } = await inspect([path, '--json'], { env });
    const { findings } = (answer as { result: JwtInspectResult }).result;
    expect(findings.map(({ code }) => code)).to.deep.equal(['alias_not_importable', 'alias_not_importable']);
    const fix = findings.find(({ message }) => message.includes('my key'))!.fix;
    const steps = fix.split('\n').flatMap((line) => /sf (jwt convert .*)$/.exec(line)?.[1] ?? []);
    expect(steps).to.have.lengthOf(2);
    for (const step of steps) {
      const script = `sf() { "${process.execPath}" "${RUN_JS}" "$@"; }; sf ${step}`;
      const { status, stderr } = spawnSync('bash', ['-c', script], {
        cwd,
        encoding: 'utf8',
        env: environment({ home, env }),
      });
      expect(status, stderr).to.equal(0);
    }
    const renamed = await json(readFileSync(join(cwd, 'new.jks')), keystore);
    expect(codes(renamed)).to.deep.equal([]);
    expect(renamed).to.have.nested.property('keys[0].certificates[0].subject', 'CN=server');
  });

  it('tells a JWT: claims with readable times, and never the signature', async () => {
    const claims = { Iss: '3MVG9', sub: 'ci@example.com', aud: 'https://login.salesforce.com', exp: 1_700_000_000 };
    const token = `${part({ alg: 'RS256' })}.${part(claims)}.${SIGNATURE}`;
    const result = await json(token);
    expect(result).to.deep.include({ kind: 'jwt', claims, signed: true, times: { exp: '2023-11-14T22:13:20.000Z' } });
    expect(codes(result)).to.deep.equal(['claim_capitalized', 'jwt_expired']);
    const { stdout, status } = await inspect(['-'], { input: `${token}\n` });
    expect(status).to.equal(0);
    expect(stdout).to.match(/exp: +1700000000 \(2023-11-14T22:13:20\.000Z\)/);
  });

  it('shows what a token says, and lets it not steer the terminal', async () => {
    const claims = { 'iss': '\u001b[2J\u001b]0;owned\u0007', 'a\u001b[31m': '\n\nfake: line', 'aud': '\u009b1m' };
    const { stdout } = await inspect(['-'], { input: `${part({ alg: 'none' })}.${part(claims)}.` });
    expect(stdout)
      .to.contain('owned')
      .and.not.to.match(/[\u001b\u0007\u009b]/);
    expect(stdout).not.to.match(/^fake/m);
  });

  it('takes passphrases from the environment, and an empty one for none', async () => {
    const encrypted = formatPrivateKey(server.key, PASSWORD);
    const results = await Promise.all([
      inspect(['-', '--json'], { input: encrypted, env: { SF_JWT_KEY_PASSPHRASE: PASSWORD } }),
      inspect(['-', '--json'], { input: encrypted, env: { SF_JWT_KEY_PASSPHRASE: '' } }),
      inspect(['-', '--json'], { input: jks(), env: { SF_JWT_STORE_PASSPHRASE: PASSWORD } }),
    ]);
    const [opened, closed, store] = results.map(({ json: answer }) => (answer as { result: JwtInspectResult }).result);
    expect(opened).to.deep.include({ source: '-', key: { type: 'RSA', size: 2048 } });
    expect(closed).to.deep.include({ kind: 'private-key', key: null });
    expect(store).to.deep.include({ kind: 'jks', opened: true, findings: [] });
    for (const { json: answer } of results) expectSchema('jwt-inspect', (answer as { result: unknown }).result);
  });

  it('refuses in one line and with exit code 1', async () => {
    const { status, stderr, stdout } = await inspect(['-'], { input: jks().subarray(0, 1000) });
    expect(status).to.equal(1);
    expect(stdout).to.equal('');
    expect(stderr.split('\n').filter((line) => line.startsWith('Error'))).to.have.lengthOf(1);
  });

  it('refuses what is none of these, damaged or hostile', async function test() {
    await refusal('content_unrecognized', 'hello');
    await refusal('content_empty', '');
    await refusal('content_damaged', server.certificatePem.replace(/\n[^\n]+\n[^\n]+\n/, '\n'));
    await refusal('content_damaged', server.keyPem.slice(0, 500));
    await refusal('keystore_damaged', pkcs12().subarray(0, 1000), keystore);
    await refusal('keystore_damaged', jks().subarray(0, 1000), keystore);
    await refusal('keystore_damaged', Buffer.from('feedfeed0000000200000001ffffffffffff00000000', 'hex'));
    needs(this, hasOpenssl, 'openssl');
    const many = ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-iter', '5000000', '-passout', `pass:${PASSWORD}`];
    const hostile = tool('openssl', many, server.keyPem);
    await refusal('keystore_too_costly', hostile, { key: PASSWORD });
  });

  it('takes the passphrase from a file, and warns if others can read it', async () => {
    const passphrase = folder.save(`${PASSWORD}\n`, 'txt');
    const path = folder.save(jks(), 'jks');
    const { stdout, stderr, status } = await inspect([path, '--store-passphrase-file', passphrase]);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain('the key belongs to the certificate');
    expect(stderr).not.to.contain('can read the passphrase');
    if (process.platform === 'win32') return;
    chmodSync(passphrase, 0o644);
    expect((await inspect([path, '--passphrase-file', passphrase])).stderr).to.contain('can read the passphrase');
  });

  it('takes the passphrase from a pipe', async function () {
    needs(this, hasBash, 'bash');
    for (const flag of ['--passphrase-file', '--store-passphrase-file']) {
      for (const file of [folder.save(formatPrivateKey(server.key, PASSWORD), 'key'), folder.save(jks(), 'jks')]) {
        const { stdout, stderr, status } = await inspect([file], { pipe: { flag, text: PASSWORD } });
        expect(status, stderr).to.equal(0);
        expect(stdout).to.match(/Key: +RSA, 2048 bits/);
      }
    }
  });

  it('asks on a terminal, and goes on without an answer', async function () {
    needs(this, hasTerminal, 'a terminal');
    const path = folder.save(jks(), 'jks');
    const ask = async (type: string): Promise<string> =>
      (await runOnTerminal(['jwt', 'inspect', path], [{ expect: 'Passphrase', type }], { home })).stdout;
    expect(await ask(`${PASSWORD}\r`))
      .to.contain('the key belongs to the certificate')
      .and.not.to.contain(PASSWORD);
    expect(await ask('\r')).to.contain('not known without the passphrase');
  });

  it('says which file is missing, and exits with 2 without one', async () => {
    const { status, stderr } = await inspect([join(home, 'none.crt')]);
    expect(status).to.equal(1);
    expect(stderr).to.contain('none.crt');
    expect((await inspect([])).status).to.equal(2);
    writeFileSync(join(home, 'large'), Buffer.alloc(2_000_000));
    expect((await inspect([join(home, 'large')])).stderr).to.contain('larger than');
  });
});

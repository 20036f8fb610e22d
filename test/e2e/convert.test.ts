import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtConvertResult } from '../../src/commands/jwt/convert.js';
import { certificatePem, readCertificate } from '../../src/keys/credential/certificate.js';
import { openJks, readJks, writeJks } from '../../src/keys/credential/jks.js';
import { openPkcs12, readPkcs12 } from '../../src/keys/credential/pkcs12.js';
import { writePkcs12 } from '../../src/keys/credential/pkcs12-write.js';
import { formatPrivateKey, readPrivateKey } from '../../src/keys/credential/private-key.js';
import { certificateOf } from '../support/certificates.js';
import { allOpen, Folder, pair, pkcs8, type Pair } from '../support/keystores.js';
import { hasBash, hasTerminal, run, runOnTerminal, type RunOptions, type RunResult } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { hasKeytool, hasOpenssl, needs, tool } from '../support/tools.js';

const PASSWORD = 'c0rrect-horse';
const OTHER = 'battery staple';
const STORE = { SF_JWT_STORE_PASSPHRASE: PASSWORD };

describe('sf jwt convert', () => {
  const folder = new Folder();
  let home: string;
  let cwd: string;
  let count = 0;
  let server: Pair;
  let other: Pair;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'convert-'));
    [server, other] = await Promise.all([pair(), pair('other')]);
  });
  after(() => rmSync(home, { recursive: true }));
  beforeEach(() => {
    cwd = join(home, String(++count));
    mkdirSync(cwd);
    save('server.key', server.keyPem);
    save('server.crt', server.certificatePem);
  });

  function save(name: string, content: string | Buffer): void {
    writeFileSync(join(cwd, name), content, { mode: 0o600 });
  }
  const bytes = (name: string): Buffer => readFileSync(join(cwd, name));
  const text = (name: string): string => readFileSync(join(cwd, name), 'utf8');
  const snapshot = (): Record<string, string> =>
    Object.fromEntries(readdirSync(cwd).map((name) => [name, bytes(name).toString('base64')]));

  /** Nothing secret is in any output, and no stack trace. */
  async function convert(args: string[], env: Record<string, string> = {}, options: Partial<RunOptions> = {}) {
    const result = await run(['jwt', 'convert', ...args], { home, cwd, env, ...options });
    expectNoSecret(result);
    return result;
  }

  function expectNoSecret({ stdout, stderr }: Pick<RunResult, 'stdout' | 'stderr'>): void {
    const { d = '', p = '' } = server.key.export({ format: 'jwk' });
    const lines = server.keyPem.split('\n').filter((line) => line.length === 64);
    for (const secret of [PASSWORD, OTHER, 'PRIVATE KEY-----', d, p, ...lines]) {
      expect(stdout + stderr).not.to.contain(secret);
    }
    expect(stderr).not.to.match(/^\s+at /m);
  }

  async function result(args: string[], env: Record<string, string> = {}, options: Partial<RunOptions> = {}) {
    const { json, status, stdout, stderr } = await convert([...args, '--json'], env, options);
    expect(status, stdout + stderr).to.equal(0);
    const answer = (json as { result: JwtConvertResult }).result;
    expectSchema('jwt-convert', answer);
    return answer;
  }

  /** Fails with this code, and changes nothing. */
  async function refusal(code: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const before = snapshot();
    const { json, status, stdout } = await convert([...args, '--json'], env);
    const { data, message, actions } = json as { data: { code: string }; message: string; actions: string[] };
    expect(data.code, stdout).to.equal(code);
    expect(status).to.equal(1);
    expect(snapshot()).to.deep.equal(before);
    return [message, ...actions].join('\n');
  }

  const openStore = (name: string, password = PASSWORD) =>
    name.endsWith('jks')
      ? allOpen(openJks(readJks(bytes(name), name), password))
      : openPkcs12(readPkcs12(bytes(name), name), password);

  function expectStore(name: string, alias: string, password = PASSWORD): void {
    const { keys } = openStore(name, password);
    expect(keys).to.have.lengthOf(1);
    expect(keys[0]!.alias).to.equal(alias);
    expect(pkcs8(keys[0]!.key)).to.equal(pkcs8(server.key));
    expect(keys[0]!.chain).to.deep.equal([server.der]);
    if (process.platform !== 'win32') expect(statSync(join(cwd, name)).mode & 0o777).to.equal(0o600);
  }

  const pkcs12 = (pairs: Pair, password: string, alias = 'server'): Buffer =>
    writePkcs12({ alias, key: pairs.key, chain: [pairs.der], password }, 'modern', randomBytes);
  const jks = (pairs: Pair, password: string, alias = 'server'): Buffer =>
    writeJks({ alias, key: pairs.key, chain: [pairs.der], password }, new Date(), randomBytes);

  it('makes PKCS#12 and JKS of the pair that keygen wrote', async () => {
    for (const name of ['my-app.PFX', 'my-app.jks']) {
      const answer = await result(['--from', 'server.key', '--certificate-file', 'server.crt', '--to', name], STORE);
      expect(answer).to.include({ file: join(cwd, name), sourceFormat: 'pem', alias: 'my_app', encrypted: true });
      expect(answer).to.include({ keySize: 2048, certificates: 1, subject: 'CN=server' });
      expectStore(name, 'my_app');
    }
  });

  it('finds the certificate beside the key, or in its file', async () => {
    await result(['--from', 'server.key', '--to', 'beside.jks'], STORE);
    expectStore('beside.jks', 'beside');
    rmSync(join(cwd, 'server.crt'));
    save('both.pem', other.certificatePem + server.keyPem + server.certificatePem);
    await result(['--from', 'both.pem', '--to', 'both.jks'], STORE);
    expectStore('both.jks', 'both');
    await refusal('conversion_certificate_missing', ['--from', 'server.key', '--to', 'none.jks'], STORE);
  });

  it('takes an alias, and stores it for a JKS in lower case', async () => {
    const from = ['--from', 'server.key', '--store-alias', 'Jwt_Signing'];
    expect((await result([...from, '--to', 'a.jks'], STORE)).alias).to.equal('jwt_signing');
    expectStore('a.jks', 'jwt_signing');
    await result([...from, '--to', 'a.p12'], STORE);
    expectStore('a.p12', 'Jwt_Signing');
    await refusal('keystore_alias_illegal', ['--from', 'server.key', '--store-alias', 'a-b', '--to', 'b.jks'], STORE);
  });

  it('takes the key and the certificate out of stores, for grant and connect to use as they are', async () => {
    save('a.p12', pkcs12(server, PASSWORD));
    save('b.jks', jks(server, PASSWORD));
    for (const name of ['a.p12', 'b.jks']) {
      const answer = await result(['--from', name, '--to', 'out.pem', '--overwrite'], STORE);
      expect(answer).to.include({ certificateFile: join(cwd, 'out.crt'), encrypted: false, format: 'pem' });
      expect(pkcs8(readPrivateKey(text('out.pem'), { source: 'out.pem' }))).to.equal(pkcs8(server.key));
      expect(text('out.pem')).to.equal(server.keyPem + readCertificate(server.certificatePem, 'crt').pem);
      // The certificate's own file holds no key, so it can be given away, and the PEM works for --certificate-file too.
      expect(text('out.crt')).to.equal(readCertificate(text('out.pem'), 'out.pem').pem);
      if (process.platform === 'win32') continue;
      expect(statSync(join(cwd, 'out.pem')).mode & 0o777).to.equal(0o600);
      expect(statSync(join(cwd, 'out.crt')).mode & 0o777).to.equal(0o644);
    }
  });

  it('says what to run next', async () => {
    save('b.jks', jks(server, PASSWORD));
    const { stdout } = await convert(['--from', 'b.jks', '--to', 'a b.pem'], STORE);
    expect(stdout).to.contain(`jwt connect --target-org my-admin-org --certificate-file '${join(cwd, 'a b.crt')}'`);
    expect(stdout)
      .to.contain(`--jwt-key-file '${join(cwd, 'a b.pem')}'`)
      .and.to.contain('jwt grant');
    const jksRun = await convert(['--from', 'server.key', '--to', 'c.jks'], STORE);
    expect(jksRun.stdout).to.contain('Import from Keystore');
    expect(jksRun.stderr).to.contain('delete it once');
    expect((await convert(['--from', 'server.key', '--to', 'c.p12'], STORE)).stdout).to.contain('--compatible');
  });

  it('names a certificate that connect takes, wherever it comes from', async function test() {
    needs(this, hasOpenssl, 'openssl');
    const chain = folder.chainOf(server).map(certificatePem);
    const [leaf = ''] = chain;
    save('chain.crt', chain.join(''));
    save('bundle.pem', server.keyPem + chain.toReversed().join(''));
    save('der.cer', server.der);
    const sources = [
      { args: ['server.key', '-c', 'chain.crt'], own: leaf },
      { args: ['bundle.pem'], own: leaf },
      { args: ['server.key', '-c', 'der.cer'], own: undefined },
      { args: ['server.key'], own: undefined },
    ];
    for (const [index, { args, own }] of sources.entries()) {
      const { stdout, status } = await convert(['--from', ...args, '--to', `out${index}.pem`]);
      expect(status).to.equal(0);
      expect(stdout).to.contain('private key and its certificate to PEM');
      const [, path = ''] = /jwt connect .*--certificate-file (\S+)/.exec(stdout) ?? [];
      const signed = ['sign', '-c', path, '-f', 'server.key', '--username', 'ci@example.com', '--client-id', 'id'];
      const { status: taken, stderr } = await run(['jwt', ...signed], { home, cwd });
      expect(taken, stderr).to.equal(0);
      if (own === undefined) expect(existsSync(join(cwd, `out${index}.crt`))).to.equal(false);
      else expect(text(`out${index}.crt`)).to.equal(own);
    }
    save('out4.crt', 'precious');
    await refusal('file_exists', ['--from', 'bundle.pem', '--to', 'out4.pem']);
  });

  it('says nothing of a certificate where there is none', async () => {
    rmSync(join(cwd, 'server.crt'));
    const { stdout, status } = await convert(['--from', 'server.key', '--to', 'out.pem']);
    expect(status).to.equal(0);
    expect(stdout).not.to.match(/its certificate|connect/);
    expect(stdout).to.contain('Converted the 2048-bit private key to PEM').and.to.contain('jwt grant');
  });

  it('writes PKCS#1, or an encrypted PKCS#8', async () => {
    await result(['--from', 'server.key', '--to', 'one.pem', '--pkcs1']);
    expect(text('one.pem')).to.match(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(pkcs8(readPrivateKey(text('one.pem'), { source: 'one.pem' }))).to.equal(pkcs8(server.key));
    const encrypted = await result(['--from', 'server.key', '--to', 'two.pem', '--encrypt'], {
      SF_JWT_KEY_PASSPHRASE: OTHER,
    });
    expect(encrypted.encrypted).to.equal(true);
    expect(pkcs8(createPrivateKey({ key: text('two.pem'), passphrase: OTHER }))).to.equal(pkcs8(server.key));
    expect(text('two.pem')).not.to.contain('BEGIN PRIVATE KEY');
    expect((await convert(['--from', 'server.key', '--to', 'x.pem', '--encrypt', '--pkcs1'])).status).to.equal(2);
  });

  it('converts stores into each other, from one passphrase to another', async () => {
    save('old.jks', jks(server, OTHER, 'kept'));
    save('old.txt', `${OTHER}\n`);
    save('new.txt', `${PASSWORD}\r\n`);
    const files = ['--from-passphrase-file', 'old.txt', '--store-passphrase-file', 'new.txt'];
    await result(['--from', 'old.jks', '--to', 'a.p12', ...files]);
    expectStore('a.p12', 'kept');
    await result(['--from', 'a.p12', '--to', 'b.jks'], {
      SF_JWT_FROM_PASSPHRASE: PASSWORD,
      SF_JWT_STORE_PASSPHRASE: OTHER,
    });
    expectStore('b.jks', 'kept', OTHER);
    await result(['--from', 'b.jks', '--to', 'c.jks', '--store-alias', 'renamed'], { SF_JWT_STORE_PASSPHRASE: OTHER });
    expectStore('c.jks', 'renamed', OTHER);
    await refusal('keystore_passphrase_wrong', ['--from', 'a.p12', '--to', 'd.jks'], {
      SF_JWT_STORE_PASSPHRASE: OTHER,
    });
    await refusal('keystore_passphrase_missing', ['--from', 'a.p12', '--to', 'd.pem']);
  });

  it('takes a passphrase from a pipe, for the old file and the new one at once', async function () {
    needs(this, hasBash, 'bash');
    const pipe = { flag: '--store-passphrase-file', text: PASSWORD };
    await result(['--from', 'server.key', '--to', 'a.p12'], {}, { pipe });
    expectStore('a.p12', 'a');
    await result(['--from', 'a.p12', '--to', 'b.jks'], {}, { pipe });
    expectStore('b.jks', 'a');
    save('old.key', formatPrivateKey(server.key, OTHER));
    const again = { pipe: { flag: '--passphrase-file', text: OTHER } };
    await result(['--from', 'old.key', '--to', 'new.pem', '--encrypt'], {}, again);
    expect(pkcs8(createPrivateKey({ key: text('new.pem'), passphrase: OTHER }))).to.equal(pkcs8(server.key));
  });

  it("opens an org's export with its empty passphrase", async () => {
    save('export.jks', jks(server, ''));
    await result(['--from', 'export.jks', '--to', 'a.pem']);
    expect(pkcs8(readPrivateKey(text('a.pem'), { source: 'a.pem' }))).to.equal(pkcs8(server.key));
    await result(['--from', 'export.jks', '--to', 'a.pfx'], STORE);
    expectStore('a.pfx', 'server');
    await refusal('keystore_new_passphrase_missing', ['--from', 'export.jks', '--to', 'b.pfx']);
  });

  it('gives a key whose name no org takes another one in a JKS', async () => {
    save('numbered.p12', pkcs12(server, PASSWORD, '1'));
    await result(['--from', 'numbered.p12', '--to', 'my cert.jks'], STORE);
    expectStore('my cert.jks', 'my_cert');
  });

  it('chooses among several keys, and lists them if nobody does', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    const sources = { first: folder.opensslPkcs12(other, PASSWORD), second: folder.opensslPkcs12(server, PASSWORD) };
    save('several.jks', folder.keytoolStore('JKS', sources, PASSWORD));
    const args = ['--from', 'several.jks', '--to', 'one.p12'];
    const said = await refusal('keystore_alias_ambiguous', args, STORE);
    expect(said).to.contain('first').and.to.contain('second').and.to.contain('--store-alias');
    await refusal('keystore_alias_unknown', [...args, '--store-alias', 'third'], STORE);
    await result([...args, '--store-alias', 'Second'], STORE);
    expectStore('one.p12', 'second');
  });

  it('takes the chosen key, whatever the passphrase of another one', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    save('two.jks', folder.twoPassphrases(server, other, PASSWORD));
    const args = ['--from', 'two.jks', '--to', 'one.p12', '--store-alias'];
    const said = await refusal('keystore_key_passphrase_differs', [...args, 'two'], STORE);
    expect(said).to.contain('"two"');
    await result([...args, 'one'], STORE);
    expectStore('one.p12', 'one');
  });

  it('takes the certificate of the chosen entry, where a renewed one has the same key', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    const renewed = { ...server, certificatePem: await certificateOf(server.key, 'renewed', 700) };
    const sources = { old: folder.opensslPkcs12(server, PASSWORD), renewed: folder.opensslPkcs12(renewed, PASSWORD) };
    save('both.p12', folder.keytoolStore('PKCS12', sources, PASSWORD));
    for (const [alias, subject] of [
      ['old', 'CN=server'],
      ['renewed', 'CN=renewed'],
    ] as const) {
      const answer = await result(['--from', 'both.p12', '--to', `${alias}.pem`, '--store-alias', alias], STORE);
      expect(answer).to.include({ subject });
      expect(readCertificate(text(`${alias}.crt`), alias).subject).to.equal(subject);
    }
  });

  it('reads an encrypted key, DER, base64, and standard input', async () => {
    save('encrypted.key', formatPrivateKey(server.key, OTHER));
    const c = ['--certificate-file', 'server.crt'];
    await result(['--from', 'encrypted.key', ...c, '--to', 'a.jks'], { ...STORE, SF_JWT_KEY_PASSPHRASE: OTHER });
    expectStore('a.jks', 'a');
    await refusal('key_passphrase_missing', ['--from', 'encrypted.key', ...c, '--to', 'b.jks'], STORE);
    save('der.key', server.key.export({ type: 'pkcs8', format: 'der' }));
    save('der.crt', new X509Certificate(server.certificatePem).raw);
    await result(['--from', 'der.key', '--to', 'der.jks'], STORE);
    expectStore('der.jks', 'der');
    const answer = await result(['--from', '-', '--to', 'in.jks'], STORE, {
      input: pkcs12(server, PASSWORD).toString('base64'),
    });
    expect(answer).to.include({ source: '-', sourceFormat: 'pkcs12' });
    expectStore('in.jks', 'server');
  });

  it('makes what Java, OpenSSL and an import into an org take', async function test() {
    needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
    await result(['--from', 'server.key', '--to', 'a.jks', '--store-alias', 'Jwt_1'], STORE);
    expect(folder.keyOf(bytes('a.jks'), 'JKS', PASSWORD, 'jwt_1')).to.equal(pkcs8(server.key));
    await result(['--from', 'a.jks', '--to', 'b.p12', '--compatible'], STORE);
    const info = ['pkcs12', '-in', join(cwd, 'b.p12'), '-passin', `pass:${PASSWORD}`, '-info', '-noout'];
    expect(tool('openssl', info))
      .to.contain('pbeWithSHA1And3-KeyTripleDES-CBC')
      .and.not.to.match(/RC2|AES/);
    expect(tool('keytool', ['-list', '-keystore', join(cwd, 'b.p12'), '-storepass', PASSWORD])).to.contain('jwt_1');
  });

  it('refuses a key that is not that of the certificate, and keys that no org takes', async () => {
    save('other.crt', other.certificatePem);
    const wrong = ['--from', 'server.key', '--certificate-file', 'other.crt', '--to'];
    await refusal('certificates_not_of_key', [...wrong, 'a.pem'], STORE);
    save(
      'swapped.jks',
      writeJks({ alias: 'a', key: server.key, chain: [other.der], password: PASSWORD }, new Date(), randomBytes),
    );
    await refusal('keystore_key_mismatch', ['--from', 'swapped.jks', '--to', 'a.pem'], STORE);
    const odd = await pair('odd', 2560);
    save('odd.p12', pkcs12(odd, PASSWORD));
    await refusal('keystore_key_size', ['--from', 'odd.p12', '--to', 'a.jks'], STORE);
    await refusal('key_is_certificate', ['--from', 'server.crt', '--to', 'a.jks'], STORE);
    await refusal('certificate_not_pem', ['--from', 'server.key', '-c', 'server.key', '--to', 'a.jks'], STORE);
  });

  it('refuses passphrases that other programs would not take', async () => {
    for (const [code, password] of [
      ['keystore_passphrase_too_short', '12345'],
      ['keystore_passphrase_not_ascii', 'pässword'],
    ] as const) {
      await refusal(code, ['--from', 'server.key', '--to', 'a.p12'], { SF_JWT_STORE_PASSPHRASE: password });
    }
  });

  it('refuses what the flags can not mean', async () => {
    const { status, stderr, stdout } = await convert(['--from', 'server.key', '--to', 'a.bks']);
    expect(status).to.equal(1);
    expect(stdout).to.equal('');
    expect(stderr.split('\n').filter((line) => line.startsWith('Error'))).to.have.lengthOf(1);
    await refusal('conversion_target_unknown', ['--from', 'server.key', '--to', 'server'], STORE);
    await refusal('conversion_option_unsuited', ['--from', 'server.key', '--to', 'a.jks', '--pkcs1'], STORE);
    await refusal('conversion_option_unsuited', ['--from', 'server.key', '--to', 'a.jks', '--compatible'], STORE);
    await refusal('conversion_option_unsuited', ['--from', 'server.key', '--to', 'a.p12', '--encrypt'], STORE);
    save('a.p12', pkcs12(server, PASSWORD));
    await refusal('conversion_option_unsuited', ['--from', 'a.p12', '-c', 'server.crt', '--to', 'b.jks'], STORE);
    expect((await convert(['--from', 'server.key'])).status).to.equal(2);
    await refusal('file_missing', ['--from', 'none.key', '--to', 'a.jks'], STORE);
  });

  it('overwrites only when told to, the certificate too', async () => {
    save('a.p12', pkcs12(server, PASSWORD));
    save('out.crt', 'precious');
    await refusal('file_exists', ['--from', 'a.p12', '--to', 'out.pem'], STORE);
    expect(existsSync(join(cwd, 'out.pem'))).to.equal(false);
    await refusal('file_exists', ['--from', 'server.key', '--to', 'a.p12'], STORE);
    await result(['--from', 'a.p12', '--to', 'out.pem', '--overwrite'], STORE);
    expect(text('out.crt')).to.contain('BEGIN CERTIFICATE');
    await result(['--from', 'a.p12', '--to', 'a.p12', '--store-alias', 'new', '--overwrite'], STORE);
    expectStore('a.p12', 'new');
    expect(readdirSync(cwd).sort()).to.deep.equal(['a.p12', 'out.crt', 'out.pem', 'server.crt', 'server.key']);
  });

  it('asks for passphrases on a terminal, for a new one twice', async function () {
    needs(this, hasTerminal, 'a terminal');
    save('old.jks', jks(server, OTHER));
    const ask = (second: string): ReturnType<typeof runOnTerminal> =>
      runOnTerminal(
        ['jwt', 'convert', '--from', 'old.jks', '--to', 'new.p12'],
        [
          { expect: 'Passphrase of old.jks', type: `${OTHER}\r` },
          { expect: 'Passphrase for the new keystore', type: `${PASSWORD}\r` },
          { expect: 'Same passphrase again', type: `${second}\r` },
        ],
        { home, cwd },
      );
    const differing = await ask('something else');
    expect(differing.status).to.equal(1);
    expect(existsSync(join(cwd, 'new.p12'))).to.equal(false);
    const same = await ask(PASSWORD);
    expect(same.status, same.stdout).to.equal(0);
    expectNoSecret({ ...same, stderr: '' });
    expectStore('new.p12', 'server');
  });
});

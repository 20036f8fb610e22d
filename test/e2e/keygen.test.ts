import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { JwtKeygenResult } from '../../src/commands/jwt/keygen.js';
import { matches, readCertificate } from '../../src/keys/credential/certificate.js';
import { readPrivateKey } from '../../src/keys/credential/private-key.js';
import { signerOf } from '../../src/keys/signer/signer.js';
import { certificateOf, rsaKey } from '../support/certificates.js';
import { environment, hasTerminal, run, RUN_JS, runOnTerminal, start, type RunResult } from '../support/plugin.js';
import { hasOpenssl, needs, tool } from '../support/tools.js';

const SECRET = 'c0rrect-horse';

/** Milliseconds from the first change in the folder to the kill. */
const DELAYS = [0, 0, 1, 2, 3, 4, 6, 9, 15, 200];

describe('sf jwt keygen', () => {
  let home: string;
  let cwd: string;
  let count = 0;

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'keygen-'));
  });
  after(() => {
    rmSync(home, { recursive: true });
  });
  beforeEach(() => {
    cwd = join(home, String(++count));
    mkdirSync(cwd);
  });

  const keygen = (args: string[] = [], env: Record<string, string> = {}): Promise<RunResult> =>
    run(['jwt', 'keygen', ...args], { home, cwd, env });

  async function result(args: string[] = [], env: Record<string, string> = {}): Promise<JwtKeygenResult> {
    const { json, stdout, stderr } = await keygen([...args, '--json'], env);
    expect((json as { status?: number } | undefined)?.status, stdout + stderr).to.equal(0);
    return (json as { result: JwtKeygenResult }).result;
  }

  /** The run fails in one line with this code, and the folder is as before. */
  async function refusal(code: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const before = snapshot();
    const [human, { json, status, stdout }] = await Promise.all([keygen(args, env), keygen([...args, '--json'], env)]);
    expect(human.status, human.stderr).to.equal(1);
    expect(human.stdout).to.equal('');
    const lines = human.stderr.split('\n').filter((line) => line.startsWith('Error'));
    expect(lines, human.stderr).to.have.lengthOf(1);
    expect(human.stderr).not.to.match(/^\s+at /m);
    expect(status).to.equal(1);
    expect((json as { data: { code: string } }).data.code).to.equal(code);
    expect(snapshot()).to.deep.equal(before);
    for (const secret of [SECRET, 'PRIVATE KEY', ...Object.values(env).filter(Boolean)]) {
      expect(human.stderr + stdout).not.to.contain(secret);
    }
    return lines[0] ?? '';
  }

  const path = (name: string): string => join(cwd, name);
  const mode = (name: string): number => statSync(path(name)).mode & 0o777;
  const read = (name: string): string => readFileSync(path(name), 'utf8');
  const snapshot = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(cwd, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => [name, statSync(path(name), { throwIfNoEntry: false })?.isFile() ? read(name) : 'other']),
    );

  describe('--json', () => {
    it('returns the facts of the pair that it wrote', async () => {
      const started = Math.floor(Date.now() / 1000) * 1000;
      const facts = await result();
      expect(readdirSync(cwd)).to.have.members(['server.key', 'server.crt']);
      const certificate = readCertificate(read('server.crt'), 'server.crt');
      expect(facts).to.deep.equal({
        privateKeyFile: path('server.key'),
        certificateFile: path('server.crt'),
        keySize: 2048,
        encrypted: false,
        subject: 'CN=server',
        serialNumber: certificate.serialNumber,
        notBefore: certificate.notBefore.toISOString(),
        notAfter: certificate.notAfter.toISOString(),
        fingerprint256: certificate.fingerprint256,
      });
      expect(Date.parse(facts.notBefore)).to.be.within(started, Date.now());
      expect(Date.parse(facts.notAfter) - Date.parse(facts.notBefore)).to.equal(365 * 86_400_000);
      expect(facts.serialNumber).to.match(/^[4-7][0-9A-F]{39}$/);
      expectPair('server');
    });

    it('takes every flag', async function () {
      const subject = [
        '--common-name',
        'Ünï, "x" \\',
        '--organization',
        'Acme, Inc.',
        '--organizational-unit',
        ' #CI ',
      ];
      const place = ['--locality', 'Zürich', '--state', 'ZH', '--country', 'CH', '--email', 'ci@example.com'];
      const files = ['--name', 'my key', '--output-dir', 'a/b', '--key-size', '3072', '--days', '9999', '--csr'];
      const facts = await result([...files, ...subject, ...place]);
      expect(facts).to.include({
        privateKeyFile: path('a/b/my key.key'),
        csrFile: path('a/b/my key.csr'),
        keySize: 3072,
        subject: 'C=CH, ST=ZH, L=Zürich, O=Acme\\, Inc., OU=\\#CI, CN=Ünï\\, \\"x\\" \\\\, emailAddress=ci@example.com',
      });
      expect(facts.notAfter.slice(0, 4)).to.equal(String(new Date(Date.now() + 9999 * 86_400_000).getUTCFullYear()));
      needs(this, hasOpenssl, 'openssl');
      const nameOf = (what: string, file: string) =>
        tool('openssl', [what, '-noout', '-subject', '-nameopt', 'RFC2253', '-in', file]).split('\n')[0];
      expect(nameOf('req', path('a/b/my key.csr'))).to.equal(nameOf('x509', path('a/b/my key.crt')));
      expect(tool('openssl', ['req', '-verify', '-noout', '-in', path('a/b/my key.csr')])).to.match(/verify OK/i);
    });
  });

  describe('for a person', () => {
    it('says what was written, when it ends, and the next command', async () => {
      const { status, stdout, stderr } = await keygen(['-n', "it's", '-d', 'my keys', '--days', '30']);
      expect(status, stderr).to.equal(0);
      const certificate = readCertificate(read("my keys/it's.crt"), 'x');
      expect(stdout).to.contain(path("my keys/it's.key")).and.to.contain(path("my keys/it's.crt"));
      expect(stdout).to.contain(certificate.fingerprint256);
      expect(stdout)
        .to.contain(`${certificate.notAfter.toISOString().slice(0, 10)} (in 30 days)`)
        .and.to.contain('2048');
      expect(stdout).not.to.contain('PRIVATE KEY');
      const quoted = `${cwd}/my keys/it'\\''s`;
      expect(stdout.trimEnd().split('\n').at(-1)).to.equal(
        `sf jwt connect --target-org my-admin-org --certificate-file '${quoted}.crt' --jwt-key-file '${quoted}.key'`,
      );
    });

    it('names the configured target org in the next command, by its alias', async () => {
      const store = join(home, '.sfdx');
      mkdirSync(store, { recursive: true });
      writeFileSync(join(store, 'ann@acme.com.json'), JSON.stringify({ refreshToken: 'x' }));
      writeFileSync(join(store, 'alias.json'), JSON.stringify({ orgs: { 'acme prod': 'ann@acme.com' } }));
      const run = (org: string) => keygen(['-n', org], { SF_TARGET_ORG: org });
      expect((await run('ann@acme.com')).stdout).to.contain("connect --target-org 'acme prod' --certificate-file");
      expect((await run('elsewhere')).stdout).to.contain('connect --target-org elsewhere --certificate-file');
    });

    it('shows its flags, and every flag has a summary', async () => {
      const { status, stdout } = await keygen(['--help']);
      expect(status).to.equal(0);
      expect(stdout).to.contain('--organizational-unit=<value>').and.to.contain('2048|3072|4096');
      expect(stdout).to.match(/^Generate a private key .*\.$/m);
    });
  });

  describe('files', () => {
    for (const umask of ['000', '077']) {
      it(`have their modes under umask ${umask}`, function () {
        if (process.platform === 'win32') this.skip();
        const command = `umask ${umask} && exec "$0" "$@"`;
        const args = ['-c', command, process.execPath, RUN_JS, 'jwt', 'keygen', '--csr', '--json'];
        const { status, stdout } = spawnSync('sh', args, { cwd, env: environment({ home }), encoding: 'utf8' });
        expect(status, stdout).to.equal(0);
        expect([mode('server.key'), mode('server.crt'), mode('server.csr')]).to.deep.equal([0o600, 0o644, 0o644]);
      });
    }

    for (const name of ['server.key', 'server.csr']) {
      it(`are not touched when ${name} exists`, async () => {
        writeFileSync(path(name), 'precious');
        expect(await refusal('file_exists', ['--csr'])).to.contain(path(name));
      });
    }

    it('are replaced as a pair by --overwrite', async () => {
      const before = await result();
      chmodSync(path('server.key'), 0o644);
      const after = await result(['--overwrite']);
      expect(after.fingerprint256).not.to.equal(before.fingerprint256);
      expect(readdirSync(cwd)).to.have.lengthOf(2);
      expect(mode('server.key')).to.equal(0o600);
      expectPair('server');
    });

    it('of --csr that no longer match are kept, with a warning', async () => {
      await result(['--csr']);
      const request = read('server.csr');
      const { json } = await keygen(['--overwrite', '--json']);
      expect((json as { warnings: string[] }).warnings.join()).to.contain(path('server.csr'));
      expect(read('server.csr')).to.equal(request);
      const { json: replaced } = await keygen(['--overwrite', '--csr', '--json']);
      expect((replaced as { warnings: string[] }).warnings).to.deep.equal([]);
      expect(read('server.csr')).not.to.equal(request);
    });

    it('that are directories or symbolic links are left alone', async () => {
      writeFileSync(path('server.key'), 'precious');
      mkdirSync(path('server.crt'));
      await refusal('path_is_directory', ['--overwrite']);
      rmSync(path('server.crt'), { recursive: true });
      writeFileSync(path('elsewhere'), 'precious');
      symlinkSync(path('elsewhere'), path('server.crt'));
      await refusal('path_is_symbolic_link', ['--overwrite']);
    });

    it('can not be written below a file or into /proc, and nothing is left', async () => {
      writeFileSync(path('file'), 'precious');
      await refusal('write_failed', ['--output-dir', 'file/deeper']);
      if (existsSync('/proc/self')) await refusal('write_failed', ['--output-dir', '/proc/keys']);
    });

    it('are not written when the disk is full, and the old ones stay', async function () {
      const limit = spawnSync('sh', ['-c', 'ulimit -f 1']);
      needs(this, process.platform !== 'win32' && limit.status === 0, 'ulimit');
      await result();
      const before = snapshot();
      // A file of 1 block at most: the key of 4096 bits is longer. The system call fails as on a full disk.
      const args = [
        '-c',
        'ulimit -f 2 && exec "$0" "$@"',
        process.execPath,
        RUN_JS,
        'jwt',
        'keygen',
        '--overwrite',
        '--json',
      ];
      const { status, stdout } = spawnSync('sh', [...args, '--key-size', '4096'], {
        cwd,
        env: environment({ home }),
        encoding: 'utf8',
      });
      expect(status, stdout).to.equal(1);
      expect((JSON.parse(stdout) as { data: { code: string } }).data.code).to.equal('write_failed');
      expect(snapshot()).to.deep.equal(before);
    });
  });

  describe('killed during --overwrite', () => {
    it('leaves the old pair, the new pair, or the old pair beside it', async () => {
      const oldKey = rsaKey();
      const oldFiles = {
        key: oldKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        crt: await certificateOf(oldKey),
      };
      const rounds = [...DELAYS.keys()];
      const states = { old: 0, new: 0, beside: 0 };
      for (const batch of [rounds.slice(0, 5), rounds.slice(5)]) {
        await Promise.all(batch.map(async (round) => (states[await killed(round, oldFiles)] += 1)));
      }
      expect(states.old + states.new + states.beside).to.equal(rounds.length);
      expect(states.new).to.be.above(0);
    });

    async function killed(round: number, old: { key: string; crt: string }): Promise<'old' | 'new' | 'beside'> {
      const folder = path(String(round));
      mkdirSync(folder);
      writeFileSync(join(folder, 'server.key'), old.key, { mode: 0o600 });
      writeFileSync(join(folder, 'server.crt'), old.crt);
      const watcher = watch(folder);
      const child = start(['jwt', 'keygen', '--overwrite', '--output-dir', folder], { home });
      const ended = once(child, 'close');
      const [written] = await Promise.race([once(watcher, 'change'), ended]);
      if (written !== 0) await sleep(DELAYS[round]);
      child.kill('SIGKILL');
      await ended;
      watcher.close();

      const key = readFileSync(join(folder, 'server.key'), 'utf8');
      const crt = readFileSync(join(folder, 'server.crt'), 'utf8');
      const left = readdirSync(folder).filter((name) => name.includes('.old.'));
      if (matches(readCertificate(crt, 'crt'), signerOf(readPrivateKey(key, { source: 'key' }))))
        return key === old.key ? 'old' : 'new';
      const kept = left.map((name) => readFileSync(join(folder, name), 'utf8'));
      expect(kept).to.include.members([old.key, old.crt]);
      return 'beside';
    }

    it('is reported by the next run, which keeps what was left', async () => {
      await result();
      const left = '.server-0123456789abcdef.old.key';
      writeFileSync(path(left), 'the old key');
      expect(await refusal('replacement_interrupted', [])).to.contain(path('server.key'));
      const { json } = await keygen(['--overwrite', '--json']);
      expect((json as { warnings: string[] }).warnings.join()).to.contain(path(left));
      expect(read(left)).to.equal('the old key');
      expectPair('server');
    });
  });

  describe('--encrypt', () => {
    const opens = (passphrase: string): void => {
      expect(read('server.key')).to.contain('BEGIN ENCRYPTED PRIVATE KEY');
      expectPair('server', passphrase);
    };

    it('takes the passphrase from the environment, and warns that sf needs a plain key', async () => {
      const { json, stdout } = await keygen(['--encrypt', '--json'], { SF_JWT_KEY_PASSPHRASE: SECRET });
      expect((json as { result: JwtKeygenResult }).result.encrypted).to.equal(true);
      expect((json as { warnings: string[] }).warnings).to.have.lengthOf(1);
      expect(stdout).not.to.contain(SECRET);
      opens(SECRET);
    });

    it('takes the passphrase from a file before the environment, and warns of others who can read it', async () => {
      for (const [permissions, warnings] of [
        [0o600, 1],
        [0o644, 2],
      ] as const) {
        writeFileSync(path('passphrase'), `${SECRET}\r\n`);
        chmodSync(path('passphrase'), permissions);
        const args = ['--encrypt', '--passphrase-file', 'passphrase', '--overwrite', '--json'];
        const { json, stdout } = await keygen(args, { SF_JWT_KEY_PASSPHRASE: 'another' });
        expect((json as { warnings: string[] }).warnings, stdout).to.have.lengthOf(warnings);
        expect(stdout).not.to.contain(SECRET);
        opens(SECRET);
      }
    });

    it('refuses a passphrase that is missing, empty, too long or unreadable', async () => {
      await refusal('passphrase_missing', ['--encrypt']);
      await refusal('passphrase_empty', ['--encrypt'], { SF_JWT_KEY_PASSPHRASE: '' });
      await refusal('passphrase_too_long', ['--encrypt'], { SF_JWT_KEY_PASSPHRASE: 'x'.repeat(1025) });
      await refusal('passphrase_file_unreadable', ['--encrypt', '--passphrase-file', 'missing']);
    });

    it('is needed for --passphrase-file', async () => {
      const { status, stderr } = await keygen(['--passphrase-file', 'x']);
      expect(status).to.equal(2);
      expect(stderr).to.contain('--encrypt');
      expect(readdirSync(cwd)).to.deep.equal([]);
    });

    it('asks twice on a terminal', async function () {
      needs(this, hasTerminal, 'python3 with pty');
      const typed = await runOnTerminal(
        ['jwt', 'keygen', '--encrypt'],
        [
          { expect: 'Passphrase for', type: `${SECRET}\r` },
          { expect: 'again', type: `${SECRET}\r` },
        ],
        { home, cwd },
      );
      expect(typed.status, typed.stdout).to.equal(0);
      expect(typed.stdout).not.to.contain(SECRET);
      opens(SECRET);
    });

    it('writes nothing when the two passphrases differ', async function () {
      needs(this, hasTerminal, 'python3 with pty');
      const typed = await runOnTerminal(
        ['jwt', 'keygen', '--encrypt'],
        [
          { expect: 'Passphrase for', type: `${SECRET}\r` },
          { expect: 'again', type: 'something-else\r' },
        ],
        { home, cwd },
      );
      expect(typed.status, typed.stdout).to.equal(1);
      expect(typed.stdout).to.contain('PassphraseMismatchError').and.not.to.contain(SECRET);
      expect(readdirSync(cwd)).to.deep.equal([]);
    });

    it('asks for nothing when the files exist', async function () {
      needs(this, hasTerminal, 'python3 with pty');
      writeFileSync(path('server.key'), 'precious');
      const typed = await runOnTerminal(['jwt', 'keygen', '--encrypt'], [], { home, cwd });
      expect(typed.status).to.equal(1);
      expect(typed.stdout).to.contain('FileExistsError').and.not.to.contain('Passphrase for');
    });
  });

  describe('refuses', () => {
    const cases: Array<[string, string[]]> = [
      ['base_name_invalid', ['--name', '../server']],
      ['flag_empty', ['--name', '']],
      ['subject_country', ['--country', 'Germany']],
      ['subject_too_long', ['--name', 'x'.repeat(65)]],
      ['days_out_of_range', ['--days', '9999999']],
    ];
    for (const [code, args] of cases) {
      it(`${args.join(' ').slice(0, 40).replace('\n', '\\n')} as ${code}`, async () => {
        await refusal(code, args);
      });
    }

    it('flags that are unknown or have a value that is not allowed with exit status 2', async () => {
      const wrong = [['--days', '0'], ['--days', 'x'], ['--key-size', '1024'], ['--unknown'], ['extra']];
      const results = await Promise.all(wrong.map((args) => keygen(args)));
      expect(results.map(({ status }) => status)).to.deep.equal(wrong.map(() => 2));
      expect(readdirSync(cwd)).to.deep.equal([]);
    });
  });

  function expectPair(name: string, passphrase?: string): void {
    const key = readPrivateKey(readFileSync(path(`${name}.key`)), { source: 'key', passphrase });
    expect(matches(readCertificate(read(`${name}.crt`), 'crt'), signerOf(key))).to.equal(true);
    if (!hasOpenssl) return;
    const pass = passphrase === undefined ? [] : ['-passin', `pass:${passphrase}`];
    const [a, b] = [
      execFileSync('openssl', ['pkey', '-pubout', ...pass, '-in', path(`${name}.key`)]),
      execFileSync('openssl', ['x509', '-noout', '-pubkey', '-in', path(`${name}.crt`)]),
    ];
    expect(a.equals(b)).to.equal(true);
  }
});

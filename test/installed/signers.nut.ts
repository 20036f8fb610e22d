import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import { startOrg, type Org } from '../emulator/index.js';
import { installPlugin } from '../support/packed-plugin.js';
import {
  hasMoto,
  hasOpensshAgent,
  hasSoftHsm,
  hasStrace,
  startMoto,
  startOpensshAgent,
  startSoftHsm,
  type RealKeeper,
} from '../support/real-keepers.js';
import { findSfCli, makeSfHome, sf, type SfHome, type SfResult } from '../support/sf-cli.js';
import { needs } from '../support/tools.js';
import { traced, type Trace } from '../support/trace.js';

const USER = 'ci@acme.example.com';

type Case = {
  what: string;
  app: string;
  has: boolean;
  start: () => Promise<RealKeeper>;
  /** A URI, and the flags of `keygen` that make its key; the two keys one after the other */
  keys: Array<{ uri: string; flags: string[] }>;
  /** What is there before */
  prepare?: (keeper: RealKeeper) => Promise<void>;
  /** What a URI becomes */
  pinned: RegExp;
};

const CASES: Case[] = [
  {
    what: 'SoftHSM',
    app: 'InHsm',
    has: hasSoftHsm,
    start: startSoftHsm,
    keys: ['sf-ci', 'sf-next'].map((label) => ({ uri: `pkcs11:token=ci;object=${label}`, flags: ['--create'] })),
    pinned: /^pkcs11:token=ci;serial=[0-9a-f]+;id=%0[12];object=sf-\w+\?module-path=/,
  },
  {
    what: "OpenSSH's agent",
    app: 'InAgent',
    has: hasOpensshAgent,
    start: startOpensshAgent,
    prepare: addKeys,
    keys: ['sf-ci', 'sf-next'].map((comment) => ({ uri: `ssh-agent:${comment}`, flags: [] })),
    pinned: /^ssh-agent:SHA256:/,
  },
  {
    what: 'the AWS CLI, with moto in the place of AWS',
    app: 'InKms',
    has: hasMoto,
    start: startMoto,
    keys: ['sf-ci', 'sf-next'].map((alias) => ({ uri: `awskms:///alias/${alias}`, flags: ['--create'] })),
    pinned: /^awskms:\/\/.*\b[0-9a-f-]{36}$/,
  },
];

/** Two RSA keys in the agent, and their files nowhere. */
async function addKeys(agent: RealKeeper): Promise<void> {
  for (const comment of ['sf-ci', 'sf-next']) await addKey(agent, comment);
}

/** A new key in the agent, and nowhere else; in PEM. */
async function addKey(agent: RealKeeper, comment: string): Promise<string> {
  const file = join(agent.folder, comment);
  await agent.run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-C', comment, '-f', file]);
  await agent.run('ssh-add', [file]);
  await agent.run('ssh-keygen', ['-q', '-p', '-P', '', '-N', '', '-m', 'PKCS8', '-f', file]);
  const pem = await readFile(file, 'utf8');
  await rm(file);
  return pem;
}

/** What gives a private key away: its header, and numbers of it raw, in hexadecimal, and in base64 wherever it begins. */
function marksOf(pem: string): Array<string | Buffer> {
  const { d = '', p = '', q = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const numbers = [d, p, q].map((number) => Buffer.from(number, 'base64url').subarray(4, 52));
  const encoded = numbers.flatMap((bytes) => [
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((start) => {
      const text = bytes.subarray(start, start + 30).toString('base64');
      return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
    }),
  ]);
  return ['PRIVATE KEY', ...numbers, ...encoded];
}

describe('signers in the real sf', function () {
  this.timeout(600_000);
  let home: SfHome;
  let org: Org;

  before(async () => {
    home = await makeSfHome();
    org = await startOrg({ kind: 'developer', users: [{ username: USER }] });
    await installPlugin(home);
    const login = ['org', 'login', 'access-token', '--instance-url', org.url, '--alias', 'admin', '--no-prompt'];
    const { status, stderr } = await sf(login, { home, env: { SF_ACCESS_TOKEN: org.admin.accessToken } });
    expect(status, stderr).to.equal(0);
  });
  after(async () => {
    await org.stop();
    await home.remove();
  });

  for (const { what, app, has, start, keys, prepare, pinned } of CASES) {
    describe(what, () => {
      let keeper: RealKeeper;
      let folder: string;
      let clientId: string;
      const uris: string[] = [];

      const run = async (words: string[]): Promise<SfResult> => {
        const result = await sf(['jwt', ...words, '--json'], { home, cwd: folder, env: keeper.env });
        expect(result.status, `${words.join(' ')}\n${result.stdout}${result.stderr}`).to.equal(0);
        return result;
      };

      before(async function () {
        needs(this, has, what);
        keeper = await start();
        folder = join(keeper.folder, 'work');
        await mkdir(folder);
        await prepare?.(keeper);
      });
      after(() => (has ? keeper.stop() : undefined));

      it('keygen --signer makes the certificate of a key that is there', async () => {
        for (const [index, { uri, flags }] of keys.entries()) {
          const { json } = await run(['keygen', '--signer', uri, '--name', `pair${index}`, ...flags]);
          const { signer } = json.result as { signer: string };
          expect(signer).to.match(pinned);
          uris.push(signer);
          expect(await openssl(['verify', '-CAfile', `pair${index}.crt`, `pair${index}.crt`], folder)).to.contain('OK');
        }
        expect(uris[0]).not.to.equal(uris[1]);
        expect((await readdir(folder)).filter((name) => name.endsWith('.key'))).to.deep.equal([]);
      });

      it('connect proves the login with it', async () => {
        const words = ['connect', '--target-org', 'admin', '--name', app, '--username', USER];
        const { json } = await run([...words, '--certificate-file', 'pair0.crt', '--signer', uris[0]!]);
        const result = json.result as { clientId: string; users: unknown };
        expect(result.users).to.deep.equal([{ username: USER, assigned: 'assigned', verified: true }]);
        ({ clientId } = result);
      });

      it('grant stores a login that other sf commands use, and that is made anew from what is stored', async () => {
        const words = ['--username', USER, '--client-id', clientId, '--instance-url', org.url, '--alias', 'ci'];
        const { json } = await run(['grant', ...words, '--signer', uris[0]!]);
        expect(json.result).to.include({ username: USER, keyStorage: 'none', signer: uris[0] });
        expect(await query()).to.equal(0);
        org.expireSessions(clientId);
        expect(await query()).not.to.equal(0);
        await run(['grant', '--target-org', 'ci']);
        expect(await query()).to.equal(0);
      });

      it('connect moves the app to another key, and the one before is refused', async () => {
        const words = ['connect', '--target-org', 'admin', '--name', app, '--username', USER];
        const { json } = await run([...words, '--certificate-file', 'pair1.crt', '--signer', uris[1]!]);
        expect(json.result).to.deep.include({ status: 'updated' });
        const logIn = ['token', '--username', USER, '--client-id', clientId, '--instance-url', org.url, '--signer'];
        const before = await sf(['jwt', ...logIn, uris[0]!, '--json'], { home, cwd: folder, env: keeper.env });
        expect((before.json['data'] as { code: string }).code).to.equal('signature_mismatch');
        expect((await run([...logIn, uris[1]!])).json.result).to.have.property('accessToken');
      });

      it('rotate moves the app to the key of another signer, with the login, and writes its certificate alone', async () => {
        const words = ['rotate', '--target-org', 'admin', '--name', app, '--username', USER];
        const before = await readdir(folder);
        const turns = [
          { from: ['--signer', uris[1]!], to: 0 },
          { from: [], to: 1 },
        ];
        for (const { from, to } of turns) {
          const { json } = await run([...words, ...from, '--new-signer', keys[to]!.uri]);
          const { issued, logins } = json.result as JwtRotateResult;
          expect(issued).to.include({ privateKeyFile: null, signer: uris[to] });
          expect(logins).to.containSubset([{ username: USER, keyStorage: 'none', switched: true, verified: true }]);
          const certificate = issued!.certificateFile;
          expect(await openssl(['verify', '-CAfile', certificate, certificate], folder)).to.contain('OK');
          org.expireSessions(clientId);
          expect((await run(['grant', '--target-org', 'ci'])).json.result).to.include({ signer: uris[to] });
          expect(await query()).to.equal(0);
        }
        const made = (await readdir(folder)).filter((name) => !before.includes(name));
        expect(made.map((name) => name.replace(/-\d{8}/, ''))).to.have.members([`${app}.crt`, `${app}-2.crt`]);
      });

      const query = async (): Promise<number> => {
        const words = ['data', 'query', '--target-org', 'ci', '--query', 'SELECT Username FROM User', '--json'];
        return (await sf(words, { home, cwd: folder, env: keeper.env })).status;
      };
    });
  }

  it('writes no private key, to no file, pipe or socket', async function () {
    needs(this, hasOpensshAgent && hasStrace, "OpenSSH's agent with strace that may trace");
    const agent = await startOpensshAgent();
    try {
      const pems = [await addKey(agent, 'traced'), await addKey(agent, 'traced-next')];
      const sfCli = await findSfCli();
      const run = async (...words: string[]): Promise<Trace> => {
        const env = { PATH: process.env['PATH'], ...home.env, ...agent.env };
        const trace = await traced([process.execPath, sfCli, 'jwt', ...words], { env, cwd: agent.folder });
        expect(trace.status, trace.output).to.equal(0);
        return trace;
      };
      const holdsKey = ({ written }: Trace): boolean => pems.flatMap(marksOf).some((mark) => written.includes(mark));
      const signer = ['--signer', 'ssh-agent:traced'];
      const keygen = await run('keygen', '--name', 'traced', ...signer);
      const connecting = ['--target-org', 'admin', '--name', 'Traced', '--username', USER];
      const connect = await run('connect', ...connecting, '--certificate-file', 'traced.crt', ...signer, '--json');
      const clientId = /"clientId": "(.*)"/.exec(connect.output)![1]!;
      const grant = await run(
        ...['grant', '--username', USER, '--client-id', clientId, '--instance-url', org.url, ...signer],
      );
      const rotating = ['--target-org', 'admin', '--name', 'Traced', '--username', USER];
      const rotate = await run('rotate', ...rotating, '--new-signer', 'ssh-agent:traced-next');
      const traces = [keygen, connect, grant, rotate];
      for (const trace of traces) {
        expect(holdsKey(trace)).to.equal(false);
        expect(trace.written).to.have.length.above(500);
        expect(trace.files.filter((path) => /\.(?:key|pem|p12|jks)$|jwt-keys/.test(path))).to.deep.equal([]);
      }
      expect(keygen.files.filter((path) => path.startsWith(agent.folder)).join()).to.match(/traced-?[\w.]*\.crt/);
      // A key that is written would be seen.
      const control = await run('keygen', '--name', 'control');
      expect(control.written.includes('PRIVATE KEY')).to.equal(true);
      expect(control.files.some((path) => path.endsWith('.key'))).to.equal(true);
    } finally {
      await agent.stop();
    }
  });

  it('contacted no other host', () => {
    expect(home.egress()).to.deep.equal([]);
  });
});

async function openssl(args: string[], cwd: string): Promise<string> {
  return (await promisify(execFile)('openssl', args, { cwd })).stdout;
}

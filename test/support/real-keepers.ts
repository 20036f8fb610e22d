/** Keepers of keys that others made, as far as this machine has them: SoftHSM, OpenSSH's agent, a TPM in software. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const started = (program: string, args: string[]): boolean => spawnSync(program, args).error === undefined;

const SOFTHSM_MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];
const softhsmModule = SOFTHSM_MODULES.find(existsSync);

export const hasSoftHsm =
  softhsmModule !== undefined && started('softhsm2-util', ['--version']) && started('pkcs11-tool', ['--help']);
export const hasOpensshAgent =
  process.platform !== 'win32' && started('ssh-agent', ['-h']) && started('ssh-add', ['-h']);
export const hasSoftTpm = started('swtpm', ['--version']) && started('tpm2_sign', ['--version']);
export const hasMoto = started('aws', ['--version']) && started('moto_server', ['--help']);
/** It may be there and not be allowed. */
export const hasStrace = spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0;

export type RealKeeper = {
  /** The variables by which programs find it */
  env: Record<string, string>;
  /** Runs a program that knows it, to its end. */
  run: (program: string, args: string[], input?: string) => Promise<string>;
  folder: string;
  stop: () => Promise<void>;
};

async function keeper(
  env: (folder: string) => Record<string, string>,
  stop: () => void = () => undefined,
): Promise<RealKeeper> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'keeper-')));
  const variables = env(folder);
  return {
    env: variables,
    folder,
    run: async (program, args, input = '') => {
      const running = promisify(execFile)(program, args, { env: { ...process.env, ...variables }, cwd: folder });
      // One that ends without reading breaks the pipe.
      running.child.stdin!.on('error', () => undefined).end(input);
      const { stdout, stderr } = await running;
      return stdout + stderr;
    },
    stop: async () => {
      stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const PIN = '1234';

/** A token called `ci`, with no key on it. */
export async function startSoftHsm(): Promise<RealKeeper & { module: string }> {
  const hsm = await keeper((folder) => ({
    SOFTHSM2_CONF: join(folder, 'softhsm2.conf'),
    PKCS11_MODULE_PATH: softhsmModule!,
    SF_JWT_SIGNER_PIN: PIN,
  }));
  await mkdir(join(hsm.folder, 'tokens'));
  const settings = `directories.tokendir = ${join(hsm.folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`;
  await writeFile(hsm.env['SOFTHSM2_CONF']!, settings);
  const token = ['--free', '--label', 'ci', '--so-pin', '5678', '--pin', PIN];
  await hsm.run('softhsm2-util', ['--module', softhsmModule!, '--init-token', ...token]);
  return { ...hsm, module: softhsmModule! };
}

/** OpenSSH's agent, with no key in it; it may load any PKCS#11 module of the system. */
export async function startOpensshAgent(variables: Record<string, string> = {}): Promise<RealKeeper> {
  let end = (): void => undefined;
  const agent = await keeper(
    (folder) => ({
      ...variables,
      SSH_AUTH_SOCK: join(folder, 'socket'),
      SSH_ASKPASS: join(folder, 'askpass'),
      SSH_ASKPASS_REQUIRE: 'force',
    }),
    () => end(),
  );
  await writeFile(agent.env['SSH_ASKPASS']!, `#!/bin/sh\necho ${PIN}\n`, { mode: 0o700 });
  const child = spawn('ssh-agent', ['-D', '-a', agent.env['SSH_AUTH_SOCK']!, '-P', '/usr/lib/*,/usr/local/lib/*'], {
    env: { ...process.env, ...agent.env },
    stdio: 'ignore',
  });
  end = () => void child.kill();
  await listening({ path: agent.env['SSH_AUTH_SOCK']! });
  return agent;
}

/** A TPM 2.0 in software, with no key in it. */
export async function startSoftTpm(): Promise<RealKeeper> {
  const port = await freePair();
  let end = (): void => undefined;
  const tpm = await keeper(
    () => ({ TPM2TOOLS_TCTI: `swtpm:host=127.0.0.1,port=${port}` }),
    () => end(),
  );
  const address = (kind: string, number: number): string[] => [kind, `type=tcp,port=${number},bindaddr=127.0.0.1`];
  const child = spawn(
    'swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${tpm.folder}`, '--flags', 'not-need-init,startup-clear'],
      ...[...address('--ctrl', port + 1), ...address('--server', port)],
    ],
    { stdio: 'ignore' },
  );
  end = () => void child.kill();
  await listening({ port: port + 1 });
  return tpm;
}

/** The server of moto, which plays AWS KMS for the real `aws`. It verifies no request, and asks for no right. */
export async function startMoto(): Promise<RealKeeper> {
  const port = await freePair();
  let end = (): void => undefined;
  const pyenv = process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv');
  const moto = await keeper(
    () => ({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
      // Programs of pyenv look for it in the HOME, which tests have one of their own of.
      ...(existsSync(pyenv) && { PYENV_ROOT: pyenv }),
    }),
    () => end(),
  );
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
  end = () => void process.kill(-child.pid!);
  await listening({ port });
  return moto;
}

/** Two ports beside each other, as the tools of a TPM want them. */
async function freePair(): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as { port: number };
    const second = createServer().listen(port + 1, '127.0.0.1');
    const free = await Promise.race([
      once(second, 'listening').then(() => true),
      once(second, 'error').then(() => false),
    ]);
    first.close();
    second.close();
    if (free) return port;
  }
  throw new Error('No two ports beside each other are free');
}

async function listening(address: { path: string } | { port: number }): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const socket = 'path' in address ? connect(address.path) : connect(address.port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<false>((resolve) => socket.once('error', () => resolve(false))),
    ]);
    socket.destroy();
    if (open) return;
    await pause(50);
  }
  throw new Error(`Nobody listens at ${JSON.stringify(address)}`);
}

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The real Salesforce CLI for tests: installed once beside the checkout, run quietly, offline and in a throw-away HOME. */

export const SF_CLI_VERSION = '2.150.6';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, '.cache');
const INSTALLED = join(CACHE, `salesforce-cli-${SF_CLI_VERSION}`);
const NO_EGRESS = fileURLToPath(new URL('./no-egress.cjs', import.meta.url));

export interface SfHome {
  path: string;
  env: Record<string, string>;
  /** Hosts outside this machine that a command tried to reach; each attempt was refused. */
  egress(): string[];
  remove(): Promise<void>;
}

export interface SfResult {
  stdout: string;
  stderr: string;
  status: number;
  /** Parsed stdout of a command that ran with `--json`. */
  json: SfJson;
}

export interface SfJson {
  status: number;
  name?: string;
  message?: string;
  result: Record<string, unknown>;
  [key: string]: unknown;
}

let installing: Promise<string> | undefined;

/** Path of the CLI's entry point. The first call on a machine installs it, which takes about a minute. */
export async function findSfCli(): Promise<string> {
  const entry = join(INSTALLED, 'node_modules', '@salesforce', 'cli', 'bin', 'run.js');
  if (existsSync(entry)) return entry;
  installing ??= install().finally(() => (installing = undefined));
  await installing;
  return entry;
}

/** Installs into a sibling and renames: of two racing processes one wins, and both find a complete CLI. */
async function install(): Promise<string> {
  const draft = `${INSTALLED}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await mkdir(draft, { recursive: true });
  await writeFile(join(draft, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    '--prefix',
    draft,
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `@salesforce/cli@${SF_CLI_VERSION}`,
  ];
  const env = { ...registryEnv(), ...pathEnv() };
  const { status, stderr } = await run('npm', args, { env, shell: process.platform === 'win32' });
  if (status !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`Installing @salesforce/cli@${SF_CLI_VERSION} failed:\n${stderr}`);
  }
  try {
    await rename(draft, INSTALLED);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(INSTALLED)) throw error;
  }
  return INSTALLED;
}

/** A HOME that exists for one test: the CLI's auth store, config and caches all live in it. */
export async function makeSfHome(): Promise<SfHome> {
  const path = await mkdtemp(join(tmpdir(), 'sf-home-'));
  const log = join(path, 'egress.log');
  return {
    path,
    env: {
      HOME: path,
      USERPROFILE: path,
      APPDATA: join(path, 'AppData'),
      LOCALAPPDATA: join(path, 'AppData', 'Local'),
      XDG_DATA_HOME: join(path, '.local', 'share'),
      XDG_CONFIG_HOME: join(path, '.config'),
      XDG_CACHE_HOME: join(path, '.cache'),
      SF_DISABLE_TELEMETRY: 'true',
      SF_AUTOUPDATE_DISABLE: 'true',
      SF_SKIP_NEW_VERSION_CHECK: 'true',
      SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
      SF_DISABLE_DNS_CHECK: 'true',
      SF_DISABLE_LOG_FILE: 'true',
      SF_USE_PROGRESS_BAR: 'false',
      NO_COLOR: '1',
      NO_EGRESS_LOG: log,
      NODE_OPTIONS: `--require=${JSON.stringify(NO_EGRESS)}`,
    },
    egress: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : [],
    remove: async () => rm(path, { recursive: true, force: true }),
  };
}

/** Runs `sf ARGS` as a process in a throw-away HOME. */
export async function sf(
  args: readonly string[],
  { home, env = {}, input, cwd }: { home: SfHome; env?: Record<string, string>; input?: string; cwd?: string },
): Promise<SfResult> {
  const entry = await findSfCli();
  const result = await run(process.execPath, [entry, ...args], {
    env: { ...pathEnv(), ...home.env, ...env },
    cwd: cwd ?? home.path,
    ...(input === undefined ? {} : { input }),
  });
  return {
    ...result,
    get json(): SfJson {
      try {
        return JSON.parse(result.stdout) as SfJson;
      } catch {
        throw new Error(
          `sf ${args.join(' ')} printed no JSON (status ${result.status}):\n${result.stdout}\n${result.stderr}`,
        );
      }
    },
  };
}

/** Runs a shell script in which `sf` is the CLI, as a pipeline would. */
export async function runScript(
  script: string,
  { home, env = {}, cwd }: { home: SfHome; env?: Record<string, string>; cwd: string },
): Promise<Omit<SfResult, 'json'>> {
  const folder = join(home.path, 'bin');
  await mkdir(folder, { recursive: true });
  const [file, launcher] = [join(folder, 'script.sh'), join(folder, 'sf')];
  await writeFile(file, script);
  await writeFile(launcher, `#!/bin/sh\nexec '${process.execPath}' '${await findSfCli()}' "$@"\n`, { mode: 0o755 });
  const { PATH = '', ...rest } = pathEnv();
  return run('sh', [file], { env: { ...rest, PATH: [folder, PATH].join(delimiter), ...home.env, ...env }, cwd });
}

/** What this machine needs to reach the npm registry: its npm configuration, its certificates and its proxy. */
export function registryEnv(): Record<string, string> {
  const needed =
    /^(HOME|USERPROFILE|npm_config_(registry|cafile|userconfig|globalconfig)|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|(https?|no)_proxy)$/i;
  const variables = Object.entries(process.env).filter(([name, value]) => needed.test(name) && value !== undefined);
  return Object.fromEntries(variables) as Record<string, string>;
}

/** The parent's PATH with the project's own Node first, and nothing else that could change what sf does. */
function pathEnv(): Record<string, string> {
  const { PATH = '', TEMP, TMP, SystemRoot, ComSpec } = process.env;
  const optional = Object.entries({ TEMP, TMP, SystemRoot, ComSpec }).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(optional) as Record<string, string>),
    PATH: [join(ROOT, 'node_modules', '.bin'), PATH].join(delimiter),
  };
}

interface RunOptions {
  env: Record<string, string>;
  cwd?: string;
  input?: string;
  shell?: boolean;
}

async function run(
  command: string,
  args: readonly string[],
  { input, ...options }: RunOptions,
): Promise<Omit<SfResult, 'json'>> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, status: code ?? 1 }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/**
 * What each command costs before it does anything: all in the same real Salesforce CLI with the plugin installed in it as a
 * user would, taking turns, beside commands of the CLI itself.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOrg, type Org } from '../test/emulator/index.js';
import { pairOf, type KeyPair } from '../test/support/key-pair.js';
import { findSfCli, makeSfHome, type SfHome } from '../test/support/sf-cli.js';
import { commandsMarkdown, type CommandFigures } from './bench-commands-report.js';
import { installPlugin } from './bench-install.js';

const COUNT_MODULES = join(import.meta.dirname, '..', 'test', 'support', 'count-modules.cjs');

const CI_USER = 'ci@acme.example.com';

/** A line, and what has to be done first so that it does its whole work each time. */
type Contestant = { name: string; args: string[]; before?: string[] };

type Run = { wall: number; cpu: number };

class Machine {
  private constructor(
    private readonly home: SfHome,
    private readonly folder: string,
    private readonly cli: string,
  ) {}

  /** @param tarball that of another build than this one */
  public static async open(pair: KeyPair, tarball?: string): Promise<Machine> {
    const home = await makeSfHome();
    await installPlugin(home, tarball);
    const folder = await mkdtemp(join(tmpdir(), 'bench-commands-'));
    await writeFile(join(folder, 'server.key'), pair.key, { mode: 0o600 });
    await writeFile(join(folder, 'server.crt'), pair.certificate);
    await mkdir(join(folder, 'new'));
    return new Machine(home, folder, await findSfCli());
  }

  public async close(): Promise<void> {
    await this.home.remove();
    await rm(this.folder, { recursive: true });
  }

  /** Bash's own `time` has the processor time of the process and of those that it waited for, from the system. */
  public async run(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
    const script = `TIMEFORMAT='%3R %3U %3S'; { time "$@" >/dev/null 2>"$ERRORS"; } 2>&1`;
    const errors = join(this.folder, 'errors');
    const child = spawn('bash', ['-c', script, 'bash', process.execPath, this.cli, ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] ?? '', ...this.home.env, ERRORS: errors, ...env },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
    if (status !== 0) throw new Error(`sf ${args.join(' ')}: status ${status}\n${await readFile(errors, 'utf8')}`);
    const [wall = NaN, user = NaN, system = NaN] = text.trim().split(' ').map(Number);
    return { wall, cpu: user + system };
  }

  /** Modules that the process loaded: all, and those of the plugin. */
  public async modules(args: readonly string[]): Promise<{ all: number; ours: number }> {
    const log = join(this.folder, 'modules.log');
    await rm(log, { force: true });
    const options = `${this.home.env['NODE_OPTIONS'] ?? ''} --require=${JSON.stringify(COUNT_MODULES)}`;
    await this.run(args, { NODE_OPTIONS: options, MODULES_LOG: log });
    const paths = (await readFile(log, 'utf8')).trim().split('\n');
    return { all: paths.length, ours: paths.filter((path) => path.startsWith(this.home.path)).length };
  }

  /** The admin of the org is logged in, and the CI user with the app's key. */
  public async logIn(org: Org, clientId: string): Promise<void> {
    const admin = ['org', 'login', 'access-token', '--instance-url', org.url, '--alias', 'admin', '--no-prompt'];
    await this.run(admin, { SF_ACCESS_TOKEN: org.admin.accessToken });
    await this.run(grantLine(org, clientId));
  }
}

const loginFlags = (org: Org, clientId: string): string[] => [
  ...['--username', CI_USER, '--client-id', clientId, '--instance-url', org.url, '--jwt-key-file', 'server.key'],
];
const grantLine = (org: Org, clientId: string): string[] => [
  'jwt',
  'grant',
  ...loginFlags(org, clientId),
  '--alias',
  'ci',
];

/** Without a CI, with the pair at hand: the second run and those after it find everything done. */
const SETUP = [
  ...['--for', 'none', '--name', 'BenchSetup', '--no-prompt'],
  ...['--jwt-key-file', 'server.key', '--certificate-file', 'server.crt'],
];

function contestants(org: Org, clientId: string): Contestant[] {
  const login = loginFlags(org, clientId);
  const keygen = ['jwt', 'keygen', '--output-dir', 'new', '--overwrite', '--key-size', '2048'];
  const connect = ['jwt', 'connect', '--target-org', 'admin', '--certificate-file', 'server.crt', '--name', 'Bench'];
  return [
    { name: 'sf --version', args: ['--version'] },
    { name: 'sf org list', args: ['org', 'list'] },
    { name: 'sf org login jwt', args: ['org', 'login', 'jwt', ...login] },
    { name: 'jwt grant', args: grantLine(org, clientId) },
    { name: 'jwt token', args: ['jwt', 'token', ...login] },
    {
      name: 'jwt revoke',
      args: ['jwt', 'revoke', '--target-org', CI_USER, '--no-prompt'],
      before: grantLine(org, clientId),
    },
    { name: 'jwt list', args: ['jwt', 'list'] },
    { name: 'jwt keygen', args: keygen },
    { name: 'jwt sign', args: ['jwt', 'sign', ...login] },
    { name: 'jwt inspect', args: ['jwt', 'inspect', 'server.crt'] },
    {
      name: 'jwt snippet',
      args: ['jwt', 'snippet', '--for', 'github-actions', '--target-org', CI_USER, ...login.slice(2, 6)],
    },
    { name: 'jwt connect', args: connect },
    {
      name: 'jwt setup',
      args: ['jwt', 'setup', '--target-org', 'admin', '--username', CI_USER, ...SETUP],
    },
  ];
}

/** An org with an app of the key, to which both machines log in. */
async function openOrg({ certificate }: KeyPair): Promise<{ org: Org; clientId: string }> {
  const org = await startOrg({ kind: 'developer', users: [{ username: CI_USER }] });
  org.setup.createPermissionSet('Ci');
  const clientId = org.setup.createExternalClientApp({
    name: 'Ci',
    certificate,
    adminApproved: true,
    permissionSets: ['Ci'],
  });
  org.setup.assignPermissionSet(CI_USER, 'Ci');
  return { org, clientId };
}

/** One contestant on one machine, so often. The first run warms the disk cache and isn't counted. */
async function turn(machine: Machine, { args, before }: Contestant): Promise<Run> {
  if (before !== undefined) await machine.run(before);
  return machine.run(args);
}

/**
 * @param options.before the packed plugin of an earlier commit, which is measured as well, in a CLI of its own
 * @returns this part of docs/benchmarks.md
 */
export async function benchCommands(
  { runs, before }: { runs: number; before: string | undefined },
  say: (line: string) => void,
): Promise<string> {
  const pair = await pairOf('server');
  const { org, clientId } = await openOrg(pair);
  const machines = [await Machine.open(pair), ...(before === undefined ? [] : [await Machine.open(pair, before)])];
  try {
    for (const machine of machines) await machine.logIn(org, clientId);
    const rows = contestants(org, clientId);
    const figures = rows.map(({ name }): CommandFigures => ({
      name,
      builds: machines.map(() => ({ cpu: [], wall: [] })),
    }));
    for (let round = 0; round <= runs; round += 1) {
      say(`round ${round} of ${runs} …`);
      for (const [index, row] of rows.entries()) {
        for (const [which, machine] of machines.entries()) {
          const { cpu, wall } = await turn(machine, row);
          if (round === 0) continue;
          figures[index]!.builds[which]!.cpu.push(cpu);
          figures[index]!.builds[which]!.wall.push(wall);
        }
      }
    }
    for (const [index, { args, before: first }] of rows.entries()) {
      for (const [which, machine] of machines.entries()) {
        if (first !== undefined) await machine.run(first);
        figures[index]!.builds[which]!.modules = await machine.modules(args);
      }
    }
    return commandsMarkdown(figures, runs);
  } finally {
    for (const machine of machines) await machine.close();
    await org.stop();
  }
}

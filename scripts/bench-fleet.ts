/**
 * `sf jwt fleet grant` against what people write instead of it: a loop of `sf org login jwt`, and the same through
 * `xargs -P8`. All in the same real Salesforce CLI, the plugin installed in it as a user would.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFleet, type FleetOrg } from '../test/emulator/index.js';
import { pairOf } from '../test/support/key-pair.js';
import { findSfCli, makeSfHome, type SfHome } from '../test/support/sf-cli.js';
import { fleetMarkdown, type FleetFigures, type MemoryFigure } from './bench-fleet-report.js';
import { installPlugin } from './bench-install.js';

/** Every answer of an org comes after so many milliseconds. */
const LATENCY = 80;

/** How many orgs the peaks of memory are measured with. */
const SIZES = [10, 100, 200];

const PRELOAD = join(import.meta.dirname, '..', 'test', 'support', 'peak-memory.cjs');

const LOGIN = '"$NODE" "$SF" org login jwt --jwt-key-file "$KEY"';

/** Bash scripts; `$ROWS` has a line `USERNAME URL ALIAS CLIENT_ID` for each org. */
const CONTESTANTS = {
  'jwt fleet grant': '"$NODE" "$SF" jwt fleet grant --orgs-file "$CSV" --jwt-key-file "$KEY" >/dev/null',
  'loop': `while read -r username url alias client; do
    ${LOGIN} --username "$username" --instance-url "$url" --alias "$alias" --client-id "$client" </dev/null >/dev/null
  done <"$ROWS"`,
  'xargs -P8': `xargs -P 8 -L 1 sh -c '${LOGIN} --username "$0" --instance-url "$1" --alias "$2" --client-id "$3" >/dev/null' <"$ROWS"`,
} as const;

type Contestant = keyof typeof CONTESTANTS;

/** Seconds from start to end and of all processes, requests for each org, and logins that weren't stored. */
type FleetRun = { wall: number; cpu: number; requests: number; failed: number };

class Bench {
  private constructor(
    private readonly fleet: FleetOrg[],
    private readonly home: SfHome,
    private readonly folder: string,
    private readonly sf: string,
  ) {}

  public static async open(size: number): Promise<Bench> {
    const pair = await pairOf('server');
    const fleet = await startFleet(size, pair.certificate);
    for (const { org } of fleet) org.faults.add({ match: () => true, latencyMs: LATENCY });
    const home = await makeSfHome();
    await installPlugin(home);
    const folder = await mkdtemp(join(tmpdir(), 'bench-fleet-'));
    await writeFile(join(folder, 'server.key'), pair.key, { mode: 0o600 });
    return new Bench(fleet, home, folder, await findSfCli());
  }

  public async close(): Promise<void> {
    for (const { org } of this.fleet) await org.stop();
    await this.home.remove();
    await rm(this.folder, { recursive: true });
  }

  /** One run with the first orgs of the fleet, from the first process's start to the last one's end. */
  public async run(contestant: Contestant, size: number): Promise<FleetRun> {
    const part = this.fleet.slice(0, size);
    await this.prepare(part);
    const { status, stderr } = await this.bash(CONTESTANTS[contestant]);
    const missing = part.filter(({ username }) => !existsSync(this.entry(username)));
    // Of the CLI's own logins at the same time, some may fail over each other's half-written files, and are counted.
    if (contestant === 'jwt fleet grant' && (status !== 0 || missing.length > 0))
      throw new Error(`${contestant}: status ${String(status)}, ${missing.length} of ${size} not stored\n${stderr}`);
    const [wall = NaN, user = NaN, system = NaN] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
    const requests = part.reduce((sum, { org }) => sum + org.requests.length, 0);
    return { wall, cpu: user + system, requests: requests / size, failed: missing.length };
  }

  /** MiB that the fleet's one process had at its peak. */
  public async peakMemory(size: number): Promise<number> {
    await this.prepare(this.fleet.slice(0, size));
    const log = join(this.folder, 'peak.log');
    await rm(log, { force: true });
    const options = `${this.home.env['NODE_OPTIONS'] ?? ''} --require=${JSON.stringify(PRELOAD)}`;
    const { status, stderr } = await this.bash(CONTESTANTS['jwt fleet grant'], {
      NODE_OPTIONS: options,
      PEAK_MEMORY_LOG: log,
    });
    if (status !== 0) throw new Error(stderr);
    const peaks = (await readFile(log, 'utf8')).trim().split('\n').map(Number);
    return Math.max(...peaks) / 1024;
  }

  /** No login, no alias and no request of an earlier run is left. */
  private async prepare(part: readonly FleetOrg[]): Promise<void> {
    await rm(join(this.home.path, '.sfdx', 'alias.json'), { force: true });
    for (const { org, username } of this.fleet) {
      await rm(this.entry(username), { force: true });
      org.requests.splice(0);
    }
    const rows = part.map(({ org, username, clientId }, index) => [username, org.url, `org${index}`, clientId]);
    await writeFile(join(this.folder, 'rows'), rows.map((row) => `${row.join(' ')}\n`).join(''));
    const csv = [['username', 'instance-url', 'alias', 'client-id'], ...rows].map((row) => row.join(','));
    await writeFile(join(this.folder, 'orgs.csv'), csv.join('\n'));
  }

  private entry(username: string): string {
    return join(this.home.path, '.sfdx', `${username}.json`);
  }

  /** Bash's own `time` counts the processes that it waited for, and theirs. */
  private async bash(script: string, env: Record<string, string> = {}): Promise<{ status: number; stderr: string }> {
    const child = spawn('bash', ['-c', `TIMEFORMAT='%3R %3U %3S'; time { ${script}\n}`], {
      cwd: this.folder,
      stdio: ['ignore', 'inherit', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        ...this.home.env,
        NODE: process.execPath,
        SF: this.sf,
        KEY: join(this.folder, 'server.key'),
        CSV: join(this.folder, 'orgs.csv'),
        ROWS: join(this.folder, 'rows'),
        ...env,
      },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
    return { status, stderr };
  }
}

/**
 * @param options.runs how often `fleet grant` is measured; the other two, which take minutes, a third of that
 * @param options.orgs in the rows of time; memory is measured with other numbers
 * @returns this part of docs/benchmarks.md
 */
export async function benchFleet(
  { runs, orgs }: { runs: number; orgs: number },
  say: (line: string) => void,
): Promise<string> {
  const sizes = SIZES.filter((size) => size <= 2 * orgs);
  const bench = await Bench.open(Math.max(orgs, ...sizes));
  const figures: FleetFigures[] = [];
  const memory: MemoryFigure[] = [];
  try {
    // This one warms the disk cache, makes the CLI's key chain, and isn't counted.
    await bench.run('jwt fleet grant', Math.min(orgs, 10));
    await bench.run('loop', 1);
    for (const contestant of Object.keys(CONTESTANTS) as Contestant[]) {
      const times = contestant === 'jwt fleet grant' ? runs : Math.max(1, Math.round(runs / 3));
      const measured: FleetRun[] = [];
      for (let run = 1; run <= times; run += 1) {
        say(`${contestant}, ${orgs} orgs, ${run} of ${times} …`);
        measured.push(await bench.run(contestant, orgs));
      }
      const of = (key: keyof FleetRun): number[] => measured.map((each) => each[key]);
      figures.push({ contestant, wall: of('wall'), cpu: of('cpu'), requests: of('requests'), failed: of('failed') });
    }
    for (const size of sizes) {
      const peaks: number[] = [];
      for (let run = 0; run < Math.max(1, Math.round(runs / 3)); run += 1) peaks.push(await bench.peakMemory(size));
      memory.push({ size, peaks });
    }
  } finally {
    await bench.close();
  }
  return fleetMarkdown(figures, memory, { orgs, latency: LATENCY });
}

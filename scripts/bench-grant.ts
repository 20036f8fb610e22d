/**
 * `sf jwt grant` against `sf org login jwt`, both in the same real Salesforce CLI, the plugin installed in it as a user
 * would. The two take turns, so that whatever else the machine does hits both alike.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOrg, type Org } from '../test/emulator/index.js';
import { pairOf } from '../test/support/key-pair.js';
import { makeSfHome, sf, type SfHome } from '../test/support/sf-cli.js';
import { grantMarkdown, type Figures, type Row } from './bench-grant-report.js';
import { installPlugin } from './bench-install.js';

const USERNAME = 'ci@acme.example.com';
const STRANGER = 'stranger@acme.example.com';
const LATENCIES = [0, 80];

type Scenario = { name: string; username: string; key: 'server' | 'other'; succeeds: boolean };

const SCENARIOS: Scenario[] = [
  { name: 'success', username: USERNAME, key: 'server', succeeds: true },
  { name: 'wrong key', username: USERNAME, key: 'other', succeeds: false },
  { name: 'unapproved user', username: STRANGER, key: 'server', succeeds: false },
];

const CONTESTANTS = ['jwt grant', 'org login jwt'] as const;
type Contestant = (typeof CONTESTANTS)[number];

class Bench {
  private constructor(
    private readonly org: Org,
    private readonly home: SfHome,
    private readonly keys: string,
    private readonly clientId: string,
    private readonly runs: number,
  ) {}

  public static async open(runs: number): Promise<Bench> {
    const org = await startOrg({ kind: 'developer', users: [{ username: USERNAME }, { username: STRANGER }] });
    const pair = await pairOf('server');
    org.setup.createPermissionSet('Jwt');
    const clientId = org.setup.createExternalClientApp({
      name: 'Jwt',
      certificate: pair.certificate,
      adminApproved: true,
      permissionSets: ['Jwt'],
    });
    org.setup.assignPermissionSet(USERNAME, 'Jwt');
    const home = await makeSfHome();
    await installPlugin(home);
    // Beside the HOME, so that no key lies where the two look for one.
    const keys = await mkdtemp(join(tmpdir(), 'bench-keys-'));
    await writeFile(join(keys, 'server.key'), pair.key, { mode: 0o600 });
    await writeFile(join(keys, 'other.key'), (await pairOf('other')).key, { mode: 0o600 });
    return new Bench(org, home, keys, clientId, runs);
  }

  public async close(): Promise<void> {
    await this.org.stop();
    await this.home.remove();
    await rm(this.keys, { recursive: true });
  }

  public async measure(scenario: Scenario, latency: number, log: boolean): Promise<Row> {
    this.org.faults.clear();
    if (latency > 0) this.org.faults.add({ match: () => true, latencyMs: latency });
    const figures: Record<Contestant, Figures> = { 'jwt grant': emptyFigures(), 'org login jwt': emptyFigures() };
    // The first round warms the disk cache and isn't counted.
    for (let round = 0; round <= this.runs; round += 1) {
      for (const contestant of round % 2 === 0 ? CONTESTANTS : CONTESTANTS.toReversed()) {
        const one = await this.run(contestant, scenario, log);
        if (round > 0)
          for (const key of ['times', 'requests', 'tokens', 'strangers'] as const)
            figures[contestant][key].push(one[key]);
      }
    }
    return { scenario: scenario.name, latency, log, ours: figures['jwt grant'], theirs: figures['org login jwt'] };
  }

  /** One process, from its start to its end. The login of the run before is gone. */
  private async run(contestant: Contestant, scenario: Scenario, log: boolean): Promise<Record<keyof Figures, number>> {
    await rm(join(this.home.path, '.sfdx', `${scenario.username}.json`), { force: true });
    const before = this.org.requests.length;
    const egressBefore = this.home.egress().length;
    const args = ['--username', scenario.username, '--client-id', this.clientId, '--instance-url', this.org.url];
    const keyFile = join(this.keys, `${scenario.key}.key`);
    const start = process.hrtime.bigint();
    const { status, stdout, stderr } = await sf([...contestant.split(' '), ...args, '--jwt-key-file', keyFile], {
      home: this.home,
      env: { SF_DISABLE_LOG_FILE: String(!log) },
    });
    const times = Number(process.hrtime.bigint() - start) / 1e6;
    if ((status === 0) !== scenario.succeeds)
      throw new Error(`sf ${contestant}, ${scenario.name}: status ${String(status)}\n${stdout}\n${stderr}`);
    const requests = this.org.requests.slice(before);
    return {
      times,
      requests: requests.length,
      tokens: requests.filter(({ path }) => path.endsWith('/services/oauth2/token')).length,
      strangers: new Set(this.home.egress().slice(egressBefore)).size,
    };
  }
}

function emptyFigures(): Figures {
  return { times: [], requests: [], tokens: [], strangers: [] };
}

/** @returns this part of docs/benchmarks.md */
export async function benchGrant(runs: number, say: (line: string) => void): Promise<string> {
  const bench = await Bench.open(runs);
  const rows: Row[] = [];
  try {
    for (const log of [true, false]) {
      for (const latency of LATENCIES) {
        for (const scenario of SCENARIOS) {
          say(`${scenario.name}, ${latency} ms, ${log ? 'with' : 'without'} the log file …`);
          rows.push(await bench.measure(scenario, latency, log));
        }
      }
    }
  } finally {
    await bench.close();
  }
  return grantMarkdown(rows, runs);
}

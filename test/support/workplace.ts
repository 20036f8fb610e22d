/** An admin's machine beside a local org: a HOME in which the org is stored, and a folder with a key and certificate. */
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { issueCredential, positiveSerialNumber } from '../../src/keys/credential/issue.js';
import { startOrg, type Org, type OrgOptions } from '../emulator/index.js';
import { environment, run, runOnTerminal, type Dialogue, type RunOptions, type RunResult } from './plugin.js';
import { storeOrg } from './store-org.js';

export const ADMIN = 'admin@acme.example.com';
export const CI_USER = 'ci@acme.example.com';
export const ADMIN_ALIAS = 'my-admin-org';

const ADMIN_TOKEN = '00D000000000001!AdminSessionOfTheseTests_4711';

/** A pair as `jwt keygen` writes it. */
export type Pair = { key: string; certificate: string; fingerprint256: string; notBefore: Date; notAfter: Date };

/** The body of `--json`: a result, or an error. */
export type Answer<Result> = {
  status: number;
  result: Result;
  warnings?: string[];
  name?: string;
  message?: string;
  actions?: string[];
  data?: { code: string } & Record<string, unknown>;
};

const pairs = new Map<string, Promise<Pair>>();

/** The pair of this name, the same one for the whole run of the tests. */
export function pairOf(name = 'server'): Promise<Pair> {
  const known = pairs.get(name);
  if (known !== undefined) return known;
  const pair = issueCredential({
    subject: { commonName: name },
    keySize: 2048,
    days: 365,
    now: new Date(Date.now() - 60_000),
    serialNumber: positiveSerialNumber(Buffer.from(name.padEnd(20, '.'))),
  }).then(({ privateKeyPem, certificate: { pem, fingerprint256, notBefore, notAfter } }) => {
    return { key: privateKeyPem, certificate: pem, fingerprint256, notBefore, notAfter };
  });
  pairs.set(name, pair);
  return pair;
}

let template: Promise<string> | undefined;

/** A HOME that knows the admin, made once and removed when the tests end; each workplace has a copy. */
async function templateHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'admin-home-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  const org = { username: ADMIN, accessToken: ADMIN_TOKEN, alias: ADMIN_ALIAS };
  await storeOrg(environment({ home }), { ...org, instanceUrl: 'http://localhost:1', orgId: '00D000000000001AAA' });
  return home;
}

/** What sf knows about an org that it has talked to today, so that it asks for nothing when a command starts. */
function entryOf(org: Org): Record<string, unknown> {
  return {
    instanceUrl: org.url,
    loginUrl: org.url,
    orgId: org.orgId,
    name: 'Acme',
    instanceName: 'SWE64',
    isSandbox: false,
    isScratch: false,
    orgEdition: 'Developer Edition',
    trailExpirationDate: null,
    instanceApiVersion: `${org.switches.maxApiVersion}.0`,
    instanceApiVersionLastRetrieved: new Date().toLocaleString(),
  };
}

export class Workplace {
  /** Texts that no output may hold, besides every token of the org. */
  public readonly secrets: string[] = [ADMIN_TOKEN];

  private constructor(
    public readonly org: Org,
    public readonly home: string,
    /** The current directory of the commands, which holds `server.key` and `server.crt`. */
    public readonly cwd: string,
  ) {}

  public static async open(options: Partial<OrgOptions> = {}): Promise<Workplace> {
    const org = await startOrg({
      kind: 'developer',
      adminUsername: ADMIN,
      users: [{ username: CI_USER, email: 'ops@acme.example.com' }],
      ...options,
    });
    const admin = org.user(ADMIN);
    if (admin === undefined) throw new Error('The org has no admin');
    org.data.openSession(admin, { token: ADMIN_TOKEN });
    template ??= templateHome();
    const home = await mkdtemp(join(tmpdir(), 'workplace-'));
    await cp(await template, home, { recursive: true });
    const entry = join(home, '.sfdx', `${ADMIN}.json`);
    const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
    await writeFile(entry, JSON.stringify({ ...fields, ...entryOf(org) }), { mode: 0o600 });
    const cwd = join(home, 'work');
    await mkdir(cwd);
    const workplace = new Workplace(org, home, cwd);
    await workplace.savePair('server');
    return workplace;
  }

  public async close(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
    await this.org.stop();
  }

  public path(name: string): string {
    return join(this.cwd, name);
  }

  /** Writes a pair as `jwt keygen` does: `BASE.crt` and `BASE.key`. */
  public async savePair(name: string, base = 'server'): Promise<Pair> {
    const pair = await pairOf(name);
    await this.save(`${base}.crt`, pair.certificate);
    await this.save(`${base}.key`, pair.key);
    this.secrets.push(pair.key);
    return pair;
  }

  public async save(name: string, content: string | Buffer): Promise<string> {
    await writeFile(this.path(name), content, { mode: 0o600 });
    return this.path(name);
  }

  /** Runs `sf jwt ARGS`. Whatever it prints holds no secret. */
  public async jwt(args: string[], options: Partial<RunOptions> = {}): Promise<RunResult> {
    const result = await run(['jwt', ...args], { home: this.home, cwd: this.cwd, ...options });
    this.expectNoSecret(result.stdout + result.stderr);
    return result;
  }

  /** As {@link jwt}, on a pseudo terminal: `stdout` is everything that a person would see. Needs Python. */
  public async onTerminal(
    args: string[],
    dialogue: Dialogue = [],
    env: Record<string, string> = {},
  ): Promise<Pick<RunResult, 'status' | 'stdout'>> {
    const { status, stdout } = await runOnTerminal(['jwt', ...args], dialogue, { home: this.home, cwd: this.cwd, env });
    this.expectNoSecret(stdout);
    return { status, stdout };
  }

  /** As {@link jwt} with `--json`. */
  public async json<Result>(args: string[], options: Partial<RunOptions> = {}): Promise<Answer<Result>> {
    const { json, status, stdout, stderr } = await this.jwt([...args, '--json'], options);
    if (json === undefined) throw new Error(`No JSON:\n${stdout}\n${stderr}`);
    const answer = json as Answer<Result>;
    expect(answer.status, 'the exit code in the JSON').to.equal(status);
    return answer;
  }

  /** Every file below the HOME and its content, but for logs and caches. */
  public async files(): Promise<Record<string, string>> {
    const entries = await readdir(this.home, { recursive: true, withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((name) => !/\.log$|\.cache|telemetry|CACHE/i.test(name))
      .sort();
    const contents = await Promise.all(names.map((name) => readFile(name, 'latin1')));
    return Object.fromEntries(names.map((name, index) => [name, contents[index] ?? '']));
  }

  private expectNoSecret(output: string): void {
    const issued = this.org.requests.map(({ responseBody }) => /"access_token":"([^"]+)"/.exec(responseBody)?.[1]);
    const tokens = [...this.org.data.sessions.keys(), ...issued.filter((token) => token !== undefined)];
    const keyLines = this.secrets.flatMap((secret) => secret.split('\n')).filter((line) => !line.startsWith('-----'));
    for (const secret of [...tokens, ...keyLines]) {
      if (secret !== '' && output.includes(secret)) throw new Error(`A secret was printed:\n${output}`);
    }
  }
}

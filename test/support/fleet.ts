/** A machine that logs in to many local orgs: a HOME that knows none of them, and a folder with a key. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { JwtFleetGrantResult } from '../../src/commands/jwt/fleet/grant.js';
import { startFleet, type FleetOrg, type LoggedRequest, type OrgOptions } from '../emulator/index.js';
import { environment, run, runOnTerminal, type Dialogue, type RunOptions, type RunResult } from './plugin.js';
import { expectSchema } from './schema.js';
import { storeOrg } from './store-org.js';
import { pairOf, type Answer } from './workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = /\/oauth2\/token$/;

/** A row of an orgs file. */
export type Row = Record<string, string>;

export class FleetPlace {
  private constructor(
    public readonly orgs: FleetOrg[],
    public readonly home: string,
    /** The current directory of the commands, which holds `server.key`. */
    public readonly cwd: string,
    private readonly key: string,
  ) {}

  public static async open(count: number, optionsOf?: (index: number) => Partial<OrgOptions>): Promise<FleetPlace> {
    const { certificate, key } = await pairOf();
    const home = await mkdtemp(join(tmpdir(), 'fleet-'));
    const cwd = join(home, 'work');
    await mkdir(cwd);
    const place = new FleetPlace(await startFleet(count, certificate, optionsOf), home, cwd, key);
    await place.save('server.key', key);
    return place;
  }

  public async close(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
    await Promise.all(this.orgs.map(({ org }) => org.stop()));
  }

  public async save(name: string, content: string): Promise<string> {
    const path = join(this.cwd, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }

  /** What the file says of each org, with the alias `orgN`. */
  public rows(): Row[] {
    return this.orgs.map(({ org, username, clientId }, index) => ({
      username,
      'instance-url': org.url,
      'alias': `org${index}`,
      'client-id': clientId,
    }));
  }

  /** Saves `orgs.csv`. */
  public saveCsv(rows = this.rows(), name = 'orgs.csv'): Promise<string> {
    const columns = Object.keys(rows[0]!);
    const lines = rows.map((row) => columns.map((column) => row[column] ?? '').join(','));
    return this.save(name, [columns.join(','), ...lines, ''].join('\n'));
  }

  /** Runs `sf jwt fleet NAME ARGS`. Whatever it prints holds no secret. */
  public async fleet(name: string, args: string[], options: Partial<RunOptions> = {}): Promise<RunResult> {
    const result = await run(['jwt', 'fleet', name, ...args], { home: this.home, cwd: this.cwd, ...options });
    this.expectNoSecret(result.stdout + result.stderr);
    return result;
  }

  /** As {@link fleet}, on a pseudo terminal: `stdout` is everything that a person would see. Needs Python. */
  public async onTerminal(
    name: string,
    args: string[],
    dialogue: Dialogue,
  ): Promise<Pick<RunResult, 'status' | 'stdout'>> {
    const options = { home: this.home, cwd: this.cwd };
    const { status, stdout } = await runOnTerminal(['jwt', 'fleet', name, ...args], dialogue, options);
    this.expectNoSecret(stdout);
    return { status, stdout };
  }

  /** As {@link fleet} with `--json`; a result is as the schema says. */
  public async answer<Result>(
    name: string,
    args: string[],
    options: Partial<RunOptions> = {},
  ): Promise<Answer<Result>> {
    const { json, status, stdout, stderr } = await this.fleet(name, [...args, '--json'], options);
    if (json === undefined) throw new Error(`No JSON:\n${stdout}\n${stderr}`);
    const answer = json as Answer<Result>;
    expect(answer.status, 'the exit code in the JSON').to.equal(status);
    if ('result' in answer) expectSchema(`jwt-fleet-${name}`, answer.result);
    return answer;
  }

  public grant(args: string[], options: Partial<RunOptions> = {}): Promise<RunResult> {
    return this.fleet('grant', args, options);
  }

  public json(args: string[], options: Partial<RunOptions> = {}): Promise<Answer<JwtFleetGrantResult>> {
    return this.answer('grant', args, options);
  }

  /** Stores the login of each org's admin, with the alias `adminN`. */
  public async storeAdmins(): Promise<void> {
    const admins = this.orgs.map(({ org }, index) => ({
      username: org.admin.username,
      accessToken: org.admin.accessToken,
      instanceUrl: org.url,
      orgId: org.orgId,
      alias: `admin${index}`,
    }));
    await storeOrg(environment({ home: this.home }), ...admins);
  }

  public keyText(): Promise<string> {
    return Promise.resolve(this.key);
  }

  /** The usernames of the orgs at these places. */
  public usernames(...indexes: number[]): string[] {
    return indexes.map((index) => this.orgs[index]!.username);
  }

  public tokenRequests(index: number): LoggedRequest[] {
    return this.orgs[index]!.org.requestsTo(TOKEN);
  }

  public get allTokenRequests(): number {
    return this.orgs.reduce((sum, _, index) => sum + this.tokenRequests(index).length, 0);
  }

  public forgetRequests(): void {
    for (const { org } of this.orgs) org.requests.splice(0);
  }

  public entry(username: string): Record<string, unknown> | undefined {
    return this.state(`${username}.json`);
  }

  public aliases(): Record<string, string> {
    return (this.state('alias.json')?.['orgs'] ?? {}) as Record<string, string>;
  }

  /** A file of sf's state folder; it is whole, or this throws. */
  private state(name: string): Record<string, unknown> | undefined {
    const path = join(this.home, '.sfdx', name);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : undefined;
  }

  /** The orgs that are stored, each of them complete: every field, the key, the alias, and no plain token. */
  public expectComplete(): number[] {
    const aliases = this.aliases();
    const stored = this.orgs.flatMap(({ org, username, clientId }, index) => {
      const entry = this.entry(username);
      if (entry === undefined) {
        expect(Object.values(aliases), 'an alias without an entry').not.to.include(username);
        return [];
      }
      const { accessToken, privateKey, ...fields } = entry;
      expect(fields).to.deep.include({ username, clientId, orgId: org.orgId, instanceUrl: org.url });
      expect(fields).to.include.keys('instanceName', 'instanceApiVersion', 'isDevHub', 'orgEdition');
      expect(accessToken).to.match(/^[0-9a-f]{24,}:[0-9a-f]{32}$/);
      expect(readFileSync(privateKey as string, 'utf8')).to.equal(this.key);
      expect(aliases[`org${index}`], `alias of ${username}`).to.equal(username);
      return [index];
    });
    return stored;
  }

  /** Locks and temporary files. */
  public leftovers(): string[] {
    const folders = ['.sfdx', '.sf', '.sf/jwt-keys'].map((name) => join(this.home, name));
    return folders
      .filter(existsSync)
      .flatMap((folder) => readdirSync(folder))
      .filter((name) => /\.lock$|\.(new|old)\./.test(name));
  }

  /** The access tokens as sf reads them. */
  public async tokens(usernames: string[]): Promise<string[]> {
    const program = `
      import { AuthInfo } from '@salesforce/core';
      const tokens = [];
      for (const username of process.argv.slice(1)) tokens.push((await AuthInfo.create({ username })).getFields(true).accessToken);
      process.stdout.write(JSON.stringify(tokens));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', program, ...usernames],
      { cwd: ROOT, env: { ...environment({ home: this.home }), SF_DISABLE_LOG_FILE: 'true' } },
    );
    return JSON.parse(stdout) as string[];
  }

  private expectNoSecret(output: string): void {
    const tokens = this.orgs.flatMap(({ org }) => [...org.data.sessions.keys()]);
    const lines = this.key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    for (const secret of [...tokens, ...lines])
      if (output.includes(secret)) throw new Error(`A secret was printed:\n${output}`);
  }
}
